"""A session's life: welcome, ping and pong, bye, and what is sent again when the connection or the broker was lost.
Not the content of messages. Each test runs on a bus of its own.
docs/protocol.md, "A session's life" and "Resuming".
"""
import signal
import time
import unittest

import zmq

from bus import MESSAGE_BYTES_MAX, SENDER_CREDIT, Bus, submitted
from truc_stranger import codes, framing, messages
from truc_stranger.receiver import DONE, Receiver
from truc_stranger.schemas import wire
from truc_stranger.session import SessionEnded


class Sessions(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)

    def ends(self, session):
        with self.assertRaises(SessionEnded) as caught:
            session.wait(lambda: False, "end of the session")
        return caught.exception

    def test_welcome_tells_limits_time_and_permissions(self):
        welcome = self.bus.connected("portal").welcome
        self.assertEqual((1, "thanhhoa", MESSAGE_BYTES_MAX, 256, SENDER_CREDIT, 0),
                         (welcome.version, welcome.bus, welcome.message_bytes_max, welcome.bundle_messages_max,
                          welcome.publish_credit_bytes, welcome.published_through))
        self.assertLess(abs(welcome.time_ns - time.time_ns()), 60e9)
        self.assertTrue(50 <= welcome.heartbeat_ms <= 60000)
        self.assertEqual(32, len(welcome.configuration))
        self.assertIn(("dossier.submitted", "onestop", 1), [(p.type, p.peer, p.direction) for p in welcome.permissions])

    def test_ping_is_answered_with_the_same_number(self):
        session = self.bus.connected("portal")
        session.send(ping=wire.Ping(number=2**63))
        session.wait(lambda: session.pongs, "pong")
        self.assertEqual([2**63], session.pongs)

    def test_who_answers_lives_on_and_who_is_silent_is_dropped(self):
        session, silent = self.bus.connected("portal"), self.bus.connected("onestop")
        silent._take_ping = lambda ping: None
        ended = []

        def silent_is_dropped():
            silent.spoke = silent.heard = time.monotonic()  # reads on, and says nothing
            try:
                silent.step(timeout_ms=10)
            except SessionEnded as end:
                ended.append(end.code)
            return ended

        session.wait(silent_is_dropped, "end of the silent session", 60)
        self.assertEqual([codes.TIMEOUT], ended)
        self.assertEqual(0, session.outcomes(session.publish(submitted(session.settings)))[0].code)

    def test_after_bye_the_same_system_connects_again(self):
        session = self.bus.connected("portal")
        session.bye()
        session.connect()
        self.assertTrue(session.welcome)

    def test_a_broker_that_stops_says_bye(self):
        session = self.bus.connected("portal")
        self.bus.process.send_signal(signal.SIGTERM)
        self.assertRegex(str(self.ends(session)), "bye")
        self.assertTrue(self.bus.stop())

    def test_a_newer_connection_fences_the_older(self):
        older, newer = self.bus.connected("portal"), self.bus.connected("portal")
        self.assertEqual(codes.FENCED, self.ends(older).code)
        self.assertTrue(newer.welcome)

    def test_a_new_configuration_is_told_and_ends_nothing(self):
        portal = self.bus.connected("portal")
        before, credit = portal.welcome.configuration, portal.credit
        self.bus.reload("bus.yaml", "title: .*", "title: Trục của kỳ kiểm thử")
        portal.wait(lambda: portal.welcome.configuration != before, "second welcome")
        self.assertEqual(credit, portal.credit)
        self.assertEqual(0, portal.outcomes(portal.publish(submitted(portal.settings)))[0].code)

    def test_other_limits_need_a_new_connection(self):
        portal = self.bus.connected("portal")
        self.bus.reload("bus.yaml", "sender-credit: .*", "sender-credit: 80KiB")
        self.assertRegex(self.ends(portal).text, "limits")
        portal.connect()
        self.assertEqual(80 * 1024, portal.credit)

    def test_a_transport_key_that_a_reload_takes_away_ends_the_session(self):
        portal = self.bus.connected("portal")
        self.bus.reload("keys/portal.pub", ".{40}", lambda _: zmq.curve_keypair()[0].decode())
        self.assertEqual(codes.UNKNOWN_KEY, self.ends(portal).code)

    def test_publishes_wait_for_credit(self):
        portal = self.bus.connected("portal")
        batch = [submitted(portal.settings, summary="x" * (SENDER_CREDIT * 3 // 5)) for _ in range(5)]
        numbers = [portal.publish(message) for message in batch]
        self.assertEqual(1, portal.sent_through)
        for number in numbers:
            self.assertEqual(0, portal.outcomes(number)[0].code)
        self.assertEqual(SENDER_CREDIT, portal.credit)

    def test_what_was_not_answered_is_sent_again_and_answered_as_repeat(self):
        portal, onestop = self.bus.connected("portal"), self.bus.connected("onestop")
        batch = [submitted(portal.settings) for _ in range(3)]
        first = portal.publish(*batch)
        self.assertEqual([0, 0, 0], [o.code for o in portal.outcomes(first)])
        before = portal.answered.pop(first)
        portal.unanswered[first] = (framing.command(publish=wire.Publish(
            number=first, bundle=messages.bundle(portal.settings, batch))), sum(map(messages.size, batch)))
        portal.connect()  # as if the answer had been lost
        self.assertEqual(first, portal.welcome.published_through)
        again = portal.outcomes(first)
        self.assertEqual([(o.sequence, True) for o in before.outcomes], [(o.sequence, o.repeat) for o in again])
        self.assertEqual(0, portal.outcomes(portal.publish(submitted(portal.settings)))[0].code)
        receiver, got = Receiver(onestop, lambda *_: DONE), 0
        while got < 4:
            got += receiver.work()
        self.assertEqual(4, len(receiver.handled))

    def test_a_killed_broker_knows_what_it_had_accepted(self):
        portal = self.bus.connected("portal")
        portal.outcomes(portal.publish(submitted(portal.settings)))
        known = submitted(portal.settings)
        outcome = portal.outcomes(portal.publish(known))[0]
        self.bus.stop(signal.SIGKILL)
        self.ends(portal)
        number = portal.publish(known)  # number 3 is the first that the new broker sees
        self.bus.start()
        portal.settings.endpoint = self.bus.endpoint
        portal.connect()
        again = portal.outcomes(number)[0]
        self.assertEqual((outcome.sequence, True), (again.sequence, again.repeat))

    def test_what_was_not_settled_comes_again_in_the_next_connection(self):
        portal, onestop = self.bus.connected("portal"), self.bus.connected("onestop")
        portal.outcomes(portal.publish(submitted(portal.settings), submitted(portal.settings)))
        attempts = []

        def keep_then_do(header, payload, delivery):
            attempts.append(delivery.attempt)
            return DONE if delivery.attempt > 1 else None

        receiver = Receiver(onestop, keep_then_do)
        while len(attempts) < 2:
            receiver.work()
        onestop.connect()
        while len(attempts) < 4:
            receiver.work()
        self.assertEqual([1, 1, 2, 2], attempts)

    def test_other_content_under_the_same_id_is_a_conflict(self):
        portal = self.bus.connected("portal")
        portal.outcomes(portal.publish(submitted(portal.settings, message_id="one")))
        outcome = portal.outcomes(portal.publish(submitted(portal.settings, message_id="one")))[0]
        self.assertEqual(codes.CONFLICT, outcome.code)


if __name__ == "__main__":
    unittest.main()
