"""The broker of a run: `truc init`, trucd on a port of its own, its exit codes and its log.
A scenario may start it under a wrapper (strace, prlimit), with something loaded into it, or with other options.
"""
import json
import os
import shutil
import signal
import subprocess

from world import place
from world.place import Failure
from world.processes import DIE_WITH_US, Process

READY_WAIT_S, STOP_WAIT_S = 60, 60


class Broker(Process):
    def __init__(self, folder, state):
        super().__init__("trucd", folder / "trucd.log")
        self.state, self.where = state, folder / "trucd.json"
        self.clients = folder / "clients"  # what `truc init` made for the systems: elsewhere, as on other machines
        self.port = place.free_port()
        self.pid = None
        self.starts = 0

    def _truc(self, *arguments):
        """Without the contexts of whoever runs the tests."""
        environment = {**os.environ, "XDG_CONFIG_HOME": str(self.where.parent)}
        return subprocess.run([place.BIN / "truc", *arguments], capture_output=True, text=True, env=environment)

    def init(self):
        done = self._truc("init", self.state, "--from", place.CONFIG, "--schemas", place.DESCRIPTORS,
                          "--listen", f"tcp://127.0.0.1:{self.port}")
        if done.returncode:
            raise Failure(f"truc init: {done.stderr}")
        shutil.move(self.state / "systems", self.clients)

    def launch(self, wrapper=(), environment=None, arguments=()):
        """Starts it and does not wait for it."""
        self.where.unlink(missing_ok=True)
        self.pid = None
        self.starts += 1
        self.start([*wrapper, *DIE_WITH_US, place.BIN / "trucd", "--state", self.state, "--where", self.where, *arguments],
                   {"TRUC_AS_ROOT": "1", **(environment or {})})  # power cuts need root, and the state is root's then

    def await_ready(self):
        place.wait_until(lambda: self.where.exists() or not self.runs, READY_WAIT_S, "trucd starts")
        if not self.where.exists():
            raise Failure(f"trucd ended with {self.code} while it started")
        self.pid = json.loads(self.where.read_text())["pid"]

    def start_and_wait(self, **options):
        self.launch(**options)
        self.await_ready()

    def must_run(self):
        if not self.runs:
            raise Failure(f"trucd ended by itself with {self.code}")

    def kill_within(self):
        """SIGKILL to trucd itself, inside its wrapper; then the wrapper ends, too."""
        if self.runs and self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self.wait(STOP_WAIT_S)

    def stop_within(self):
        """SIGTERM to trucd itself, inside its wrapper."""
        self.must_run()
        os.kill(self.pid, signal.SIGTERM)
        if self.wait(STOP_WAIT_S) != 0:
            raise Failure(f"trucd ended with {self.code} when it was asked to end")

    def verify(self):
        """What `truc journal verify` finds wrong; "" when nothing."""
        done = self._truc("journal", "verify", "--state", self.state)
        return "" if done.returncode == 0 else f"truc journal verify: {done.returncode}: {done.stdout}{done.stderr}"
