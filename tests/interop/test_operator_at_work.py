"""What an operator's hands touch and unit tests can't: `truc top` on a real terminal, `truc send` from a pipe, `truc doctor` on a state
directory where things are wrong. The terminal is a pseudo-terminal; the broker is real.
Not what these commands compute: tests/unit/cli has that.
"""
import json
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
import unittest

from bus import BIN, Bus

ENTER_SCREEN, LEAVE_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
PATIENCE_SECONDS = 20


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *command):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave)
        self.seen = ""

    def until(self, text):
        end = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"{text!r} does not appear: {self.seen!r}")
            self.seen += os.read(self.master, 65536).decode("utf-8", "replace")

    def press(self, keys):
        self.seen = ""
        os.write(self.master, keys)

    def ended(self):
        return self.process.wait(PATIENCE_SECONDS)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def has_terminals():
    try:
        os.close(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))
        return os.path.isdir("/dev/pts") and os.path.ismount("/dev/pts")
    except OSError:
        return False


@unittest.skipUnless(has_terminals(), "no pseudo-terminals here: /dev/pts is not mounted")
class OnATerminal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()
        cls.addClassCleanup(cls.bus.close)
        settings = cls.bus.state / "systems/operator/settings.yaml"
        here(settings, settings, cls.bus)

    def top(self):
        terminal = Terminal(BIN / "truc", "top", "--state", self.bus.state)
        self.addCleanup(terminal.close)
        terminal.until(ENTER_SCREEN)
        terminal.until("onestop")
        return terminal

    def left(self, terminal):
        terminal.until(LEAVE_SCREEN)
        self.assertEqual(0, terminal.ended())
        self.assertEqual(terminal.before, termios.tcgetattr(terminal.slave), "the terminal is not as it was")

    def test_top_sorts_by_keys_and_gives_the_screen_back(self):
        terminal = self.top()
        for key in (b"r", b"d", b"w", b"s", b"t"):
            terminal.press(key)
            terminal.until("onestop")
        terminal.press(b"q")
        self.left(terminal)

    def test_top_gives_the_screen_back_when_it_is_ended(self):
        terminal = self.top()
        terminal.seen = ""
        terminal.process.send_signal(signal.SIGTERM)
        self.left(terminal)


class FromAPipe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()
        cls.addClassCleanup(cls.bus.close)
        settings = cls.bus.state / "systems/portal/settings.yaml"
        here(settings, settings, cls.bus)

    def send(self, *arguments, typed=""):
        return subprocess.run(
            [BIN / "truc", "send", "dossier.submitted", "--state", self.bus.state, "--settings",
             self.bus.state / "systems/portal/settings.yaml", "--classification", "not-secret", *arguments],
            input=typed, capture_output=True, check=False, encoding="utf-8")

    @staticmethod
    def payload(code):
        return dict(code=code, procedure=dict(code="1.010708", service="SERVICE_FULL"), agency=dict(code="H56.14"),
                    status="STATUS_REGISTERED")

    def test_a_message_from_the_standard_input(self):
        done = self.send("--file", "-", typed=json.dumps(self.payload("H56.14-261123-0042")))
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stdout, "accepted|position")

    def test_lines_of_which_one_is_refused(self):
        lines = [json.dumps(dict(subject=f"H56.14-261123-{n:04}", payload=self.payload(f"H56.14-261123-{n:04}")))
                 for n in range(300)]
        tomorrow = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
        lines[7] = json.dumps(dict(subject="H56.14-261123-0007", time=tomorrow, payload=self.payload("H56.14-261123-0007")))
        done = self.send("--lines", "-", "--output", "json", typed="\n".join(lines) + "\n")
        self.assertEqual(1, done.returncode, done.stderr)
        outcomes = {said["line"]: said["outcome"] for said in map(json.loads, done.stdout.splitlines())}
        self.assertEqual("FUTURE", outcomes.pop(8))
        self.assertEqual({"ACCEPTED"}, set(outcomes.values()))
        self.assertEqual(299, len(outcomes))

    def test_PAYLOAD_json_nested_ten_thousand_deep(self):
        done = self.send("--file", "-", typed='{"a":' * 10000)
        self.assertEqual(1, done.returncode)
        self.assertIn("PAYLOAD", done.stdout + done.stderr)

    def test_ARGUMENT_a_timeout_that_is_none(self):
        done = self.send("--json", "{}", "--timeout", "soon")
        self.assertEqual(2, done.returncode)
        self.assertIn("ARGUMENT", done.stderr)


class AtTheDoctor(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.assertTrue(self.bus.stop())

    def doctor(self, *arguments):
        return subprocess.run([BIN / "truc", "doctor", "--state", self.bus.state, *arguments], capture_output=True,
                              check=False, encoding="utf-8")

    def test_a_state_directory_that_everybody_may_write_into(self):
        self.bus.state.chmod(0o777)
        done = self.doctor()
        self.assertEqual(1, done.returncode)
        self.assertIn("everybody may write into", done.stdout)

    def test_a_journal_with_a_torn_end(self):
        with open(self.bus.state / "journal/segments/00000000000000000000.tj", "ab") as segment:
            segment.write(b"the beginning of a group")
        self.assertIn("interrupted last write", self.doctor().stdout)

    def test_a_bus_without_the_keys_it_names(self):
        done = self.doctor("--keys", "/nonexistent")
        self.assertIn("secret", done.stdout)
        self.assertIn("name the keys with --keys", done.stdout)

    def test_a_journal_whose_checkpoints_nobody_checks(self):
        (self.bus.state / "keys/checkpoint.vkey").unlink()
        self.assertIn("the checkpoint's signature was not checked", self.doctor().stdout)


def here(settings, out, bus):
    """The settings of a system with the address where this bus listens."""
    text = re.sub("(?m)^broker: .*", f"broker: {bus.endpoint}", settings.read_text("utf-8"))
    out.write_text(text, "utf-8")


if __name__ == "__main__":
    unittest.main()
