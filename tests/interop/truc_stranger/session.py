"""A session with the broker: hello and welcome, heartbeats, credit, and publishes that are sent again after a loss.
Not a loop of its own: whoever needs something calls wait(). What arrives is put on queues; receiver.py works on them.
docs/protocol.md, "A session's life" and "Publishing". To reconnect, call connect() again.
"""
import collections
import os
import time

from . import framing, messages
from .framing import Violation
from .schemas import wire
from .transport import Connection

WELCOME_SECONDS = 10
_BEFORE_WELCOME = {"welcome", "error", "notice", "bye", "ping", "pong"}


class SessionEnded(Exception):
    """The broker ended the session: with Error (its code), with Bye, or by silence (code 0)."""

    def __init__(self, code, text, hint=""):
        super().__init__(f"{code}: {text} ({hint})")
        self.code, self.text = code, text


class Session:
    def __init__(self, settings, receive_credit_bytes=1 << 20):
        self.settings = settings
        self.receive_credit_bytes = receive_credit_bytes
        self.id = os.urandom(16)
        self.connection = None
        self.welcome = None
        self.number = 0            # of the last publish made
        self.unanswered = {}       # number: (frame, bytes), in order
        self.answered = {}         # number: Outcomes
        self.failed = collections.deque()
        self.answers = collections.deque()
        self.notices = collections.deque()
        self.pongs = []
        self._fresh()

    def _fresh(self):
        """What a new connection starts with."""
        self.welcome = None
        self.credit = 0
        self.sent_through = 0      # number of the last publish sent in this connection
        self.certificates = {}     # key id: Certificate
        self.deliveries = collections.deque()
        self.unsettled = set()
        self.spoke = self.heard = time.monotonic()

    # ---- the connection ----

    def connect(self, **hello):
        """Makes a new connection and waits for its welcome; `hello` replaces fields of the Hello."""
        self.open()
        self.send(hello=self.hello(**hello))
        self.wait(lambda: self.welcome, "a welcome", WELCOME_SECONDS)

    def open(self, **options):
        """A new connection, without a word. `options` of the socket are for what the page forbids."""
        self.drop()
        self._fresh()
        s = self.settings
        self.connection = Connection(s.endpoint, s.server_key, s.transport_key, **options)

    def hello(self, **other):
        fields = dict(version_min=1, version_max=1, bus=self.settings.bus, system=self.settings.system, session=self.id,
                      software="truc_stranger", receive_credit_bytes=self.receive_credit_bytes)
        return wire.Hello(**{**fields, **other})

    def drop(self):
        """Loses the connection without a word."""
        if self.connection:
            self.connection.close()
            self.connection = None

    def bye(self, text="done"):
        self.send(bye=wire.Bye(text=text))
        self.connection.close(linger_ms=2000)
        self.connection = None

    def send(self, **command):
        self.send_frames(framing.command(**command))

    def send_frames(self, *frames):
        self.connection.send(*frames)
        self.spoke = time.monotonic()

    # ---- publishing ----

    def publish(self, *batch):
        """Signs and sends messages as one bundle as soon as credit allows. Returns the publish's number."""
        return self.publish_bundle(messages.bundle(self.settings, batch))

    def publish_bundle(self, bundle):
        self.number += 1
        frame = framing.command(publish=wire.Publish(number=self.number, bundle=bundle))
        self.unanswered[self.number] = frame, sum(map(messages.size, bundle.messages))
        self._flush()
        return self.number

    def outcomes(self, number):
        """The outcomes of a publish, once the broker has answered it."""
        self.wait(lambda: number in self.answered, f"the outcomes of publish {number}")
        return list(self.answered[number].outcomes)

    def _flush(self):
        """Sends the unanswered publishes that this connection hasn't carried yet, in order, while there is credit."""
        if not self.connection or not self.welcome:
            return
        for number, (frame, size) in self.unanswered.items():
            if number <= self.sent_through:
                continue
            if size > self.credit:
                break
            self.credit -= size
            self.sent_through = number
            self.send_frames(frame)

    # ---- what arrives ----

    def wait(self, condition, what, seconds=15):
        """Works until the condition holds, for at most so many seconds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"no {what} within {seconds} s")
            self.step()

    def step(self, timeout_ms=50):
        """Takes in at most one command, and keeps the heartbeat."""
        frames = self.connection.receive(timeout_ms)
        now = time.monotonic()
        if frames is not None:
            self.heard = now
            try:
                self._take(*framing.read_command(frames))
            except Violation as violation:
                self.send(error=wire.Error(code=20, text=str(violation)))
                self.connection.close(linger_ms=2000)
                self.connection = None
                raise
            return
        if self.connection.lost:
            self.drop()
            raise SessionEnded(0, "the connection is lost")
        if self.welcome and now - self.heard > 3 * self.welcome.heartbeat_ms / 1000:
            self.drop()
            raise SessionEnded(0, "the broker is silent")
        if self.welcome and now - self.spoke > self.welcome.heartbeat_ms / 1000:
            self.send(ping=wire.Ping(number=1))

    def _take(self, name, content):
        if not self.welcome and name not in _BEFORE_WELCOME:
            raise Violation(f"{name} before welcome")
        take = getattr(self, f"_take_{name}", None)
        if take is None:
            raise Violation(f"{name} does not come from a broker")
        take(content)

    def _take_welcome(self, welcome):
        if welcome.bus != self.settings.bus or welcome.version != 1:
            raise Violation("welcome to another bus or version")
        before, self.welcome = self.welcome, welcome
        if not before:
            self.credit = welcome.publish_credit_bytes
            self._flush()
        elif _limits(before) != _limits(welcome):
            self.bye("the limits have changed")
            raise SessionEnded(0, "the limits have changed: connect again")

    def _take_outcomes(self, outcomes):
        if outcomes.number != next(iter(self.unanswered), None):
            raise Violation(f"outcomes {outcomes.number} out of order")
        del self.unanswered[outcomes.number]
        self.answered[outcomes.number] = outcomes
        self.credit += outcomes.credit_bytes
        self._flush()

    def _take_credit(self, credit):
        self.credit += credit.bytes
        self._flush()

    def _take_certificate(self, certificate):
        self.certificates[certificate.key_id] = certificate

    def _take_deliver(self, deliver):
        for parcel in deliver.parcels:
            for delivery in parcel.deliveries:
                if delivery.sequence in self.unsettled:
                    raise Violation(f"{delivery.sequence} is delivered while it is unsettled")
                self.unsettled.add(delivery.sequence)
        self.deliveries.append(deliver)

    def _take_failed(self, failed):
        self.failed.append(failed)

    def _take_answer(self, answer):
        self.answers.append(answer)

    def _take_notice(self, notice):
        self.notices.append(notice)

    def _take_ping(self, ping):
        self.send(pong=wire.Pong(number=ping.number))

    def _take_pong(self, pong):
        self.pongs.append(pong.number)

    def _take_bye(self, bye):
        self.drop()
        raise SessionEnded(0, f"bye: {bye.text}")

    def _take_error(self, error):
        self.drop()
        raise SessionEnded(error.code, error.text, error.hint)


def _limits(welcome):
    return welcome.message_bytes_max, welcome.bundle_messages_max, welcome.publish_credit_bytes
