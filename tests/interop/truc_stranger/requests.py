"""Requests and replies: the asker's side and the provider's.
Not different messages: a request is published and a reply is delivered like any other.
docs/protocol.md, "Requests and replies".
"""
import hashlib
import time

from . import codes, messages
from .receiver import DONE, Receiver, Result


def reply_id(asker, request_id):
    return hashlib.sha256(b"reply\0" + asker.encode() + b"\0" + request_id.encode()).hexdigest()[:32]


class Asker:
    """Asks and waits. Everything else that is delivered meanwhile goes to `handle`."""

    def __init__(self, session, handle=lambda header, payload, delivery: DONE):
        self.session, self.other = session, handle
        self.replies = {}  # request id: (header, payload)
        self.receiver = Receiver(session, self._take)

    def _take(self, header, payload, delivery):
        if header.kind != codes.REPLY:
            return self.other(header, payload, delivery)
        self.replies[header.correlation_id] = header, payload
        return DONE

    def ask(self, request_id, payload, within_seconds, **header):
        """Returns (0, reply's payload, outcome) or (code, reason, outcome)."""
        now = time.time_ns()
        deadline = now + int(within_seconds * 1e9)
        request = messages.make(self.session.settings, payload, id=request_id, kind=codes.REQUEST, time_ns=now,
                                expires_ns=deadline, **header)
        outcome = self.session.outcomes(self.session.publish(request))[0]
        if outcome.code:
            return outcome.code, "", outcome
        return (*self.answer(request_id, deadline), outcome)

    def answer(self, request_id, deadline_ns):
        while time.time_ns() < deadline_ns + 10**9:
            if request_id in self.replies:
                return 0, self.replies[request_id][1]
            for failed in self.session.failed:
                if failed.request_id == request_id:
                    self.session.failed.remove(failed)
                    return failed.code, failed.reason
            if self.session.deliveries:
                self.receiver.work()
            else:
                self.session.step()
        return codes.DEADLINE, ""


class Provider:
    """Answers requests: answer(header, payload) returns the reply's payload, or a Result."""

    def __init__(self, session, answer):
        self.session, self.answer = session, answer
        self.kept = {}  # (asker, request id): the reply's Message, as long as this object
        self.receiver = Receiver(session, self._handle)

    def _handle(self, header, payload, delivery):
        asker = header.source.partition("/")[0]
        reply = self.kept.get((asker, header.id))
        if reply is None:
            answer = self.answer(header, payload)
            if isinstance(answer, Result):
                return answer
            reply = self.kept[asker, header.id] = self.reply(header, asker, delivery.sequence, answer)
        outcome = self.session.outcomes(self.session.publish(reply))[0]
        return self.settlement(outcome)

    def reply(self, header, asker, sequence, payload):
        return messages.make(
            self.session.settings, payload, id=reply_id(asker, header.id), type=header.type + ".reply", kind=codes.REPLY,
            time_ns=time.time_ns(), subject=header.subject, ordering_key=header.ordering_key, urgency=header.urgency,
            purpose=header.purpose if header.HasField("purpose") else None, traceparent=header.traceparent,
            correlation_id=header.id, causation_id=header.id, in_reply_to=sequence + 1)

    @staticmethod
    def settlement(outcome):
        if outcome.code in (0, codes.NO_REQUEST, codes.EXPIRED, codes.CONFLICT, codes.TOO_OLD):
            return DONE
        if outcome.code in (codes.RATE, codes.BLOCKED, codes.SHUTTING_DOWN):
            return Result(codes.RETRY, outcome.code)
        return Result(codes.REJECT, outcome.code, text=outcome.text)
