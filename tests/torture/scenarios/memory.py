"""Memory ends: the running broker may have no more of it than it has, or little more, while the receiver does not
read, adapters come back and strangers knock. It goes on, or ends in a documented way and is started again."""
import resource
import signal
import socket

from world import place

FAULTS, FAULTS_BRIEF = 30, 5
AROUND_BYTES = 64 * 1024
STRANGERS = 40
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
# docs/operations.md: 70, no memory. What libzmq can't allocate it ends the process for.
EXITS = {70, -signal.SIGABRT}
TRUCD_SAYS = [r"\(MEMORY\)$", r"^FATAL ERROR: OUT OF MEMORY \(", r"^Cannot allocate memory \("]
REFUSALS = ["MEMORY"]


def _data_bytes(pid):
    """What RLIMIT_DATA counts: unlike address space without what malloc has only reserved."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData:"))


def _press(world):
    """What costs memory: a receiver that does not read, strangers' connections, and adapters that connect anew."""
    strangers = []
    world.load.gamma.signal(signal.SIGSTOP)
    try:
        for _ in range(world.random.randrange(STRANGERS)):
            stranger = socket.socket()
            stranger.setblocking(False)
            strangers.append(stranger)
            stranger.connect_ex(("127.0.0.1", world.broker.port))
        if world.random.random() < 0.5:
            world.load.alpha.kill()
            world.load.alpha.go()
        world.pause(1500)
    finally:
        world.load.gamma.signal(signal.SIGCONT)
        for stranger in strangers:
            stranger.close()


def run(world, faults):
    if place.sanitizer():
        raise place.Skip("a sanitizer takes memory without end")
    world.make()
    world.may_repeat = {"alpha"}
    world.begin()
    for _ in range(faults):
        world.flow()
        limit_bytes = _data_bytes(world.broker.pid) + world.random.randrange(-AROUND_BYTES, AROUND_BYTES)
        resource.prlimit(world.broker.pid, resource.RLIMIT_DATA, (limit_bytes, resource.RLIM_INFINITY))
        _press(world)
        if world.broker.runs:
            resource.prlimit(world.broker.pid, resource.RLIMIT_DATA, UNLIMITED)
        else:
            world.expect_exit(EXITS)
            world.broker.start_and_wait()
    world.flow()
    world.settle()
