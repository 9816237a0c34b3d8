"""A request gets exactly one of: a reply, a refusal, Failed, or the client's own DEADLINE.
Not the routing of requests, which is the broker's own matter. Asker and provider are both this client.
Both take turns in one thread: the asker publishes, the provider works, the asker looks what came.
"""
import time
import unittest

from bus import PURPOSE, Bus, verify_answer, verify_question
from truc_stranger import codes, framing, messages
from truc_stranger.receiver import DONE, Result
from truc_stranger.requests import Asker, Provider, reply_id
from truc_stranger.schemas import population, wire


class Requests(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        self.onestop = self.bus.connected("onestop")
        self.population = self.bus.connected("population")
        self.asker = Asker(self.onestop)
        self.asked = []

    def request(self, request_id, within_seconds=4, purpose=PURPOSE, **header):
        """Makes and publishes a request. Returns it, its outcome and its deadline."""
        now = time.time_ns()
        deadline = now + int(within_seconds * 1e9)
        message = messages.make(self.onestop.settings, verify_question(), id=request_id, type="citizen.verify",
                                kind=codes.REQUEST, time_ns=now, expires_ns=deadline, purpose=purpose, **header)
        return message, self.onestop.outcomes(self.onestop.publish(message))[0], deadline

    def provide(self, answer=None):
        def remember(header, payload):
            self.asked.append(header.id)
            return answer or verify_answer()

        return Provider(self.population, remember)

    def test_the_reply_reaches_the_asker(self):
        _, outcome, deadline = self.request("q-1", subject="H56.14-261123-0042")
        self.assertEqual(0, outcome.code, outcome)
        self.provide().receiver.work()
        code, payload = self.asker.answer("q-1", deadline)
        self.assertEqual(0, code)
        self.assertTrue(population.CitizenVerifyReply.FromString(payload).exists)
        header, _ = self.asker.replies["q-1"]
        self.assertEqual((reply_id("onestop", "q-1"), "citizen.verify.reply", "population", outcome.sequence + 1),
                         (header.id, header.type, header.source, header.in_reply_to))

    def test_a_rejected_request_fails_with_the_providers_reason(self):
        _, outcome, deadline = self.request("q-2")
        self.provide(Result(codes.REJECT, codes.NO_MATCH, reason="NO_MATCH")).receiver.work()
        self.onestop.wait(lambda: self.onestop.failed, "Failed")
        failed = self.onestop.failed[0]
        self.assertEqual(("q-2", outcome.sequence, codes.NO_MATCH, "NO_MATCH"),
                         (failed.request_id, failed.sequence, failed.code, failed.reason))
        self.assertEqual((codes.NO_MATCH, "NO_MATCH"), self.asker.answer("q-2", deadline))

    def test_a_rejection_without_a_code_fails_as_rejected(self):
        _, _, deadline = self.request("q-9")
        self.provide(Result(codes.REJECT, reason="CLOSED_TODAY")).receiver.work()
        self.assertEqual((codes.REJECTED, "CLOSED_TODAY"), self.asker.answer("q-9", deadline))

    def test_a_request_nobody_answers_fails_with_deadline(self):
        _, _, deadline = self.request("q-3", within_seconds=1)
        self.assertEqual(codes.DEADLINE, self.asker.answer("q-3", deadline)[0])

    def test_without_the_required_purpose_it_is_refused(self):
        _, outcome, _ = self.request("q-4", purpose=None)
        self.assertEqual(codes.PURPOSE, outcome.code)

    def test_a_request_delivered_again_has_one_effect_and_the_kept_reply(self):
        """The provider's connection is lost after the request was handled and before the reply left."""
        _, _, deadline = self.request("q-5", within_seconds=10)
        provider = self.provide()

        def lose(*_):
            self.population.drop()
            raise ConnectionError

        provider.settlement, settlement = lose, provider.settlement
        self.population._flush, flush = lose, self.population._flush
        with self.assertRaises(ConnectionError):
            provider.receiver.work()
        self.population._flush, provider.settlement = flush, settlement
        self.population.connect()  # sends the unanswered reply, and gets the request again
        outcome = self.population.outcomes(1)[0]
        self.assertEqual((0, False), (outcome.code, outcome.repeat))
        self.assertEqual(0, self.asker.answer("q-5", deadline)[0])
        if self.population.deliveries:  # unless the broker took the reply first: then nobody needs it
            provider.receiver.work()
        again = self.population.outcomes(self.population.publish(provider.kept["onestop", "q-5"]))[0]
        self.assertEqual((0, True, outcome.sequence), (again.code, again.repeat, again.sequence))
        self.assertEqual(["q-5"], self.asked)

    def test_an_answered_request_is_not_delivered_again(self):
        _, _, deadline = self.request("q-10")
        provider = self.provide()
        provider.receiver.settle = lambda results: None  # the settlement never leaves
        provider.receiver.work()
        self.population.connect()
        self.population.send(ping=wire.Ping(number=9))
        self.population.wait(lambda: 9 in self.population.pongs, "pong")
        self.assertFalse(self.population.deliveries)
        self.assertEqual(0, self.asker.answer("q-10", deadline)[0])

    def test_the_same_request_again_is_a_repeat_and_reaches_the_provider_once(self):
        message, first, deadline = self.request("q-6")
        self.provide().receiver.work()
        self.assertEqual(0, self.asker.answer("q-6", deadline)[0])
        second = self.onestop.outcomes(self.onestop.publish(message))[0]
        self.assertEqual((0, True, first.sequence), (second.code, second.repeat, second.sequence))
        self.population.send(ping=wire.Ping(number=9))
        self.population.wait(lambda: 9 in self.population.pongs, "pong")
        self.assertFalse(self.population.deliveries)

    def test_a_second_reply_is_refused(self):
        _, outcome, _ = self.request("q-7")
        provider = self.provide()
        provider.receiver.work()
        reply = provider.kept["onestop", "q-7"]
        header = framing.parse(wire.Header, reply.header)
        other = messages.make(self.population.settings, reply.payload, id="another", type=header.type, kind=codes.REPLY,
                              time_ns=header.time_ns, purpose=header.purpose, correlation_id="q-7", causation_id="q-7",
                              in_reply_to=outcome.sequence + 1)
        refused = self.population.outcomes(self.population.publish(other))[0]
        self.assertEqual(codes.NO_REQUEST, refused.code)
        self.assertEqual(DONE, provider.settlement(refused))

    def test_a_reply_after_the_deadline_is_refused(self):
        _, _, deadline = self.request("q-8", within_seconds=1)
        self.population.wait(lambda: self.population.deliveries, "delivery")
        self.assertEqual(codes.DEADLINE, self.asker.answer("q-8", deadline)[0])
        self.provide().receiver.work()
        outcome = self.population.answered[1].outcomes[0]
        self.assertIn(outcome.code, (codes.NO_REQUEST, codes.EXPIRED))


if __name__ == "__main__":
    unittest.main()
