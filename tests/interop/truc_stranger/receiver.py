"""What is delivered: checked, handled once, settled with a signed receipt, its credit given back.
Not durable: what was handled is remembered as long as this object. Requests are answered by requests.py.
docs/protocol.md, "Delivery" and "Receipts".
"""
import dataclasses

from . import certificates, codes, framing, merkle, messages, signing
from .schemas import wire


class Refusal(Exception):
    """A delivery that must not be handled."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code, self.text = code, text


@dataclasses.dataclass
class Result:
    outcome: int
    code: int = 0
    reason: str = ""
    text: str = ""
    retry_after_ms: int = 0


DONE = Result(codes.DONE)


def check_parcel(parcel, certificate, settings):
    """Checks 1 and 2: whose key it is, and that the signature covers every header that is here."""
    try:
        if certificate is None:
            raise ValueError("no certificate came before the parcel")
        key = certificates.signing_key(certificate.der, settings.authority, settings.bus, parcel.sender, parcel.key_id)
    except ValueError as fault:
        raise Refusal(codes.SIGNING_KEY, str(fault)) from None
    indexes = [delivery.index for delivery in parcel.deliveries]
    if indexes != sorted(set(indexes)):
        raise Refusal(codes.SIGNATURE, "the indexes do not ascend")
    try:
        root = merkle.root_of_proof(parcel.count, {d.index: merkle.leaf(d.header) for d in parcel.deliveries}, parcel.proof)
    except ValueError as fault:
        raise Refusal(codes.SIGNATURE, str(fault)) from None
    text = signing.statement(signing.BUNDLE, settings.bus, parcel.sender, parcel.key_id, parcel.count, root)
    if not signing.verify(key, parcel.signature, text):
        raise Refusal(codes.SIGNATURE, "the bundle's signature does not hold")


def check_delivery(parcel, delivery):
    """Check 3. Returns the header."""
    try:
        header = framing.parse(wire.Header, delivery.header)
    except framing.Violation as violation:
        raise Refusal(codes.HEADER, str(violation)) from None
    if header.source.partition("/")[0] != parcel.sender:
        raise Refusal(codes.SIGNATURE, f"{parcel.sender} signed a message of {header.source}")
    if messages.digest(delivery.salt, delivery.payload) != header.payload_digest:
        raise Refusal(codes.DIGEST, "the payload is another")
    return header


class Receiver:
    def __init__(self, session, handle):
        """handle(header, payload, delivery) returns a Result, or None: to be settled later, by settle()."""
        self.session, self.handle = session, handle
        self.handled = {}  # (sender, id): Result

    def work(self):
        """Waits for a Deliver and works on it. Returns how many messages it held."""
        self.session.wait(lambda: self.session.deliveries, "delivery")
        deliver = self.session.deliveries.popleft()
        results = [pair for parcel in deliver.parcels for pair in self._work_on(parcel)]
        self.settle([(delivery, result) for delivery, result in results if result])
        return len(results)

    def _work_on(self, parcel):
        try:
            check_parcel(parcel, self.session.certificates.get(parcel.key_id), self.session.settings)
        except Refusal as refusal:
            return [(delivery, _rejected(refusal)) for delivery in parcel.deliveries]
        return [(delivery, self._result(parcel, delivery)) for delivery in parcel.deliveries]

    def _result(self, parcel, delivery):
        try:
            header = check_delivery(parcel, delivery)
        except Refusal as refusal:
            return _rejected(refusal)
        known = parcel.sender, header.id
        if known in self.handled:
            return self.handled[known]
        result = self.handle(header, delivery.payload, delivery)
        if result and result.outcome == codes.DONE:
            self.handled[known] = result
        return result

    def settle(self, results):
        """Signs and sends [(delivery, Result)], and gives back their credit."""
        if not results:
            return
        session, encoded = self.session, []
        for delivery, result in results:
            encoded.append(wire.Settlement(
                sequence=delivery.sequence, message_leaf=merkle.leaf(delivery.header),
                **dataclasses.asdict(result)).SerializeToString())
            session.unsettled.discard(delivery.sequence)
        session.send(settle=settle(session.settings, encoded))
        session.send(credit=wire.Credit(bytes=sum(messages.size(delivery) for delivery, _ in results)))


def _rejected(refusal):
    return Result(codes.REJECT, refusal.code, text=refusal.text)


def settle(settings, encoded):
    """The signed receipt over encoded Settlements."""
    key = signing.key_id(settings.signing_key.public_key())
    root = merkle.root([merkle.leaf(e) for e in encoded])
    text = signing.statement(signing.RECEIPT, settings.bus, settings.system, key, len(encoded), root)
    return wire.Settle(key_id=key, signature=signing.sign(settings.signing_key, text), settlements=encoded)
