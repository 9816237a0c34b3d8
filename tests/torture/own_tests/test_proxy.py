"""The proxy does what a scenario asks of it, and never changes what passes."""
import socket
import threading
import unittest

from world.place import free_port, wait_until
from world.proxy import TO_ADAPTER, TO_BROKER, Proxy

WAIT_S = 20


class _Echo:
    """Sends back what comes, until its listener is closed."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    @staticmethod
    def _serve(connection):
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except OSError:
                pass  # the proxy reset it


class TheProxy(unittest.TestCase):
    def setUp(self):
        echo = _Echo()
        self.addCleanup(echo.listener.close)
        self.proxy = Proxy(1, free_port(), echo.port)
        self.addCleanup(self.proxy.close)
        self.client = self.connect()

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.proxy.port), WAIT_S)
        client.settimeout(WAIT_S)
        self.addCleanup(client.close)
        return client

    def receive(self, size):
        data = b""
        while len(data) < size and (piece := self.client.recv(size - len(data))):
            data += piece
        return data

    def test_bytes_pass_unchanged_late_and_in_pieces(self):
        sent = bytes(range(256)) * 64
        self.proxy.behave(delay_s=0.02, piece_bytes=2000)
        self.client.sendall(sent)
        self.assertEqual(self.receive(len(sent)), sent)

    def test_a_reset_reaches_the_adapter_and_the_next_connection_works(self):
        self.client.sendall(b"a")
        self.assertEqual(self.receive(1), b"a")
        self.proxy.reset(share=1)
        with self.assertRaises(ConnectionResetError):
            while self.client.recv(100):
                pass
        self.client = self.connect()
        self.client.sendall(b"b")
        self.assertEqual(self.receive(1), b"b")

    def test_silence_in_either_direction_holds_and_loses_nothing(self):
        for direction in (TO_BROKER, TO_ADAPTER):
            self.proxy.behave(silent=[direction])
            self.client.sendall(b"held")
            self.client.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                self.client.recv(4)
            self.client.settimeout(WAIT_S)
            self.proxy.behave()
            self.assertEqual(self.receive(4), b"held")

    def test_what_leads_nowhere_is_taken_and_ended_later(self):
        self.proxy.behave(leads_nowhere=True)
        self.client = self.connect()
        wait_until(lambda: self.proxy.nowhere, WAIT_S, "the connection is taken")
        self.client.sendall(b"x")
        self.proxy.behave()
        with self.assertRaises(ConnectionResetError):  # with something unread: not a clean end
            while self.client.recv(100):
                pass


if __name__ == "__main__":
    unittest.main()
