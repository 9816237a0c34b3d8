"""Whatever one system sends, it is told what is wrong by name; so is the log, and the journal; and nobody else notices.
Not every way to be wrong (test_violations.py and the unit tests have more): those that others might pay for.
One bus; what is served meanwhile is served.py's.
"""
import json
import re
import subprocess
import time
import unittest

import zmq

from bus import BIN, MESSAGE_BYTES_MAX, PURPOSE, SENDER_CREDIT, submitted, unrouted, verify_answer, verify_question
from served import Served
from truc_stranger import codes, framing, messages, signing
from truc_stranger.receiver import settle
from truc_stranger.requests import reply_id
from truc_stranger.schemas import wire
from truc_stranger.session import SessionEnded
from truc_stranger.transport import FRAME_BYTES_MAX

BAD = "national-portal"  # who does it
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
DEEP = 10000


class BadInput(Served):
    # ---- evidence ----

    def journaled(self, kind, code, system, text):
        """Such a record since the test began. Those of sessions are written with what comes next: it may take a turn."""
        command = [BIN / "truc", "journal", "show", "--from", str(self.first_position), "--count", "100000",
                   "--state", self.bus.state, "--output", "json"]
        for _ in range(10):
            shown = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            for record in map(json.loads, shown.decode().splitlines()):
                if ((record["kind"], record.get("outcome"), record.get("text")) == (kind, code, text)
                        and system in (record.get("sender"), record.get("system"))):
                    return record
            self.healthy.go_on()
        return self.fail(f"no record of {kind} {code} by {system} in the journal: {text}")

    def refused(self, code, outcome, system=BAD, says=""):
        """An outcome of a message: with a text and a hint at the sender, a line in the log, a record in the journal."""
        self.assertEqual(getattr(codes, code), outcome.code, outcome)
        self.assertTrue(outcome.text and outcome.hint, outcome)
        self.assertIn(says, outcome.text)
        self.logged(f"{system}: refused", f": {code}: ")
        return self.journaled("refused", code, system, outcome.text)

    def ended(self, code, session, system=BAD, says=""):
        """The session's end, or that of its beginning."""
        with self.assertRaises(SessionEnded) as caught:
            session.wait(lambda: False, "end of the session")
        self.assertEqual(getattr(codes, code), caught.exception.code, caught.exception)
        self.assertIn(says, caught.exception.text)
        self.assertTrue(caught.exception.text)
        self.logged(f"{system}: ", f"{code}: ")
        self.journaled("session", code, system, caught.exception.text)

    # ---- doing it ----

    def bad(self, system=BAD):
        return self.bus.connected(system)

    def publish(self, session, message, change_bundle=lambda bundle: None):
        bundle = messages.bundle(session.settings, [message])
        change_bundle(bundle)
        return session.outcomes(session.publish_bundle(bundle))[0]

    def signed_with(self, change):
        """The outcome of a message in a bundle whose signature was changed."""
        session = self.bad()

        def change_bundle(bundle):
            bundle.signature = change(session.settings, bundle)

        return self.publish(session, submitted(session.settings), change_bundle)

    def with_header(self, **header):
        session = self.bad()
        return self.publish(session, submitted(session.settings, **header))

    def with_header_bytes(self, added):
        session = self.bad()
        message = submitted(session.settings)
        message.header += added
        return self.publish(session, message)

    def with_payload(self, payload, **header):
        session = self.bad()
        number = time.time_ns()
        fields = dict(id=f"bad-{number}", type="dossier.submitted", kind=codes.EVENT, time_ns=number,
                      subject="H56.14-261123-0042", purpose=dict(procedure="1.010708", dossier="H56.14-261123-0042"))
        return self.publish(session, messages.make(session.settings, payload, **{**fields, **header}))

    def after_hello(self, *frames):
        session = self.bad()
        session.send_frames(*frames)
        return session

    def instead_of_hello(self, *frames):
        session = self.bus.session(BAD)
        session.open()
        session.send_frames(*frames)
        return session

    def hello(self, actor=BAD, **fields):
        session = self.bus.session(actor)
        session.open()
        session.send(hello=session.hello(**fields))
        return session

    def sent_by_truc(self, size):
        """By the SDK, as `truc send` uses it."""
        settings, payload = self.bus.state / f"systems/{BAD}/settings.yaml", self.bus.state.parent / "payload.json"
        here = settings.with_name("here.yaml")
        here.write_text(re.sub("(?m)^broker: .*", f"broker: {self.bus.endpoint}", settings.read_text("utf-8")), "utf-8")
        here.chmod(0o600)
        payload.write_text(json.dumps({"code": "H56.14-261123-0042", "summary": "x" * size}), "utf-8")
        return subprocess.run([BIN / "truc", "send", "dossier.submitted", "--state", self.bus.state, "--settings", here,
                               "--file", payload, "--classification", "not-secret", "--take-over"],
                              capture_output=True, check=False, encoding="utf-8")

    def request_to_population(self):
        """Asked by onestop, between two of the healthy pair's turns. The provider's session, and what was delivered."""
        provider = self.bad("population")
        with self.healthy.turn:
            onestop, now = self.healthy.onestop, time.time_ns()
            request = messages.make(onestop.settings, verify_question(), id=f"bad-{now}", type="citizen.verify",
                                    kind=codes.REQUEST, time_ns=now, expires_ns=now + 4 * 10**9, purpose=PURPOSE)
            self.assertEqual(0, onestop.outcomes(onestop.publish(request))[0].code)
        provider.wait(lambda: provider.deliveries, "request")
        delivery = provider.deliveries[0].parcels[0].deliveries[0]
        return provider, framing.parse(wire.Header, delivery.header), delivery

    def reply(self, provider, request, delivery, payload):
        return self.publish(provider, messages.make(
            provider.settings, payload, id=reply_id("onestop", request.id), type="citizen.verify.reply", kind=codes.REPLY,
            time_ns=time.time_ns(), correlation_id=request.id, in_reply_to=delivery.sequence + 1))

    # ---- who it is ----

    def test_UNKNOWN_KEY_a_key_of_no_system(self):
        session = self.bus.session(BAD)
        session.settings.transport_key = zmq.curve_keypair()[1]
        session.open()
        session.send(hello=session.hello())
        with self.assertRaises(SessionEnded) as caught:  # ZeroMQ's own refusal, which the SDK tells by this name
            session.wait(lambda: False, "end of the session")
        self.assertEqual(0, caught.exception.code)
        self.logged("refused a connection", "(UNKNOWN_KEY)")

    def test_SUSPENDED_a_system_that_is_suspended(self):
        with self.configuration("systems/population.yaml", "\nid: population\n", "\nid: population\nsuspended: true\n"):
            self.ended("SUSPENDED", self.hello("population"), "population", says="population")

    def test_SIGNING_KEY_a_certificate_that_is_revoked(self):
        name = f"certs/{BAD}.pem"
        with self.configuration(f"systems/{BAD}.yaml", rf"certificates: \[{name}\]",
                                f"certificates: [{{file: {name}, revoked: 2026-01-01T00:00:00Z}}]"):
            self.refused("SIGNING_KEY", self.with_header(), says="revoked")

    def test_NOT_SENDER_the_name_of_another_system_in_hello(self):
        self.ended("NOT_SENDER", self.hello(system="onestop"))

    def test_NOT_SENDER_the_source_of_another_system(self):
        self.refused("NOT_SENDER", self.with_header(source="onestop"))

    def test_WRONG_BUS_hello_to_another_bus(self):
        self.ended("WRONG_BUS", self.hello(bus="hanoi"), says="thanhhoa")

    def test_VERSION_that_is_not_spoken(self):
        self.ended("VERSION", self.hello(version_min=2, version_max=9), says="version 1")

    def test_SESSION_a_command_before_hello(self):
        self.ended("SESSION", self.instead_of_hello(framing.command(ping=wire.Ping(number=1))), says="hello")

    # ---- signatures ----

    def test_SIGNATURE_a_wrong_one(self):
        self.refused("SIGNATURE", self.signed_with(lambda _, b: bytes([b.signature[0] ^ 1]) + b.signature[1:]))

    def test_SIGNATURE_of_the_wrong_size(self):
        self.refused("SIGNATURE", self.signed_with(lambda _, b: b.signature[:63]))

    def test_SIGNATURE_that_is_not_canonical(self):
        def change(_, bundle):  # S + L says the same modulo L, and a lax verifier takes it
            s = int.from_bytes(bundle.signature[32:], "little") + ED25519_ORDER
            return bundle.signature[:32] + s.to_bytes(32, "little")

        self.refused("SIGNATURE", self.signed_with(change))

    def test_SIGNATURE_for_another_bus(self):
        def change(settings, bundle):
            root = messages.merkle.root([messages.merkle.leaf(m.header) for m in bundle.messages])
            text = signing.statement(signing.BUNDLE, "hanoi", settings.system, bundle.key_id, len(bundle.messages), root)
            return signing.sign(settings.signing_key, text)

        self.refused("SIGNATURE", self.signed_with(change))

    def test_PROTOCOL_a_bundle_without_signature(self):
        session = self.bad()
        bundle = messages.bundle(session.settings, [submitted(session.settings)])
        bundle.ClearField("signature")
        session.send(publish=wire.Publish(number=1, bundle=bundle))
        self.ended("PROTOCOL", session, says="signature")

    def test_SIGNING_KEY_a_key_of_nobody(self):
        session = self.bad()
        outcome = self.publish(session, submitted(session.settings), lambda b: setattr(b, "key_id", bytes(16)))
        self.refused("SIGNING_KEY", outcome)

    # ---- frames ----

    def test_PROTOCOL_more_frames_than_one(self):
        self.ended("PROTOCOL", self.after_hello(framing.command(ping=wire.Ping(number=1)), b"", b"", b""), says="frame")

    def test_PROTOCOL_more_frames_than_one_before_hello(self):
        session = self.instead_of_hello(*[b"x"] * 1000)
        with self.assertRaises(SessionEnded) as caught:
            session.wait(lambda: False, "end of the session")
        self.assertEqual(codes.PROTOCOL, caught.exception.code)
        self.logged("ended a connection", "(PROTOCOL)")

    def test_PROTOCOL_an_empty_frame(self):
        self.ended("PROTOCOL", self.after_hello(b""))

    def test_PROTOCOL_an_empty_frame_instead_of_hello(self):
        self.ended("PROTOCOL", self.instead_of_hello(b""))

    def test_PROTOCOL_a_frame_nested_ten_thousand_deep(self):
        self.ended("PROTOCOL", self.after_hello(nested(5, DEEP)))

    def test_PROTOCOL_text_that_is_not_utf8(self):
        self.ended("PROTOCOL", self.after_hello(bytes.fromhex("5a040a02c328")))  # bye with an overlong text

    def test_PROTOCOL_an_unknown_field(self):
        self.ended("PROTOCOL", self.after_hello(bytes.fromhex("4a0408011001")))

    def test_PROTOCOL_more_messages_than_a_bundle_may_have(self):
        session = self.bad()
        batch = [submitted(session.settings) for _ in range(257)]
        session.send(publish=wire.Publish(number=1, bundle=messages.bundle(session.settings, batch)))
        self.ended("PROTOCOL", session, says="256")

    def test_TOO_LARGE_a_message_over_the_limit(self):
        self.refused("TOO_LARGE", self.with_header(summary="x" * MESSAGE_BYTES_MAX), says=str(MESSAGE_BYTES_MAX))

    def test_TOO_LARGE_never_leaves_the_sender(self):
        done = self.sent_by_truc(2_000_000)
        self.assertIn("TOO_LARGE", done.stderr)
        self.assertEqual(1, done.returncode)

    def test_LIMIT_a_file_of_a_hundred_megabytes_to_be_sent(self):
        done = self.sent_by_truc(100_000_000)
        self.assertIn("LIMIT", done.stderr)
        self.assertEqual(2, done.returncode)

    def test_a_frame_of_a_hundred_megabytes_costs_its_sender_the_connection(self):
        """ZeroMQ cuts it before anybody could answer; docs/protocol.md says so, and the SDK never sends one."""
        self.assertGreater(100_000_000, FRAME_BYTES_MAX)
        session = self.after_hello(bytes(100_000_000))
        with self.assertRaises(SessionEnded) as caught:
            session.wait(lambda: False, "end of the connection", 60)
        self.assertEqual(0, caught.exception.code)

    def test_CREDIT_more_than_was_given(self):
        session = self.bad()
        batch = [submitted(session.settings, summary="x" * (SENDER_CREDIT * 3 // 5)) for _ in range(2)]
        session.send(publish=wire.Publish(number=1, bundle=messages.bundle(session.settings, batch)))
        self.ended("CREDIT", session, says="credit")

    # ---- headers and payloads ----

    def test_HEADER_text_that_is_not_utf8(self):
        self.refused("HEADER", self.with_header_bytes(bytes.fromhex("5202c328")))  # correlation_id

    def test_HEADER_nested_ten_thousand_deep(self):
        self.refused("HEADER", self.with_header_bytes(nested(16, 1000)))  # as deep as a header is long

    def test_HEADER_an_unknown_field(self):
        self.refused("HEADER", self.with_header_bytes(bytes.fromhex("b80601")))

    def test_UNKNOWN_TYPE_that_no_schema_has(self):
        self.refused("UNKNOWN_TYPE", self.with_payload(b"", type="dossier.imagined"))

    def test_UNKNOWN_TYPE_is_not_quoted_for_it_may_be_a_number_of_a_person(self):
        outcome = self.with_payload(b"", type="038990000017")
        self.refused("UNKNOWN_TYPE", outcome)
        self.assertNotIn("038990000017", outcome.text)
        self.assertNotIn("038990000017", self.bus.logged())

    def test_PAYLOAD_a_field_of_the_wrong_type(self):
        self.refused("PAYLOAD", self.with_payload(bytes.fromhex("0801")))  # code as a number

    def test_PAYLOAD_text_that_is_not_utf8(self):
        self.refused("PAYLOAD", self.with_payload(bytes.fromhex("0a02c328")))

    def test_PAYLOAD_nested_ten_thousand_deep(self):
        self.refused("PAYLOAD", self.with_payload(nested(2, DEEP)))

    def test_PAYLOAD_an_unknown_field(self):
        self.refused("PAYLOAD", self.with_payload(bytes.fromhex("b8fa0101")))

    def test_PAYLOAD_unknown_fields_in_a_reply(self):
        provider, request, delivery = self.request_to_population()
        bad = self.reply(provider, request, delivery, verify_answer() + bytes.fromhex("b8fa0101"))
        self.refused("PAYLOAD", bad, "population")
        self.assertEqual(0, self.reply(provider, request, delivery, verify_answer()).code)

    def test_DIGEST_of_another_payload(self):
        session = self.bad()
        message = submitted(session.settings)
        message.payload += b"\x0a\x00"
        self.refused("DIGEST", self.publish(session, message))

    def test_SECRET_not_classified(self):
        self.refused("SECRET", self.with_header(classification=0), says="not classified")

    def test_SECRET_classified_as_secret(self):
        record = self.refused("SECRET", self.with_header(classification=2, subject="mat-1"), says="secret")
        self.assertEqual("", record["subject"])

    def test_EXPIRED_on_arrival(self):
        self.refused("EXPIRED", self.with_header(expires_ns=time.time_ns() - 10**9))

    def test_FUTURE_an_hour_ahead(self):
        self.refused("FUTURE", self.with_header(time_ns=time.time_ns() + 3600 * 10**9))

    def test_CONFLICT_an_id_used_for_other_content(self):
        session = self.bad()
        first = submitted(session.settings, message_id="twice")
        self.assertEqual(0, self.publish(session, first).code)
        self.refused("CONFLICT", self.publish(session, submitted(session.settings, message_id="twice")), says="position")
        self.assertTrue(self.publish(session, first).repeat)

    def test_NO_ROUTE_or_agreement_for_it(self):
        session = self.bad()
        self.refused("NO_ROUTE", self.publish(session, unrouted(session.settings)))

    # ---- receipts ----

    def test_PROTOCOL_a_receipt_for_what_was_never_delivered(self):
        session = self.bad()
        settlement = wire.Settlement(sequence=1, outcome=codes.DONE, message_leaf=bytes(32))
        session.send(settle=settle(session.settings, [settlement.SerializeToString()]))
        self.ended("PROTOCOL", session, says="not out")


def nested(field, depth):
    """A field within itself."""
    inner = b""
    for _ in range(depth):
        size, length = len(inner), b""
        while size > 127:
            length, size = length + bytes([size & 127 | 128]), size >> 7
        tag = field << 3 | 2
        inner = (bytes([tag]) if tag < 128 else bytes([tag & 127 | 128, tag >> 7])) + length + bytes([size]) + inner
    return inner


if __name__ == "__main__":
    unittest.main()
