"""The wall clock jumps by hours or days, forwards and backwards: the broker's alone, or that of the whole machine, where the operator
accepts it (SIGHUP) or the broker is started again with it. Monotonic clocks go on as ever."""
import signal
import struct

from world import place
from world.processes import Process

TITLE = "clock jumps"
FAULTS, FAULTS_BRIEF = 20, 6
HOUR_S = 3600
JUMPS_S = [-3 * 24 * HOUR_S, -HOUR_S, -60, 60, HOUR_S, 3 * 24 * HOUR_S, 20 * 24 * HOUR_S]
TRUCD_SAYS = [r"^the wall clock jumped by -?\d+ s; time goes on without the jump"]
NOTICE_WAIT_S = 20


class Clock:
    """The file that preload/torture_clock.c reads."""

    def __init__(self, path):
        self.file = open(path, "w+b", buffering=0)
        self.path = path
        self.set(0)

    def set(self, offset_s):
        self.file.seek(0)
        self.file.write(struct.pack("q", offset_s))


def _jump_and_back(world, clock):
    """Nothing expires and nothing is refused: the broker goes on by its own count of time."""
    said = world.broker.logged().count("the wall clock jumped")
    clock.set(world.random.choice(JUMPS_S))
    place.wait_until(lambda: world.broker.logged().count("the wall clock jumped") > said, NOTICE_WAIT_S, "the jump is noticed")
    world.flow()
    right = world.broker.logged().count("the wall clock is right again")
    clock.set(0)
    place.wait_until(lambda: world.broker.logged().count("the wall clock is right again") > right, NOTICE_WAIT_S,
                     "the end of the jump is noticed")


def _restart_within(world, clock):
    """Killed while its clock was wrong, started when it was right again."""
    clock.set(world.random.choice(JUMPS_S))
    world.flow()
    world.broker.kill()
    clock.set(0)
    world.broker.start_and_wait(environment=_environment(clock))


def _environment(clock):
    return {"LD_PRELOAD": str(place.TESTS / "torture-clock.so"), "TORTURE_CLOCK": str(clock.path)}


def run(world, faults):
    if place.sanitizer():
        raise place.Skip("a sanitizer's runtime has to be loaded first, and so has the clock")
    world.make()
    clock = Clock(world.folder / "clock")
    world.begin(environment=_environment(clock))
    for _ in range(faults):
        world.flow()
        world.random.choice([_jump_and_back, _restart_within])(world, clock)
    world.flow()
    world.settle()
