"""shell.py - one terminal, in which a page is followed: a bash whose directory, variables and background programs last.
Not what a page is. Everything started in it is stopped in close(), by its process id, whatever happened.
In the flow: run_page.py makes one a page."""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
STOP_S = 10  # what was started has so long to end by itself
UNTIL_S = 20  # the longest wait for a condition

# A step is a file. Its first command that fails ends the terminal, but for steps whose end is compared (".any").
DRIVER = r"""
trap 'printf "(exit code %s) %s\n" "$?" "$BASH_COMMAND" >&2' ERR
while IFS= read -r docs_step; do
    case $docs_step in
    *.any) set +e +o pipefail; trap - ERR; source "$docs_step" >"$docs_step.out" 2>&1 </dev/null ;;
    *) set -e -o pipefail; source "$docs_step" >"$docs_step.out" 2>&1 </dev/null ;;
    esac
    printf '%s' "$?" >"$docs_step.new"
    mv "$docs_step.new" "$docs_step.status"
    trap 'printf "(exit code %s) %s\n" "$?" "$BASH_COMMAND" >&2' ERR
done
"""

# Of what a page says stays: what ended by itself. Pages may have it end well or kill it.
GONE = r"""
for docs_pid in "${docs_stays[@]}"; do
    kill -0 "$docs_pid" 2>/dev/null && continue
    wait "$docs_pid" 2>/dev/null
    docs_status=$?
    case $docs_status in 0 | 127 | 137 | 143) ;; *) echo "what stays ended by itself with $docs_status" ;; esac
done
"""


class ShellError(Exception):
    """A command failed, did not end in time, or what was left running ended badly."""


def system_call(name, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name} failed")


class Shell:
    def __init__(self, folder, variables, deadline):
        self.steps = pathlib.Path(folder).with_name("steps")
        shutil.rmtree(self.steps, ignore_errors=True)
        self.steps.mkdir()
        self.deadline, self.count = deadline, 0
        system_call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans of the terminal become ours, to be stopped
        self.bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-c", DRIVER],
            stdin=subprocess.PIPE,
            cwd=folder,
            env=variables,
            preexec_fn=lambda: system_call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0),
        )

    def start(self, commands, may_fail):
        self.count += 1
        step = self.steps / f"{self.count:03}{'.any' if may_fail else ''}"
        step.write_text(commands if commands.endswith("\n") else commands + "\n", encoding="utf-8")
        self.bash.stdin.write(f"{step}\n".encode())
        self.bash.stdin.flush()
        return step

    def run(self, commands, may_fail=False):
        """Status and output of the commands. Unless they may fail, the first that does is a ShellError."""
        step = self.start(commands, may_fail)
        done, out = pathlib.Path(f"{step}.status"), pathlib.Path(f"{step}.out")
        while not done.exists() and self.bash.poll() is None and time.monotonic() < self.deadline:
            time.sleep(0.005)
        text = out.read_text(encoding="utf-8", errors="replace") if out.exists() else ""
        if done.exists():
            return int(done.read_text()), text
        why = "did not end in time" if self.bash.poll() is None else "failed"
        raise ShellError(f"{why}; printed:\n{text}")

    def until(self, command):
        limit = min(self.deadline, time.monotonic() + UNTIL_S)
        while True:
            status, text = self.run(command, may_fail=True)
            if status == 0:
                return
            if time.monotonic() > limit:
                raise ShellError(f"still exit code {status} after {UNTIL_S} s; printed:\n{text}")
            time.sleep(0.05)

    def close(self):
        """Stops everything, and says what of it ended otherwise than well or by our signal."""
        complaints, told = [], set()
        if self.bash.poll() is None:
            self.deadline = time.monotonic() + STOP_S
            complaints += self.run(GONE, may_fail=True)[1].splitlines()
            self.bash.kill()
        self.bash.wait()
        killing_at = time.monotonic() + STOP_S
        while children := own_children():
            late = time.monotonic() > killing_at
            for child in children:
                name = command_of(child)
                if late or child not in told:
                    os.kill(child, signal.SIGKILL if late else signal.SIGTERM)
                    told.add(child)
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended and os.waitstatus_to_exitcode(status) not in (0, -signal.SIGTERM):
                    complaints.append(f"{name} ended with {os.waitstatus_to_exitcode(status)}")
            time.sleep(0.01)
        return complaints


def own_children():
    return [int(pid) for pid in pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def command_of(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return " ".join(words).strip() or f"process {pid}"
    except OSError:
        return f"process {pid}"
