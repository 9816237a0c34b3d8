"""A connector's process beside a bus of tests/interop: started, killed, started again, ended in good order.
Not a test. Used by the tests of this folder.
"""
import os
import pathlib
import re
import signal
import subprocess
import time

import bus as interop

ROOT = interop.ROOT
PATIENCE_SECONDS = 60


def until(what, condition, state=lambda: ""):
    """Waits until condition() is true; its last value. state() is told when it is not in time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not in time: {what}\n{state()}")
        time.sleep(0.005)  # files and processes have no descriptor to wait for
    return value


class Connector:
    def __init__(self, bus, program, folder, system, arguments=()):
        """@folder: a copy of an adapter's, with its adapter.yaml. @arguments: more of the command line."""
        self.bus, self.program, self.folder, self.system = bus, program, pathlib.Path(folder), system
        self.log = self.folder / "connector.log"
        self.arguments = arguments
        self.process = None

    def start(self):
        settings = self.bus.state / "systems" / self.system / "settings.yaml"
        mine = settings.with_name("connector.yaml")
        text, count = re.subn(r"(?m)^broker: .*$", f"broker: {self.bus.endpoint}", settings.read_text("utf-8"))
        if count != 1:
            raise ValueError(f"{settings} names {count} brokers")
        mine.write_text(text, "utf-8")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", interop.BIN / self.program, "--adapter", self.folder / "adapter.yaml",
                 "--settings", mine, "--schemas", self.bus.state / "config/truc.descriptors", *self.arguments],
                stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def kill_program(self):
        """The process that truc-exec runs, alone."""
        process = self.process.pid
        children = pathlib.Path(f"/proc/{process}/task/{process}/children")
        # Killed a moment ago it may not have been started again.
        for child in until("the program runs", lambda: children.read_text("ascii").split(), self.logged):
            os.kill(int(child), signal.SIGKILL)

    def stop(self):
        """Ends in good order."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE_SECONDS)
        if status != 0:
            raise AssertionError(f"{self.program} ended with {status}:\n{self.logged()}")
        self.process = None

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()

    def logged(self):
        return self.log.read_text("utf-8")
