"""The wall clock jumps by minutes to weeks, forwards and backwards: the broker's alone, and comes back; or that of
all machines, and the operator accepts it (SIGHUP). The broker is also killed and started while clocks are wrong.
Monotonic clocks go on as ever."""
import signal
import struct

from world import place

FAULTS, FAULTS_BRIEF = 20, 6
HOUR_S = 3600
JUMPS_S = [-3 * 24 * HOUR_S, -HOUR_S, -60, 60, HOUR_S, 3 * 24 * HOUR_S, 20 * 24 * HOUR_S]
# Of all: not before the certificates begin, and within the 30 days of dedupe-window.
OFFSETS_S = [0, HOUR_S, 3 * 24 * HOUR_S, 20 * 24 * HOUR_S]
JUMPED, RIGHT = "the wall clock jumped by", "the wall clock is right again"
ACCEPTED = "the wall clock is followed again"
TRUCD_SAYS = [rf"^{JUMPED} -?\d+ s; time goes on without the jump"]
REFUSALS = ["FUTURE"]  # what was under way when all clocks went back
NOTICE_WAIT_S = 20


class Clock:
    """A file that preload/torture_clock.c reads."""

    def __init__(self, path):
        self.file = open(path, "w+b", buffering=0)
        self.environment = {"LD_PRELOAD": str(place.TESTS / "torture-clock.so"), "TORTURE_CLOCK": str(path)}
        self.set(0)

    def set(self, offset_s):
        self.offset_s = offset_s
        self.file.seek(0)
        self.file.write(struct.pack("q", offset_s))


class Clocks:
    def __init__(self, world):
        self.world = world
        self.broker, self.adapters = Clock(world.folder / "clock-broker"), Clock(world.folder / "clock-adapters")

    def _await_said(self, what, act):
        said = self.world.broker.logged().count(what)
        act()
        place.wait_until(lambda: self.world.broker.logged().count(what) > said, NOTICE_WAIT_S, f"trucd says '{what}'")

    def jump_and_back(self):
        """Nothing expires and nothing is refused: the broker goes on by its own count of time."""
        right_s = self.broker.offset_s
        self._await_said(JUMPED, lambda: self.broker.set(right_s + self.world.random.choice(JUMPS_S)))
        self.world.flow()
        self._await_said(RIGHT, lambda: self.broker.set(right_s))

    def killed_within(self):
        """Killed while its clock was wrong, started when it was right again."""
        right_s = self.broker.offset_s
        self.broker.set(right_s + self.world.random.choice(JUMPS_S))
        self.world.flow()
        self.world.broker.kill()
        self.broker.set(right_s)
        self.world.broker.start_and_wait(environment=self.broker.environment)

    def all_jump(self):
        """Forwards the broker's goes first, backwards the adapters': what seems old is taken, what is of the future is not."""
        offset_s = self.world.random.choice([offset_s for offset_s in OFFSETS_S if offset_s != self.broker.offset_s])
        goes_back = offset_s < self.broker.offset_s
        if goes_back:
            self.adapters.set(offset_s)
            self.world.flow()
        self._await_said(JUMPED, lambda: self.broker.set(offset_s))
        self._await_said(ACCEPTED, lambda: self.world.broker.signal(signal.SIGHUP))
        self.adapters.set(offset_s)
        if self.world.random.random() < 0.5:
            self.jump_and_back()  # at once: the next jump is told, too
        self.world.flow()

    def restarted(self):
        """With a clock that may lie before the journal's last records."""
        self.world.broker.kill()
        self.world.broker.start_and_wait(environment=self.broker.environment)


def run(world, faults):
    if place.sanitizer():
        raise place.Skip("a sanitizer's runtime has to be loaded first, and so has the clock")
    world.make()
    clocks = Clocks(world)
    world.load.environment = clocks.adapters.environment
    world.begin(environment=clocks.broker.environment)
    for _ in range(faults):
        world.flow()
        world.random.choice([clocks.jump_and_back, clocks.killed_within, clocks.all_jump, clocks.restarted])()
    world.flow()
    world.settle()
