"""Bundles of one and of many are accepted, delivered with their proofs, settled, and come again when they are to.
Not the violations and not requests, which have their own files. Each class runs on a bus of its own.
The second class says all of it again for systems that sign with ECDSA P-256.
"""
import time
import unittest

from bus import Bus, submitted, unrouted
from truc_stranger import codes, framing, messages
from truc_stranger.receiver import DONE, Receiver, Result
from truc_stranger.schemas import operator, wire


class Handler:
    """Records what it was given, and answers with the results it was told, then with DONE."""

    def __init__(self, *results):
        self.results, self.seen = list(results), []

    def __call__(self, header, payload, delivery):
        self.seen.append((header.id, delivery.attempt))
        return self.results.pop(0) if self.results else DONE

    def ids(self):
        return [message_id for message_id, _ in self.seen]


class PublishAndReceive(unittest.TestCase):
    algorithm = "ed25519"

    def setUp(self):
        self.bus = Bus(self.algorithm)
        self.addCleanup(self.bus.close)
        self.portal = self.bus.connected("portal")
        self.onestop = self.bus.connected("onestop")

    def publish(self, *batch):
        outcomes = self.portal.outcomes(self.portal.publish(*batch))
        self.assertEqual([0] * len(batch), [outcome.code for outcome in outcomes], outcomes)
        return outcomes

    def receive(self, handler, count):
        receiver, got = Receiver(self.onestop, handler), 0
        while got < count:
            got += receiver.work()
        return receiver

    def dead_letters(self, operator_session):
        operator_session.send(ask=wire.Ask(number=1, verb="dead-list", arguments=operator.DeadQuery().SerializeToString()))
        operator_session.wait(lambda: operator_session.answers, "answer")
        return operator.DeadLetters.FromString(operator_session.answers.popleft().result).letters

    def wait_for_dead(self, count):
        asking = self.bus.connected("operator")
        end = time.monotonic() + 15
        while len(letters := self.dead_letters(asking)) < count:
            self.assertLess(time.monotonic(), end, "no dead letter")
        return letters

    def test_a_message_alone_is_accepted_delivered_and_done(self):
        message = submitted(self.portal.settings)
        outcome = self.publish(message)[0]
        self.assertFalse(outcome.repeat)
        handler = Handler()
        receiver = self.receive(handler, 1)
        self.assertEqual([(framing.parse(wire.Header, message.header).id, 1)], handler.seen)
        self.assertEqual(1, len(receiver.handled))

    def test_a_bundle_of_many_arrives_whole_and_each_message_once(self):
        batch = [submitted(self.portal.settings) for _ in range(9)]
        sequences = [outcome.sequence for outcome in self.publish(*batch)]
        self.assertEqual(9, len(set(sequences)))
        handler = Handler()
        self.receive(handler, 9)
        self.assertEqual({framing.parse(wire.Header, m.header).id for m in batch}, set(handler.ids()))
        self.assertEqual(9, len(handler.seen))

    def test_a_part_of_a_bundle_is_proved_and_a_changed_one_is_rejected(self):
        batch = [submitted(self.portal.settings), unrouted(self.portal.settings), submitted(self.portal.settings)]
        outcomes = self.portal.outcomes(self.portal.publish(*batch))
        self.assertEqual([0, codes.NO_ROUTE, 0], [outcome.code for outcome in outcomes])
        self.onestop.wait(lambda: self.onestop.deliveries, "delivery")
        parcel = self.onestop.deliveries[0].parcels[0]
        self.assertEqual(3, parcel.count)
        self.assertTrue(parcel.proof)
        changed = bytearray(parcel.proof[0])
        changed[0] ^= 1
        parcel.proof[0] = bytes(changed)
        spoilt = len(parcel.deliveries)
        handler = Handler()
        self.receive(handler, 2)
        self.assertEqual(2 - spoilt, len(handler.seen))
        letters = self.wait_for_dead(spoilt)
        self.assertEqual({"SIGNATURE"}, {letter.code for letter in letters})

    def test_a_changed_payload_is_rejected_with_digest(self):
        self.publish(submitted(self.portal.settings))
        self.onestop.wait(lambda: self.onestop.deliveries, "delivery")
        self.onestop.deliveries[0].parcels[0].deliveries[0].payload += b"x"
        handler = Handler()
        self.receive(handler, 1)
        self.assertEqual([], handler.seen)
        self.assertEqual(["DIGEST"], [letter.code for letter in self.wait_for_dead(1)])

    def test_the_certificate_of_another_system_proves_nothing(self):
        self.publish(submitted(self.portal.settings))
        self.onestop.wait(lambda: self.onestop.deliveries, "delivery")
        self.onestop.deliveries[0].parcels[0].sender = "national-portal"
        handler = Handler()
        self.receive(handler, 1)
        self.assertEqual([], handler.seen)
        self.assertEqual(["SIGNING_KEY"], [letter.code for letter in self.wait_for_dead(1)])

    def test_retry_comes_again_with_a_higher_attempt(self):
        self.publish(submitted(self.portal.settings))
        handler = Handler(Result(codes.RETRY, codes.HANDLER, text="not now", retry_after_ms=10))
        self.receive(handler, 2)
        self.assertEqual([1, 2], [attempt for _, attempt in handler.seen])

    def test_reject_makes_a_dead_letter_with_the_receivers_reason(self):
        sequence = self.publish(submitted(self.portal.settings))[0].sequence
        handler = Handler(Result(codes.REJECT, codes.REJECTED, reason="NO_SUCH_DESK", text="không có quầy này"))
        self.receive(handler, 1)
        letter = self.wait_for_dead(1)[0]
        self.assertEqual((sequence, "REJECTED", "NO_SUCH_DESK", "portal"),
                         (letter.sequence, letter.code, letter.reason, letter.sender))

    def test_messages_of_one_key_come_one_after_the_other(self):
        batch = [submitted(self.portal.settings, subject="H56.14-261123-9999") for _ in range(3)]
        self.publish(*batch)
        self.onestop.wait(lambda: self.onestop.deliveries, "delivery")
        self.assertEqual(1, sum(len(p.deliveries) for d in self.onestop.deliveries for p in d.parcels))
        handler = Handler()
        self.receive(handler, 3)
        self.assertEqual([framing.parse(wire.Header, m.header).id for m in batch], handler.ids())

    def test_no_more_is_delivered_than_the_credit_given(self):
        batch = [submitted(self.portal.settings) for _ in range(3)]
        sizes = [messages.size(message) for message in batch]
        self.onestop.connect(receive_credit_bytes=sizes[0])
        self.publish(*batch)
        self.onestop.wait(lambda: self.onestop.deliveries, "delivery")
        self.onestop.send(ping=wire.Ping(number=7))
        self.onestop.wait(lambda: 7 in self.onestop.pongs, "pong")
        self.assertEqual(1, len(self.onestop.unsettled))
        self.onestop.send(credit=wire.Credit(bytes=sizes[1] + sizes[2]))
        self.onestop.wait(lambda: len(self.onestop.unsettled) == 3, "two more deliveries")


class PublishAndReceiveWithP256(PublishAndReceive):
    algorithm = "p256"


if __name__ == "__main__":
    unittest.main()
