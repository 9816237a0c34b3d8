"""The broker's state lies on a small tmpfs that somebody else fills: senders are held back with the reason, and
everything goes on when there is room again. By the mark of --disk-max; without room for the journal's next segment;
and to the last byte."""
import errno
import os

from world import place

FAULTS, FAULTS_BRIEF = 16, 2
TMPFS_MIB = 320     # two segments of 64 MiB, and room
HELD_UP_MS = 1500   # at least so long nothing may be acknowledged
BLOCKED_WAIT_S = 30
TRUCD_SAYS = [r"^the search index (takes nothing in: .*database or disk is full|is being filled again)$",
              r"^blocked: (disk \d+ % > \d+ %|no room for (the journal's next segment|the lists of what waits))$",
              r"^no room for a (snapshot: the next start takes longer|last checkpoint: the next one covers these records)$"]
ADAPTERS_SAY = [r"BLOCKED"]


class Ballast:
    """What somebody else keeps on the disk."""

    def __init__(self, disk):
        self.disk, self.path = disk, disk / "ballast"

    def leave(self, free_bytes):
        """Whatever the broker writes meanwhile."""
        with open(self.path, "ab", buffering=0) as file:
            for piece in (1 << 20, 4096):
                while self._free() > free_bytes + piece or not free_bytes:
                    try:
                        file.write(bytes(piece))
                    except OSError as error:
                        if error.errno != errno.ENOSPC:
                            raise
                        break

    def _free(self):
        space = os.statvfs(self.disk)
        return space.f_bavail * space.f_frsize

    def remove(self):
        self.path.unlink(missing_ok=True)


def _await_blocked(world, said):
    place.wait_until(lambda: world.broker.logged().count(" blocked: ") > said or not world.broker.runs, BLOCKED_WAIT_S,
                     "the broker says that it is blocked")
    world.broker.must_run()


def _held_up(world):
    """Nothing more is acknowledged after what was under way."""
    world.pause(HELD_UP_MS)
    before = len(world.load.acknowledged())
    place.time.sleep(HELD_UP_MS / 1000)
    if len(world.load.acknowledged()) > before:
        raise place.Failure("messages are taken although the broker says that it is blocked")


def run(world, faults):
    place.need_root("mounting a small tmpfs")
    disk = world.place.mount_tmpfs("disk", TMPFS_MIB)
    ballast = Ballast(disk)
    world.make(state=disk / "state")
    ballast.leave(100 << 20)  # one segment, and no spare one behind it
    world.broker.start_and_wait(arguments=["--disk-max", "100"])
    world.load.go()
    _await_blocked(world, 0)
    ballast.remove()
    world.flow()
    for _ in range(faults):
        to_the_end = world.random.random() < 0.5
        world.broker.stop(60)
        world.broker.start_and_wait(arguments=["--disk-max", "100"] if to_the_end else [])
        world.flow()
        said = world.broker.logged().count(" blocked: ")
        if to_the_end:
            ballast.leave(0)
            world.pause(HELD_UP_MS)
            if world.random.random() < 0.5:
                world.broker.kill()
                world.broker.launch(arguments=["--disk-max", "100"])
                world.pause(HELD_UP_MS)
        else:
            ballast.leave(world.random.randrange(20 << 20))
            _await_blocked(world, said)
            _held_up(world)
        ballast.remove()
        world.broker.await_ready()
        world.flow()
    world.settle()
