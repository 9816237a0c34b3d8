"""A run of the broker is recorded, call by call; then the power is cut at many of these calls, as a model of a disk
lets it happen. From each image a broker starts, and everything that had been acknowledged by then has arrived or
arrives."""
import shutil

from judge import record
from judge.verdict import judge
from world import place, recording
from world.broker import STOP_WAIT_S
from world.load import Worker

FAULTS, FAULTS_BRIEF = 60, 8
ARRIVE_WAIT_S = 30
# Lists are not synced, and a snapshot that counts on a torn one is not used (docs/journal-format.md).
TRUCD_SAYS = [r"^\d+ snapshots could not be used; the journal was read instead$",
              r"^the snapshot at \d+ is not used: the queue list gamma\.\d is not what the snapshot counts on$"]


def _record(world, path):
    """Under load: starts, a clean end, a kill."""
    environment = {"LD_PRELOAD": str(place.TESTS / "torture-recorder.so"), "TORTURE_RECORDING": str(path)}
    world.begin(environment=environment)
    world.flow()
    world.broker.stop(STOP_WAIT_S)
    world.broker.start_and_wait(environment=environment)
    world.flow()
    world.broker.kill()
    world.broker.start_and_wait(environment=environment)
    world.flow()
    world.settle()


class _Image:
    """A bus as it is after the power came back: the broker from what its disk kept, a receiver without any memory of its own."""

    def __init__(self, world, left, journal, number):
        self.world = world
        self.folder = world.folder / f"image-{number}"
        self.folder.mkdir()
        self.state = self.folder / "state"
        shutil.copytree(world.broker.state, self.state, ignore=shutil.ignore_patterns("journal"))
        recording.save(left, journal, self.state / "journal")
        clients = self.folder / "clients"
        shutil.copytree(world.broker.clients / "gamma", clients / "gamma", ignore=shutil.ignore_patterns("*.sqlite*"))
        self.gamma = Worker(self.folder, clients, "consume", "gamma")

    def run(self, acknowledged, effects):
        broker = self.world.broker
        whole, broker.state = broker.state, self.state
        try:
            broker.start_and_wait()
            self.gamma.go()
            wanted = {line.id for line in acknowledged} - {line.id for line in effects}
            place.wait_until(lambda: "connected to bus" in self.gamma.logged() and
                             wanted <= {line.id for line in self.gamma.lines()} or not self.gamma.runs,
                             ARRIVE_WAIT_S, f"everything acknowledged is delivered from {self.folder.name}",
                             place.Undelivered)
            self.gamma.stop(STOP_WAIT_S)
            broker.stop(STOP_WAIT_S)
            if trouble := broker.verify():
                self.world.troubles.append(f"{self.folder.name}: {trouble}")
            self._check()
        finally:
            self.gamma.kill()
            broker.kill()
            broker.state = whole
        shutil.rmtree(self.folder)

    def _check(self):
        """Nothing twice and nothing out of order; what arrived is its own acknowledgement here."""
        arrived = self.gamma.lines()
        verdict = judge({line.id: line for line in arrived}.values(), arrived)
        self.world.troubles += [f"{self.folder.name}: {trouble}" for trouble in verdict.troubles]


def _by(lines, time_ns):
    return [line for line in lines if line.time_ns <= time_ns]


def run(world, faults):
    if place.sanitizer():
        raise place.Skip("a sanitizer's runtime has to be loaded first, and so has the recorder")
    world.make()
    journal = world.broker.state / "journal"
    disk = recording.Disk(journal)
    _record(world, world.folder / "recording")
    calls = recording.read(world.folder / "recording")
    changes = [index for index, call in enumerate(calls) if call.kind in recording.CHANGES]
    cuts = set(world.random.sample(changes, min(faults, len(changes))))
    acknowledged, effects = world.load.acknowledged(), record.read(world.load.gamma.record)
    for index, call in enumerate(calls):
        disk.play(call)
        if index in cuts:
            left = disk.crash(world.random)
            _Image(world, left, journal, index).run(_by(acknowledged, call.time_ns), _by(effects, call.time_ns))
