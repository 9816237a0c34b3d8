"""strace, attached to a running trucd or around its start: lets calls of the kernel fail, or delays them.
Not what is failed or why. It counts calls per thread, and all of the journal's are made by one.
"""
import subprocess
import time

from world.place import Failure, Skip, need_program, sanitizer

ATTACH_WAIT_S, DETACH_WAIT_S = 20, 20


def need_strace():
    need_program("strace")
    tried = subprocess.run(["strace", "-f", "-qq", "-e", "trace=none", "true"], capture_output=True, text=True)
    if tried.returncode:
        raise Skip(f"strace does not work here: {tried.stderr.strip()}")


def wrapper(injection, trace):
    """What stands before trucd's command; strace ends with its exit code."""
    return ["strace", "-f", "-qq", "-o", trace, "-e", f"trace={injection.partition(':')[0]}", "-e", f"inject={injection}"]


def environment():
    """LeakSanitizer can't work under a tracer."""
    return {"ASAN_OPTIONS": "detect_leaks=0"} if sanitizer() else {}


class Tracer:
    def __init__(self, pid, injection, trace):
        call = injection.partition(":")[0]
        self.child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "strace", "-f", "-p", str(pid), "-o", trace, "-e", f"trace={call}", "-e",
             f"inject={injection}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self._await_attached(pid)

    def _await_attached(self, pid):
        end = time.monotonic() + ATTACH_WAIT_S
        while True:
            try:
                with open(f"/proc/{pid}/status") as status:
                    if any(line.startswith("TracerPid:") and int(line.split()[1]) for line in status):
                        return
            except FileNotFoundError:
                return  # it has ended of the very first fault
            if self.child.poll() is not None and self.child.returncode != 0:
                raise Skip(f"strace can't attach: {self.child.stderr.read().strip()}")
            if time.monotonic() > end:
                raise Failure("strace does not attach")
            time.sleep(0.002)

    def detach(self):
        if self.child.poll() is None:
            self.child.terminate()
        self.child.communicate(timeout=DETACH_WAIT_S)


def was_delayed(trace):
    return "(DELAYED)" in trace.read_text("utf-8", "replace")


def was_injected(trace):
    return "(INJECTED)" in trace.read_text("utf-8", "replace")
