"""Where a run lives: its temporary folder, small file systems of its own, a free port; and why it can't run here.
Nothing of the bus. What is mounted is unmounted by close(), whatever happened.
"""
import ctypes
import errno
import fcntl
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("TORTURE_BUILD") or pathlib.Path(__file__).parents[3] / "build/dev")
BIN, TESTS = BUILD / "bin", BUILD / "tests"
CONFIG = pathlib.Path(__file__).parents[2] / "integration/config"
DESCRIPTORS = BUILD / "schemas/truc.descriptors"

# Below the ports that the kernel gives to outgoing connections: an adapter that knocks while the broker is away must not be given
# the broker's own port (a TCP socket can even connect to itself).
PORTS = range(18000, 32000)
EXT4_SHUTDOWN, EXT4_SHUTDOWN_NO_LOG_FLUSH = 0x8004587D, 2  # _IOR('X', 125, __u32), linux/fs/ext4/ext4.h
UNMOUNT_WAIT_S = 20


class Skip(Exception):
    """This machine can't run the scenario; the text says why."""


class Failure(Exception):
    """A promise was broken, or the scenario got stuck; the text says where."""


class Undelivered(Failure):
    """The faults were over, and something acknowledged did not arrive within the bound."""


def need_program(name):
    if shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
        raise Skip(f"there is no program {name}")


def need_root(what):
    if os.geteuid() != 0:
        raise Skip(f"{what} needs root")


def sanitizer():
    """What the build was made with: "address,undefined", or "" for none."""
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith("TRUC_SANITIZE:"):
            return line.partition("=")[2]
    return ""


def free_port(draw=random.SystemRandom()):
    for _ in range(100):
        port = draw.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
    raise Failure("no free port")


def wait_until(condition, bound_s, what, failure=Failure):
    """Looks every few milliseconds: files and other processes' children have no descriptor to wait for."""
    end = time.monotonic() + bound_s
    while not condition():
        if time.monotonic() > end:
            raise failure(f"{what}: not within {bound_s} s")
        time.sleep(0.005)


class Place:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="truc-torture-"))
        self.mounts = []

    def _mount(self, source, name, *options):
        target = self.folder / name
        target.mkdir(exist_ok=True)
        done = subprocess.run(["mount", *options, source, target], capture_output=True, text=True)
        if done.returncode:
            raise Skip(f"mount: {done.stderr.strip()}")
        self.mounts.append(target)
        target.chmod(0o700)
        return target

    def mount_tmpfs(self, name, size_mib):
        need_root("mounting a small tmpfs")
        return self._mount("none", name, "-t", "tmpfs", "-o", f"size={size_mib}m")

    def make_image(self, name, size_mib):
        need_root("mounting an image")
        need_program("mkfs.ext4")
        image = self.folder / name
        with open(image, "wb") as file:
            file.truncate(size_mib << 20)
        made = subprocess.run(["mkfs.ext4", "-q", "-F", image], capture_output=True, text=True,
                              env={**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"})
        if made.returncode:
            raise Failure(f"mkfs.ext4: {made.stderr}")
        return image

    def mount_image(self, image, name):
        return self._mount(image, name, "-o", "loop")

    @staticmethod
    def sync(target):
        subprocess.run(["sync", "-f", target], check=True)

    def cut_power(self, target):
        """From now on nothing reaches the image any more; what was not synced is gone."""
        folder = os.open(target, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, EXT4_SHUTDOWN, ctypes.c_uint32(EXT4_SHUTDOWN_NO_LOG_FLUSH))
        finally:
            os.close(folder)

    def unmount(self, target):
        end = time.monotonic() + UNMOUNT_WAIT_S
        while (done := subprocess.run(["umount", target], capture_output=True, text=True)).returncode:
            if time.monotonic() > end:
                raise Failure(f"umount: {done.stderr.strip()}")
            time.sleep(0.01)  # a process that was killed a moment ago may still hold it
        self.mounts.remove(target)

    def close(self, keep):
        for target in reversed(list(self.mounts)):
            self.unmount(target)
        if not keep:
            shutil.rmtree(self.folder)
