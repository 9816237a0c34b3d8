"""Processes of a run: started with their output in a log, stopped, killed, halted; none outlives the test.
What it means that one ended is for those who use it.
"""
import os
import signal
import subprocess

from world.place import Failure

DIE_WITH_US = ["setpriv", "--pdeathsig", "KILL"]


class Process:
    def __init__(self, name, log):
        self.name, self.log = name, log
        self.child = None

    def start(self, arguments, environment=None):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen([*map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env={**os.environ, **(environment or {})})

    @property
    def runs(self):
        return self.child is not None and self.child.poll() is None

    @property
    def code(self):
        """Exit code, or minus the signal's number; None while it runs."""
        return self.child.poll() if self.child else None

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, bound_s):
        try:
            return self.child.wait(bound_s)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not end within {bound_s} s") from None

    def kill(self):
        if self.runs:
            self.signal(signal.SIGKILL)
            self.child.wait()

    def stop(self, bound_s):
        """Asks it to end; it must do so with 0."""
        if not self.runs:
            raise Failure(f"{self.name} had ended by itself with {self.code}")
        self.signal(signal.SIGTERM)
        if self.wait(bound_s) != 0:
            raise Failure(f"{self.name} ended with {self.code} when it was asked to end")

    def logged(self):
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""
