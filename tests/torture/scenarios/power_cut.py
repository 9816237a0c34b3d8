"""The broker's state lies on a file system of its own, whose power is cut: what was not synced is gone, also what
ext4 had not written of its own log. Then it is mounted again, and the broker starts on what is left."""
from world.place import need_root

FAULTS, FAULTS_BRIEF = 30, 5
IMAGE_MIB = 320
# Half of the time the broker lives on long enough to see its disk fail: exit code 4.
TRUCD_SAYS = [r"\((JOURNAL_FAILED|IO)\)$"]
EXITS = {4}


def run(world, faults):
    need_root("mounting and cutting an image")
    image = world.place.make_image("disk.img", IMAGE_MIB)
    disk = world.place.mount_image(image, "disk")
    world.make(state=disk / "state")
    world.place.sync(disk)  # what `truc init` made is older than the power cut
    world.begin()
    for _ in range(faults):
        world.flow()
        world.pause(4)
        world.place.cut_power(disk)
        if world.random.random() < 0.5:
            world.expect_exit(EXITS)
        world.broker.kill()
        world.place.unmount(disk)
        world.place.mount_image(image, "disk")
        world.broker.start_and_wait()
    world.flow()
    world.settle()
