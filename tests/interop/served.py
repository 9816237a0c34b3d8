"""A bus that serves others while something bad happens: portal's dossiers go on to onestop, over one connection each.
Not a test: the base of those that do the bad thing. After each, some more dossiers must have arrived, and every accepted one.
Used by test_bad_input.py (what a system sends) and test_bad_configuration.py (what an operator writes).
"""
import contextlib
import threading
import time
import unittest

from bus import Bus, submitted
from truc_stranger import framing
from truc_stranger.receiver import DONE, Receiver
from truc_stranger.schemas import wire

EXCHANGES = 3  # of the healthy pair that must follow what was bad


class Healthy(threading.Thread):
    """portal and onestop: a dossier, its delivery, its receipt, again and again."""

    def __init__(self, bus):
        super().__init__()
        self.portal, self.onestop = bus.connected("portal"), bus.connected("onestop")
        self.connections = self.portal.connection, self.onestop.connection
        self.arrived = set()
        self.receiver = Receiver(self.onestop, self._take)
        self.turn = threading.Condition()  # held while a dossier is on its way
        self.accepted, self.position, self.fault, self.stopped = [], 0, None, False

    def _take(self, header, _payload, _delivery):
        self.arrived.add(header.id)
        return DONE

    def run(self):
        try:
            while not self.stopped:
                with self.turn:
                    self._exchange()
                    self.turn.notify_all()
                time.sleep(0.01)  # a pace, so that the journal stays short; nothing depends on it
        except BaseException as fault:  # told to whoever waits, in the test's own thread
            with self.turn:
                self.fault = fault
                self.turn.notify_all()

    def _exchange(self):
        message = submitted(self.portal.settings)
        outcome = self.portal.outcomes(self.portal.publish(message))[0]
        if outcome.code:
            raise AssertionError(f"portal was refused: {outcome}")
        header = framing.parse(wire.Header, message.header)
        self.accepted.append(header.id)
        self.position = outcome.sequence
        while header.id not in self.arrived:
            self.receiver.work()

    def go_on(self):
        """Waits until some more were served; the same connections as ever."""
        with self.turn:
            end = len(self.accepted) + EXCHANGES
            if not self.turn.wait_for(lambda: self.fault or len(self.accepted) >= end, 30):
                raise AssertionError("the others are no longer served")
            if self.fault:
                raise AssertionError("the others are no longer served") from self.fault
            if self.connections != (self.portal.connection, self.onestop.connection):
                raise AssertionError("the others lost their connection")

    def stop(self):
        self.stopped = True
        self.join()


class Served(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()
        cls.addClassCleanup(cls.bus.close)
        cls.healthy = Healthy(cls.bus)
        cls.healthy.start()
        cls.addClassCleanup(cls.healthy.stop)

    def setUp(self):
        with self.healthy.turn:
            self.first_position = self.healthy.position
        self.log_begins = len(self.bus.logged())

    def tearDown(self):
        self.healthy.go_on()
        self.assertIsNone(self.bus.process.poll(), "the broker ended")
        lost = set(self.healthy.accepted) - self.healthy.arrived
        self.assertFalse(lost, "accepted, and not delivered")

    def logged(self, *parts):
        end = time.monotonic() + 15
        while time.monotonic() < end:
            for line in self.bus.logged()[self.log_begins:].splitlines():
                if all(part in line for part in parts):
                    return line
            time.sleep(0.01)  # a file has no descriptor to wait for
        self.fail(f"no line with {parts} in the log:\n{self.bus.logged()[self.log_begins:]}")

    @contextlib.contextmanager
    def configuration(self, path, pattern, replacement):
        """In force within a with statement."""
        file = self.bus.state / "config" / path
        before = file.read_text("utf-8")
        self.bus.reload(path, pattern, replacement)
        self.logged("a new configuration is in force")
        yield
        file.write_text(before, "utf-8")
        self.log_begins = len(self.bus.logged())
        self.bus.reload(path, r"\Z", "")
        self.logged("a new configuration is in force")
