"""Few descriptors, and strangers who open more connections than there are: those who are connected are served on, and
when the strangers have gone so is everybody."""
import socket

from world import place

FAULTS, FAULTS_BRIEF = 20, 4
DESCRIPTORS, STRANGERS = 64, 80
FULL = "no more are taken until some end"
TRUCD_SAYS = [rf"^\d+ connections: {FULL}$"]
FULL_WAIT_S = 20
GREETING = b"\xff" + bytes(8) + b"\x7f\x03"  # the beginning of ZeroMQ's own


def _knock(world, strangers):
    """Connections without a handshake, some with half a greeting."""
    for _ in range(STRANGERS):
        stranger = socket.socket()
        stranger.setblocking(False)
        strangers.append(stranger)
        stranger.connect_ex(("127.0.0.1", world.broker.port))
    for stranger in strangers:
        try:
            stranger.send(GREETING[: world.random.randrange(len(GREETING) + 1)])
        except OSError:
            pass  # its connection was not taken


def run(world, faults):
    place.need_program("prlimit")
    world.make()
    world.may_repeat = {"alpha"}
    world.begin(wrapper=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"])
    for _ in range(faults):
        world.flow()
        said = world.broker.logged().count(FULL)
        strangers = []
        try:
            _knock(world, strangers)
            place.wait_until(lambda: world.broker.logged().count(FULL) > said, FULL_WAIT_S, "the broker says that it is full")
            world.flow()
            if world.random.random() < 0.5:
                world.random.choice([world.load.alpha, world.load.gamma]).kill()  # they come back when there is room
        finally:
            for stranger in strangers:
                stranger.close()
        for worker in world.load.all:
            if not worker.runs:
                worker.go()
    world.flow()
    world.settle()
