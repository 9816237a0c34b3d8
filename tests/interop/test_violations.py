"""What the page calls a violation ends the session with the error it names; what it calls a refusal is an outcome.
Not every field of every command: the broker's own unit tests go through those. One bus serves all tests here.
Each test uses a new session, so that none sees what another has done.
"""
import time
import unittest

import zmq

from bus import MESSAGE_BYTES_MAX, SENDER_CREDIT, Bus, submitted
from truc_stranger import codes, framing, merkle, messages
from truc_stranger.receiver import settle
from truc_stranger.schemas import wire
from truc_stranger.session import SessionEnded
from truc_stranger.transport import FRAME_BYTES_MAX


class Violations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()
        cls.addClassCleanup(cls.bus.close)

    def connected(self, system="portal"):
        return self.bus.connected(system)

    def ends(self, session, code):
        with self.assertRaises(SessionEnded) as caught:
            session.wait(lambda: False, "end of the session")
        self.assertEqual(code, caught.exception.code, caught.exception)

    def refused_hello(self, code, **hello):
        session = self.bus.session("portal")
        with self.assertRaises(SessionEnded) as caught:
            session.connect(**hello)
        self.assertEqual(code, caught.exception.code, caught.exception)

    # ---- hello ----

    def test_another_bus(self):
        self.refused_hello(codes.WRONG_BUS, bus="hanoi")

    def test_the_name_of_another_system(self):
        self.refused_hello(codes.NOT_SENDER, system="onestop")

    def test_a_version_not_spoken(self):
        self.refused_hello(codes.VERSION, version_min=2, version_max=3)

    def test_a_session_id_of_the_wrong_size(self):
        self.refused_hello(codes.PROTOCOL, session=b"short")

    def test_no_hello_first(self):
        session = self.bus.session("portal")
        session.open()
        session.send(publish=wire.Publish(number=1, bundle=messages.bundle(session.settings, [submitted(session.settings)])))
        self.ends(session, codes.SESSION)

    def test_a_second_hello(self):
        session = self.connected()
        session.send(hello=session.hello())
        self.ends(session, codes.PROTOCOL)

    def test_an_unregistered_transport_key_gets_nothing(self):
        session = self.bus.session("portal")
        session.settings.transport_key = zmq.curve_keypair()[1]
        session.open()
        session.send(hello=session.hello())
        self.ends(session, 0)
        self.assertIsNone(session.welcome)

    # ---- frames ----

    def test_two_frames(self):
        session = self.connected()
        session.send_frames(framing.command(ping=wire.Ping(number=1)), b"")
        self.ends(session, codes.PROTOCOL)

    def test_a_frame_over_the_limit_costs_the_connection(self):
        for size, code in (
            (FRAME_BYTES_MAX + 1, codes.TOO_LARGE),
            (FRAME_BYTES_MAX + 2**20, codes.TOO_LARGE),
            (FRAME_BYTES_MAX + 2**20 + 1, 0),  # ZeroMQ cuts it
        ):
            with self.subTest(size=size):
                session = self.connected()
                session.send_frames(bytes(size))
                self.ends(session, code)

    def test_an_unknown_field(self):
        session = self.connected()
        session.send_frames(bytes.fromhex("4a0408011001"))  # ping {1: 1, 2: 1}
        self.ends(session, codes.PROTOCOL)

    def test_an_unknown_command(self):
        session = self.connected()
        session.send_frames(bytes.fromhex("ba0100"))  # field 23
        self.ends(session, codes.PROTOCOL)

    def test_an_empty_frame(self):
        session = self.connected()
        session.send_frames(b"")
        self.ends(session, codes.PROTOCOL)

    def test_two_commands_in_a_frame(self):
        session = self.connected()
        ping = framing.command(ping=wire.Ping(number=1))
        session.send_frames(ping + framing.command(pong=wire.Pong(number=1)))
        self.ends(session, codes.PROTOCOL)

    def test_a_singular_field_twice(self):
        session = self.connected()
        session.send_frames(bytes.fromhex("4a0408010801"))
        self.ends(session, codes.PROTOCOL)

    def test_a_control_character(self):
        session = self.connected()
        session.send(bye=wire.Bye(text="a\nb"))
        self.ends(session, codes.PROTOCOL)

    def test_a_command_that_only_the_broker_sends(self):
        session = self.connected()
        session.send(welcome=wire.Welcome(version=1))
        self.ends(session, codes.PROTOCOL)

    def test_zeros_and_long_varints_are_none(self):
        session = self.connected()
        session.send_frames(bytes.fromhex("4a020800"))        # ping 0, written
        session.send_frames(bytes.fromhex("4a8400" + "08878000"))  # ping 7, with lengths and numbers longer than needed
        session.wait(lambda: len(session.pongs) == 2, "two pongs")
        self.assertEqual([0, 7], session.pongs)

    def test_a_routing_id_of_its_own(self):
        session = self.bus.session("portal")
        session.open(routing_id=b"portal")
        session.send(hello=session.hello())
        self.ends(session, codes.PROTOCOL)

    # ---- publishing ----

    def test_more_than_the_credit(self):
        session = self.connected()
        batch = [submitted(session.settings, summary="x" * (SENDER_CREDIT * 3 // 5)) for _ in range(2)]
        session.send(publish=wire.Publish(number=1, bundle=messages.bundle(session.settings, batch)))
        self.ends(session, codes.CREDIT)

    def test_a_number_that_does_not_grow(self):
        session = self.connected()
        session.outcomes(session.publish(submitted(session.settings)))
        session.send(publish=wire.Publish(number=1, bundle=messages.bundle(session.settings, [submitted(session.settings)])))
        self.ends(session, codes.PROTOCOL)

    def test_a_bundle_of_none(self):
        session = self.connected()
        session.send(publish=wire.Publish(number=1, bundle=wire.Bundle(key_id=bytes(16), signature=bytes(64))))
        self.ends(session, codes.PROTOCOL)

    def outcome(self, change_bundle=lambda bundle: None, change_header=lambda header: None, **header):
        """The code of a message that was changed: its header before it was signed, its bundle after."""
        session = self.connected()
        message = submitted(session.settings, **header)
        head = framing.parse(wire.Header, message.header)
        change_header(head)
        message.header = head.SerializeToString()
        bundle = messages.bundle(session.settings, [message])
        change_bundle(bundle)
        return session.outcomes(session.publish_bundle(bundle))[0].code

    def test_a_wrong_signature_is_an_outcome(self):
        def change(bundle):
            bundle.signature = bytes([bundle.signature[0] ^ 1]) + bundle.signature[1:]

        self.assertEqual(codes.SIGNATURE, self.outcome(change))

    def test_an_unknown_key_is_an_outcome(self):
        def change(bundle):
            bundle.key_id = bytes(16)

        self.assertEqual(codes.SIGNING_KEY, self.outcome(change))

    def test_another_payload_is_an_outcome(self):
        def change(bundle):
            bundle.messages[0].payload += b"\x0a\x00"

        self.assertEqual(codes.DIGEST, self.outcome(change))

    def test_a_header_that_is_not_valid_is_an_outcome(self):
        self.assertEqual(codes.HEADER, self.outcome(time_ns=0))
        self.assertEqual(codes.HEADER, self.outcome(change_header=lambda header: setattr(header, "subject", "a\nb")))
        self.assertEqual(codes.HEADER, self.outcome(not_before_ns=time.time_ns() + 400 * 86400 * 10**9))

    def test_the_source_of_another_system_is_an_outcome(self):
        self.assertEqual(codes.NOT_SENDER, self.outcome(source="onestop"))
        self.assertEqual(0, self.outcome(source="portal/counter-3"))

    def test_an_unknown_field_in_a_header_is_an_outcome(self):
        session = self.connected()
        message = submitted(session.settings)
        message.header += bytes.fromhex("b80601")  # field 103
        self.assertEqual(codes.HEADER, session.outcomes(session.publish(message))[0].code)

    def test_what_is_not_marked_as_not_secret_is_refused(self):
        self.assertEqual(codes.SECRET, self.outcome(classification=0))
        self.assertEqual(codes.SECRET, self.outcome(classification=2))

    def test_time_limits(self):
        self.assertEqual(codes.FUTURE, self.outcome(time_ns=time.time_ns() + 3600 * 10**9))
        self.assertEqual(codes.EXPIRED, self.outcome(expires_ns=time.time_ns() - 10**9))

    def test_a_wrong_payload_size(self):
        def change(header):
            header.payload_size += 1

        self.assertEqual(codes.DIGEST, self.outcome(change_header=change))

    def test_a_message_over_the_limit_is_an_outcome(self):
        self.assertEqual(codes.TOO_LARGE, self.outcome(summary="x" * MESSAGE_BYTES_MAX))

    # ---- settling ----

    def delivered(self):
        portal, onestop = self.connected(), self.connected("onestop")
        portal.outcomes(portal.publish(submitted(portal.settings)))
        onestop.wait(lambda: onestop.deliveries, "delivery")
        delivery = onestop.deliveries[-1].parcels[0].deliveries[0]
        return onestop, wire.Settlement(sequence=delivery.sequence, outcome=codes.DONE,
                                        message_leaf=merkle.leaf(delivery.header))

    def test_a_receipt_with_a_wrong_signature(self):
        onestop, settlement = self.delivered()
        receipt = settle(onestop.settings, [settlement.SerializeToString()])
        receipt.signature = bytes(64)
        onestop.send(settle=receipt)
        self.ends(onestop, codes.SIGNATURE)

    def test_a_receipt_with_an_unknown_key(self):
        onestop, settlement = self.delivered()
        receipt = settle(onestop.settings, [settlement.SerializeToString()])
        receipt.key_id = bytes(16)
        onestop.send(settle=receipt)
        self.ends(onestop, codes.SIGNING_KEY)

    def test_a_receipt_for_something_that_is_not_in_flight(self):
        onestop, settlement = self.delivered()
        settlement.sequence += 1000
        onestop.send(settle=settle(onestop.settings, [settlement.SerializeToString()]))
        self.ends(onestop, codes.PROTOCOL)

    def test_a_receipt_for_another_message_leaf(self):
        onestop, settlement = self.delivered()
        settlement.message_leaf = bytes(32)
        onestop.send(settle=settle(onestop.settings, [settlement.SerializeToString()]))
        self.ends(onestop, codes.PROTOCOL)


if __name__ == "__main__":
    unittest.main()
