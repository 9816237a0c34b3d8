"""The model of a disk keeps what was synced, and lets go of what was not: otherwise torn_writes.py would test
nothing."""
import pathlib
import random
import tempfile
import unittest

from world import recording
from world.recording import FOLDER_MADE, MADE, REMOVED, RENAMED, RESIZED, SYNCED, WRITTEN, Call, Disk

SEEDS = range(60)


def call(kind, path, other="", offset=0, data=b"", zeros=0):
    return Call(kind, 0, path, other, offset, zeros, data)


class TheDisk(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name, "journal")
        self.folder.mkdir()
        (self.folder / "old").write_bytes(b"before")
        self.disk = Disk(self.folder)
        self.old, self.new = str(self.folder / "old"), str(self.folder / "new")

    def play(self, *calls):
        for each in calls:
            self.disk.play(each)

    def outcomes(self, path):
        """What may be left of a file, over many seeds."""
        found = set()
        for seed in SEEDS:
            content = self.disk.crash(random.Random(seed)).get(path)
            found.add(content.bytes() if content else None)
        return found

    def test_what_is_synced_stays(self):
        self.play(call(WRITTEN, self.old, offset=6, data=b" and after"), call(SYNCED, self.old))
        self.assertEqual(self.outcomes(self.old), {b"before and after"})

    def test_what_is_not_synced_may_go(self):
        self.play(call(WRITTEN, self.old, offset=6, data=b" and after"))
        self.assertEqual(self.outcomes(self.old), {b"before", b"before and after"})
        self.assertTrue(self.disk.has_unsynced())

    def test_writes_tear_at_sectors(self):
        self.play(call(RESIZED, self.old, offset=0), call(SYNCED, self.old))
        self.play(call(WRITTEN, self.old, data=b"x" * 2048))
        found = self.outcomes(self.old)
        self.assertGreater(len(found), 4)
        for content in found:
            for at in range(0, len(content), 512):
                self.assertIn(content[at:at + 512], {b"x" * 512, bytes(512)})

    def test_a_later_write_may_survive_an_earlier_one(self):
        self.play(call(WRITTEN, self.old, data=b"1" * 6), call(WRITTEN, self.old, offset=600, data=b"2"))
        self.assertIn(b"before" + bytes(594) + b"2", self.outcomes(self.old))

    def test_names_are_durable_after_their_folder(self):
        self.play(call(MADE, self.new), call(WRITTEN, self.new, data=b"n"), call(SYNCED, self.new))
        self.assertEqual(self.outcomes(self.new), {None, b"n"})
        self.play(call(SYNCED, str(self.folder)))
        self.assertEqual(self.outcomes(self.new), {b"n"})

    def test_a_rename_happens_or_not(self):
        self.play(call(MADE, self.new), call(WRITTEN, self.new, data=b"n"), call(SYNCED, self.new),
                  call(SYNCED, str(self.folder)), call(RENAMED, self.new, self.old))
        for seed in SEEDS:
            left = self.disk.crash(random.Random(seed))
            self.assertIn((left[self.old].bytes(), self.new in left), {(b"n", False), (b"before", True)})

    def test_removed_and_made_folders(self):
        inner = str(self.folder / "inner")
        self.play(call(REMOVED, self.old), call(FOLDER_MADE, inner), call(MADE, inner + "/file"))
        self.assertEqual(self.outcomes(self.old), {b"before", None})
        self.play(call(SYNCED, str(self.folder)))
        self.assertEqual(self.outcomes(self.old), {None})
        target = self.folder.parent / "image"
        recording.save(self.disk.crash(random.Random(1)), self.folder, target)
        self.assertTrue((target / "inner").is_dir())

    def test_zeros_are_written_without_being_kept(self):
        self.play(call(WRITTEN, self.old, zeros=1 << 20), call(SYNCED, self.old))
        left = self.disk.crash(random.Random(1))
        self.assertEqual((left[self.old].size, len(left[self.old].pages)), (1 << 20, 0))
        recording.save(left, self.folder, self.folder.parent / "image")
        self.assertEqual((self.folder.parent / "image/old").stat().st_size, 1 << 20)


if __name__ == "__main__":
    unittest.main()
