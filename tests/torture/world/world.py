"""One run of one scenario: a place, a broker, a load, and at the end the judgement that is the same for all.
The faults are the scenario's; where it expects an exit, a refusal or a line of a log it says so beforehand.
"""
import random

from judge import log
from judge.record import read
from judge.verdict import judge
from world import place
from world.broker import STOP_WAIT_S, Broker
from world.load import Load
from world.place import Failure, Place

FLOW_WAIT_S = 60

# What a broker may say that is killed: docs/operations.md, "The log". One system of the configuration has a revoked certificate.
TRUCD_SAYS = [
    r"^cut \d+ bytes of an interrupted last write",
    r"no certificate of 'revoked' is in force",
    r"^running as root, as told",
]
# An adapter tells that the bus was away.
ADAPTERS_SAY = [r"^not connected to the broker: "]
# And, where a scenario is silent for longer than its patience, that it heard nothing, or that the broker didn't.
SILENCE_IS_SAID = [r"^nothing was heard from the broker for \d+ ms: connecting again$",
                   r"^the broker ends the session: TIMEOUT: nothing was heard from it"]


class World:
    def __init__(self, seed, scenario, is_long):
        self.is_long = is_long  # there is time for faults of many seconds
        self.random = random.Random(seed)
        self.place = Place()
        self.folder = self.place.folder
        self.broker = self.load = None
        self.allowed_of_trucd = TRUCD_SAYS + list(getattr(scenario, "TRUCD_SAYS", []))
        self.allowed_of_adapters = ADAPTERS_SAY + list(getattr(scenario, "ADAPTERS_SAY", []))
        self.allowed_refusals = set(getattr(scenario, "REFUSALS", []))
        self.may_repeat = set()
        self.troubles = []  # found on the way

    def make(self, state=None):
        self.broker = Broker(self.folder, state or self.folder / "state")
        self.broker.init()
        self.load = Load(self.folder, self.broker.clients)

    def begin(self, **options):
        """Broker and load run, and something has arrived."""
        self.broker.start_and_wait(**options)
        self.load.go()
        self.flow()

    def flow(self, may_end=False):
        """Load flows: so many more acknowledgements of one sender, and some more effects. False when the broker ended and may."""
        sender, gamma = self.random.choice(self.load.senders), self.load.gamma
        wanted = sender.count() + self.random.randrange(20, 80), gamma.count() + self.random.randrange(1, 80)
        self.await_progress(lambda: sender.count() >= wanted[0] and gamma.count() >= wanted[1] or not self.broker.runs)
        if not self.broker.runs and not may_end:
            self.broker.must_run()
        self.load.must_run()
        return self.broker.runs

    def await_progress(self, condition, bound_s=FLOW_WAIT_S, what="messages flow"):
        place.wait_until(lambda: condition() or not all(worker.runs for worker in self.load.all), bound_s, what)
        self.load.must_run()

    def pause(self, most_ms):
        """A moment of random length, so that faults come in any phase of the broker's round."""
        place.time.sleep(self.random.random() * most_ms / 1000)

    def expect_exit(self, codes):
        """The broker ends by itself, with a code that is documented for this."""
        code = self.broker.wait(STOP_WAIT_S)
        if code not in codes:
            raise Failure(f"trucd ended with {code}, not with one of {sorted(codes)}")
        return code

    def settle(self):
        """No more faults: everything is delivered within a bound, everybody ends in good order, and the journal verifies."""
        self.load.drain()
        if self.broker.pid != self.broker.child.pid:
            self.broker.stop_within()
        else:
            self.broker.stop(STOP_WAIT_S)
        if trouble := self.broker.verify():
            self.troubles.append(trouble)

    def _unexplained(self):
        yield from self.troubles
        for line in log.unexplained(self.broker.logged(), self.allowed_of_trucd):
            yield f"trucd: {line}"
        for worker in self.load.all:
            for line in log.unexplained(worker.logged(), self.allowed_of_adapters):
                yield f"{worker.name}: {line}"
        for identity, code in self.load.refusals():
            if code not in self.allowed_refusals:
                yield f"{identity} was refused: {code}"

    def judge(self):
        verdict = judge(self.load.acknowledged(), read(self.load.gamma.record), self.may_repeat)
        for trouble in self._unexplained():
            verdict.note("unexplained", trouble)
        return verdict

    def close(self, keep):
        if self.load:
            self.load.kill()
        if self.broker:
            self.broker.kill_within()
            self.broker.kill()
        self.place.close(keep)
