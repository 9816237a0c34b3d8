"""A line that nobody expects is found, whoever wrote it."""
import pathlib
import tempfile
import unittest

from judge.log import unexplained
from judge.record import Line, read, read_refusals

STAMP = "2026-11-26 18:00:00.000 +07:00"


class TheLog(unittest.TestCase):
    def test_what_goes_on_is_not_judged(self):
        self.assertEqual(unexplained(f"{STAMP} info    listening\n{STAMP} notice  stopping: SIGTERM\n", []), [])

    def test_warnings_errors_and_ends_need_a_pattern(self):
        for level in ("warning", "error", "fatal"):
            line = f"{STAMP} {level:7} disk 91 % > 90 %"
            self.assertEqual(unexplained(line, []), [line])
            self.assertEqual(unexplained(line, ["^disk 91"]), [])
            self.assertEqual(unexplained(line, ["^disk 92"]), [line])

    def test_what_is_no_line_of_a_log_needs_one_too(self):
        self.assertEqual(len(unexplained("Assertion failed: ok (mutex.hpp:142)\n", ["disk"])), 1)

    def test_half_a_line_of_a_record_did_not_happen(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "record")
            self.assertEqual(read(path), [])
            path.write_text("alpha-1 k 7 9\nalpha-2 k 8 1")
            self.assertEqual(read(path), [Line("alpha-1", "k", 7, 9)])
            path.write_text("alpha-1 TOO_OLD\n")
            self.assertEqual(read_refusals(path), [("alpha-1", "TOO_OLD")])


if __name__ == "__main__":
    unittest.main()
