"""A TCP proxy between adapters and broker that behaves as badly as networks do, from a seed: delays, small pieces,
resets in the middle of a frame, silence in one direction or both, connections that are taken and lead nowhere. It
never changes, drops or reorders bytes of a connection that goes on: TCP doesn't either. One thread of its own.
"""
import random
import selectors
import socket
import struct
import threading
import time

CHUNK_BYTES, HELD_BYTES_MAX = 65536, 1 << 20
LOOK_EVERY_S = 0.002
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: close() sends RST
TO_BROKER, TO_ADAPTER = "to the broker", "to the adapter"


class _Direction:
    """Bytes on their way from one socket to another."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.held, self.held_bytes = [], 0  # pairs of due time and bytes
        self.ended = False

    def take(self, due):
        try:
            data = self.source.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        self.ended = not data
        if data:
            self.held.append([due, data])
            self.held_bytes += len(data)

    def give(self, now, piece_bytes):
        while self.held and self.held[0][0] <= now:
            data = self.held[0][1]
            try:
                sent = self.target.send(data[:piece_bytes])
            except BlockingIOError:
                return
            self.held_bytes -= sent
            self.held[0][1] = data[sent:]
            if self.held[0][1]:
                return  # the rest in the next look
            self.held.pop(0)


class _Link:
    def __init__(self, adapter, broker):
        self.adapter, self.broker = adapter, broker
        self.ways = {TO_BROKER: _Direction(adapter, broker), TO_ADAPTER: _Direction(broker, adapter)}

    def close(self, reset=False):
        for end in (self.adapter, self.broker):
            if reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.close()


class Proxy:
    def __init__(self, seed, port, target_port):
        self.port, self.target_port = port, target_port
        self.random = random.Random(seed)
        self.lock = threading.Lock()  # of all below
        self.delay_s, self.piece_bytes = 0, CHUNK_BYTES
        self.silent = set()           # directions in which nothing passes
        self.leads_nowhere = False    # new connections are taken and that is all
        self.links, self.nowhere = [], []
        self.resets = 0
        self.fault = None
        self.stopped = False
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.setblocking(False)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # ---- what a scenario asks for

    def behave(self, delay_s=0, piece_bytes=CHUNK_BYTES, silent=(), leads_nowhere=False):
        with self.lock:
            self.delay_s, self.piece_bytes, self.silent = delay_s, piece_bytes, set(silent)
            self.leads_nowhere = leads_nowhere
            if not leads_nowhere:
                for adapter in self.nowhere:
                    adapter.close()
                self.nowhere.clear()

    def reset(self, share):
        """Cuts so large a share of the connections, where they stand: what was held has gone half-way at best."""
        with self.lock:
            for link in [link for link in self.links if self.random.random() < share]:
                self._cut(link)

    def close(self):
        with self.lock:
            self.stopped = True
        self.thread.join()
        for link in self.links:
            link.close()
        for adapter in self.nowhere:
            adapter.close()
        self.listener.close()
        if self.fault:
            raise self.fault

    # ---- its thread

    def _cut(self, link):
        for way in link.ways.values():
            if way.held:  # some of it gets through, a frame is torn
                data = way.held[0][1]
                try:
                    way.target.send(data[: self.random.randrange(len(data))])
                except OSError:
                    pass  # this end is gone already
        link.close(reset=True)
        self.links.remove(link)
        self.resets += 1

    def _run(self):
        try:
            while not self.stopped:
                with self.lock:
                    self._accept()
                    ready = self._ready()
                    for link in list(self.links):
                        self._move(link, ready, time.monotonic())
                time.sleep(LOOK_EVERY_S)
        except BaseException as fault:  # told by close()
            self.fault = fault

    def _accept(self):
        while True:
            try:
                adapter, _ = self.listener.accept()
            except BlockingIOError:
                return
            adapter.setblocking(False)
            if self.leads_nowhere:
                self.nowhere.append(adapter)
                continue
            try:
                broker = socket.create_connection(("127.0.0.1", self.target_port), 5)
            except OSError:  # the broker is away
                adapter.close()
                continue
            broker.setblocking(False)
            self.links.append(_Link(adapter, broker))

    def _ready(self):
        with selectors.DefaultSelector() as selector:
            for link in self.links:
                for end in (link.adapter, link.broker):
                    selector.register(end, selectors.EVENT_READ)
            return {key.fileobj for key, _ in selector.select(0)}

    def _move(self, link, ready, now):
        try:
            for name, way in link.ways.items():
                if name in self.silent:
                    continue  # what is sent there waits in the kernel, as on a line that is down
                if way.source in ready and way.held_bytes < HELD_BYTES_MAX:
                    way.take(now + self.random.random() * self.delay_s)
                way.give(now, self.random.randrange(1, self.piece_bytes + 1))
                if way.ended and not way.held:
                    link.close()
                    self.links.remove(link)
                    return
        except OSError:  # one end is gone: the other learns it
            link.close(reset=True)
            self.links.remove(link)
