"""What preload/torture_recorder.c wrote down, played into a model of a disk: what is durable, and what a power cut
may or may not leave. The rules are those of tests/support/memory_disk.h: content is durable after the file's sync,
names after their folder's; of what was not synced, each 512-byte sector of each write survives or not, and of the
names those up to some change. A seed decides.
"""
import os
import pathlib
import stat
import struct
import typing

_HEADER = struct.Struct("=QQQIHHII")  # struct change
PAGE_BYTES, SECTOR_BYTES = 4096, 512
MADE, WRITTEN, RESIZED, SYNCED, RENAMED, REMOVED, FOLDER_MADE = (ord(kind) for kind in "cwtsrud")
CHANGES = {MADE, WRITTEN, RESIZED, RENAMED, REMOVED, FOLDER_MADE}


class Call(typing.NamedTuple):
    kind: int
    time_ns: int
    path: str
    other: str
    offset: int
    zeros: int
    data: bytes


def read(path):
    calls = []
    content = path.read_bytes()
    at = 0
    while at < len(content):
        time_ns, offset, zeros, data_bytes, path_bytes, other_bytes, kind, _ = _HEADER.unpack_from(content, at)
        at += _HEADER.size
        texts = [content[at:at + path_bytes], content[at + path_bytes:at + path_bytes + other_bytes]]
        at += path_bytes + other_bytes
        calls.append(Call(kind, time_ns, *(text.decode() for text in texts), offset, zeros, content[at:at + data_bytes]))
        at += data_bytes
    return calls


class _Content:
    """Bytes of a file; pages of zeros are left out."""

    def __init__(self, size=0, pages=None):
        self.size, self.pages = size, pages or {}

    def copy(self):
        return _Content(self.size, dict(self.pages))  # pages are never changed in place

    def write(self, offset, data):
        self.size = max(self.size, offset + len(data))
        at = 0
        while at < len(data):
            number, within = divmod(offset + at, PAGE_BYTES)
            piece = data[at:at + PAGE_BYTES - within]
            page = self.pages.get(number, bytes(PAGE_BYTES))
            page = page[:within] + piece + page[within + len(piece):]
            if any(page):
                self.pages[number] = page
            else:
                self.pages.pop(number, None)
            at += len(piece)

    def resize(self, size):
        if size < self.size:
            keep, within = divmod(size, PAGE_BYTES)
            self.pages = {number: page for number, page in self.pages.items()
                          if number < keep or (number == keep and within)}
            if keep in self.pages:
                self.pages[keep] = self.pages[keep][:within] + bytes(PAGE_BYTES - within)
        self.size = size

    def bytes(self):
        return b"".join(self.pages.get(number, bytes(PAGE_BYTES))
                        for number in range(-(-self.size // PAGE_BYTES)))[:self.size]

    def save(self, path):
        with open(path, "wb") as file:
            file.truncate(self.size)
            for number, page in self.pages.items():
                file.seek(number * PAGE_BYTES)
                file.write(page[:self.size - number * PAGE_BYTES])
        path.chmod(0o600)


class _Inode:
    def __init__(self, is_folder):
        self.is_folder = is_folder
        self.durable = _Content()
        self.pending = []  # calls WRITTEN and RESIZED, unsynced


def _apply(content, call):
    if call.kind == RESIZED:
        content.resize(call.offset)
    else:
        content.write(call.offset, call.data or bytes(call.zeros))


def _survive(content, call, random):
    """All of it, nothing, or some of its sectors."""
    mood = random.randrange(4)
    if call.kind == RESIZED:
        if mood >= 2:
            content.resize(call.offset)
        return
    data = call.data or bytes(call.zeros)
    at = 0
    while at < len(data):
        size = min(SECTOR_BYTES - (call.offset + at) % SECTOR_BYTES, len(data) - at)
        if mood == 1 or (mood >= 2 and random.getrandbits(1)):
            content.write(call.offset + at, data[at:at + size])
        at += size


class Disk:
    """The files below `folder`, as they were before the recording: all of it durable."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.seen = {self.folder: _Inode(True)}
        for path in sorted(pathlib.Path(folder).rglob("*")):
            inode = self.seen[str(path)] = _Inode(stat.S_ISDIR(path.stat().st_mode))
            if not inode.is_folder:
                inode.durable.write(0, path.read_bytes())
        self.durable = dict(self.seen)
        self.pending = []  # of names: lists of pairs of path and inode or None, in their order

    def _names(self, *changes):
        self.pending.append(changes)
        for path, inode in changes:
            self._set(self.seen, path, inode)

    @staticmethod
    def _set(names, path, inode):
        if inode is None:
            names.pop(path, None)
        else:
            names[path] = inode

    def play(self, call):
        inode = self.seen.get(call.path)
        if not (call.path == self.folder or call.path.startswith(self.folder + "/")):
            return
        if call.kind == MADE:
            self._names((call.path, _Inode(False)))
        elif call.kind == FOLDER_MADE:
            self._names((call.path, _Inode(True)))
        elif call.kind == RENAMED:
            self._names((call.other, inode), (call.path, None))
        elif call.kind == REMOVED:
            self._names((call.path, None))
        elif inode is None:
            return  # its name was removed while it was open
        elif call.kind == SYNCED and inode.is_folder:
            self._sync_names(call.path)
        elif call.kind == SYNCED:
            for change in inode.pending:
                _apply(inode.durable, change)
            inode.pending.clear()
        else:
            inode.pending.append(call)

    def _sync_names(self, folder):
        kept = []
        for changes in self.pending:
            if all(os.path.dirname(path) == folder for path, _ in changes):
                for path, inode in changes:
                    self._set(self.durable, path, inode)
            else:
                kept.append(changes)
        self.pending = kept

    def has_unsynced(self):
        return bool(self.pending) or any(inode.pending for inode in self.seen.values())

    def crash(self, random):
        """What is left after a power cut now: path → content, None for a folder. The disk itself goes on."""
        names = dict(self.durable)
        for changes in self.pending[:random.randrange(len(self.pending) + 1)]:
            for path, inode in changes:
                self._set(names, path, inode)
        left = {}
        for path, inode in names.items():
            if inode.is_folder:
                left[path] = None
                continue
            left[path] = inode.durable.copy()
            for change in inode.pending:
                _survive(left[path], change, random)
        return left


def save(left, folder, target):
    """Writes what is left of `folder` to the folder `target`, which must not be there. Files whose folder is gone are gone."""
    for path in sorted(left):
        to = pathlib.Path(target, os.path.relpath(path, folder))
        if to.exists() or not (path == str(folder) or to.parent.is_dir()):
            continue
        if left[path] is None:
            to.mkdir(mode=0o700)
        else:
            left[path].save(to)
