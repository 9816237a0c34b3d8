"""The load of a run: two senders (alpha with an outbox, beta without) and a receiver, and their outside records.
They run on through every fault; only scenarios that say so stop or kill them.
"""
import re

from judge import record
from world import place
from world.place import Failure, Undelivered
from world.processes import DIE_WITH_US, Process

RATE_PER_S, KEYS = {"alpha": 100, "beta": 300}, 25
DRAIN_WAIT_S = 90


class Worker(Process):
    def __init__(self, folder, clients, way, system):
        super().__init__(system, folder / f"{system}.log")
        self.way, self.settings = way, clients / system / "settings.yaml"
        self.record, self.refused = folder / f"record-{system}", folder / f"refused-{system}"

    def go(self, environment=None):
        arguments = [self.way, "--settings", self.settings, "--record", self.record]
        if self.way == "publish":
            arguments += ["--refused", self.refused, "--rate", RATE_PER_S[self.name], "--keys", KEYS]
        self.start([*DIE_WITH_US, place.TESTS / "torture-worker", *arguments], environment)

    def change_settings(self, pattern, replacement):
        text, count = re.subn(pattern, replacement, self.settings.read_text("utf-8"), flags=re.MULTILINE)
        if count != 1:
            raise Failure(f"{self.settings} holds {pattern} {count} times")
        self.settings.write_text(text, "utf-8")

    def count(self):
        return self.record.read_bytes().count(b"\n") if self.record.exists() else 0

    def lines(self):
        return record.read(self.record)


class Load:
    def __init__(self, folder, clients):
        self.alpha = Worker(folder, clients, "publish", "alpha")
        self.beta = Worker(folder, clients, "publish", "beta")
        self.gamma = Worker(folder, clients, "consume", "gamma")
        self.senders, self.all = [self.alpha, self.beta], [self.alpha, self.beta, self.gamma]
        self.environment = {}
        self.alpha.change_settings(r"\Z", "outbox: outbox.sqlite\n")

    def go(self):
        for worker in self.all:
            worker.go(self.environment)

    def must_run(self):
        for worker in self.all:
            if not worker.runs:
                raise Failure(f"{worker.name} ended by itself with {worker.code}")

    def acknowledged(self):
        return [line for worker in self.senders for line in worker.lines()]

    def refusals(self):
        return [refusal for worker in self.senders for refusal in record.read_refusals(worker.refused)]

    def drain(self):
        """Senders wait for their last answers, then the receiver for its last messages; all within the bound."""
        for worker in self.senders:
            worker.stop(DRAIN_WAIT_S)
        wanted = {line.id for line in self.acknowledged()}
        place.wait_until(lambda: self.gamma.count() >= len(wanted) and
                         wanted <= {line.id for line in self.gamma.lines()} or not self.gamma.runs,
                         DRAIN_WAIT_S, "everything acknowledged is delivered", Undelivered)
        self.gamma.stop(DRAIN_WAIT_S)

    def kill(self):
        for worker in self.all:
            worker.kill()
