"""Who stands between a system and the broker reads nothing of what passes, and changes nothing: the connection ends.
A relay on the way that keeps every byte, and can turn one over. What is encrypted how is ZeroMQ's affair (CURVE).
The keys are right here; wrong ones are test_violations.py's.
"""
import selectors
import socket
import subprocess
import threading
import time
import unittest

from bus import BIN, Bus, submitted
from truc_stranger.session import SessionEnded

SUMMARY = "Một điều chỉ hai bên được biết"


class Relay:
    """One connection at a time, to one address. `spoil`: of which way ("up", "down") the next bytes are changed."""

    def __init__(self, endpoint):
        host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
        self.to = (host, int(port))
        self.seen = {"up": b"", "down": b""}
        self.spoil = None
        self.broker = None  # of the present connection
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            try:
                system, _ = self.listener.accept()
            except OSError:
                return  # closed
            with system, socket.create_connection(self.to) as broker:
                self.broker = broker
                try:
                    self._pass(system, broker)
                except OSError:
                    pass  # one of them has gone, which is what this is about

    def _pass(self, system, broker):
        with selectors.DefaultSelector() as ready:
            ready.register(system, selectors.EVENT_READ, ("up", broker))
            ready.register(broker, selectors.EVENT_READ, ("down", system))
            while True:
                for key, _ in ready.select():
                    way, to = key.data
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    self.seen[way] += data
                    if self.spoil == way:
                        self.spoil = None
                        data = data[:-1] + bytes([data[-1] ^ 1])
                    to.sendall(data)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.broker is not None and self.broker.fileno() >= 0:
            self.broker.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)


class Wire(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.relay = Relay(self.bus.endpoint)
        self.addCleanup(self.relay.close)
        self.portal = self.bus.session("portal")
        self.portal.settings.endpoint = self.relay.endpoint
        self.portal.connect()

    def message(self, **fields):
        return submitted(self.portal.settings, summary=SUMMARY, **fields)

    def test_nothing_of_a_message_can_be_read(self):
        [outcome] = self.portal.outcomes(self.portal.publish(self.message(subject="H56.14-261123-9001")))
        self.assertEqual(0, outcome.code, outcome)
        passed = self.relay.seen["up"] + self.relay.seen["down"]
        self.assertGreater(len(passed), len(SUMMARY))
        for secret in (SUMMARY.encode(), b"H56.14-261123-9001", b"dossier.submitted", b"portal", b"thanhhoa"):
            self.assertNotIn(secret, passed)

    def test_a_message_changed_on_its_way_ends_the_connection_and_is_not_taken(self):
        self.relay.spoil = "up"
        with self.assertRaises(SessionEnded):
            self.portal.outcomes(self.portal.publish(self.message(message_id="changed")))
        self.assertIsNone(self.relay.spoil)
        self.portal.connect()  # sends it again, unchanged
        [outcome] = self.portal.outcomes(self.portal.number)
        self.assertEqual((0, False), (outcome.code, outcome.repeat), outcome)

    def test_an_answer_changed_on_its_way_is_not_believed(self):
        self.relay.spoil = "down"
        with self.assertRaises(SessionEnded):
            self.portal.outcomes(self.portal.publish(self.message(message_id="answered")))
        self.portal.connect()
        [outcome] = self.portal.outcomes(self.portal.number)
        self.assertEqual((0, True), (outcome.code, outcome.repeat), outcome)  # it had been taken

    def test_an_event_changed_on_its_way_ends_truc_with_a_reason(self):
        relay = Relay(self.bus.endpoint)
        self.addCleanup(relay.close)
        tail = subprocess.Popen([BIN / "truc", "tail", "--state", self.bus.state, "--broker", relay.endpoint],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = time.monotonic() + 20
        while "operator: connected" not in self.bus.logged():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)  # a file has no descriptor to wait for
        relay.spoil = "down"
        self.portal.outcomes(self.portal.publish(self.message()))
        _, said = tail.communicate(timeout=30)
        self.assertEqual(3, tail.returncode, said)  # as docs/operations.md: the broker can't be reached
        self.assertIn(b"closed the connection", said)
        self.assertIsNone(relay.spoil)


if __name__ == "__main__":
    unittest.main()
