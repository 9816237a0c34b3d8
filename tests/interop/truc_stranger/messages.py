"""Messages and bundles as a sender makes them: salt, payload digest, header bytes, signature.
Not sent here. A message is made once: its bytes are kept for sending again.
docs/protocol.md, "Header" and "Bundles".
"""
import hashlib
import hmac

from . import codes, merkle, signing
from .schemas import wire


def salt(secret, message_id):
    return hmac.new(secret, message_id.encode(), hashlib.sha256).digest()


def digest(salt_bytes, payload):
    return hashlib.sha256(salt_bytes + payload).digest()


def make(settings, payload, **header):
    """A message of settings.system: id, type, time_ns and kind are the caller's, with what else the header needs."""
    header.setdefault("source", settings.system)
    header.setdefault("classification", codes.NOT_SECRET)
    salt_bytes = salt(settings.salt_secret, header["id"])
    head = wire.Header(payload_digest=digest(salt_bytes, payload), payload_size=len(payload), **header)
    return wire.Message(header=head.SerializeToString(), salt=salt_bytes, payload=payload)


def size(message):
    """What a message, or a delivery, counts against credit."""
    return len(message.header) + len(message.salt) + len(message.payload)


def bundle(settings, messages):
    key = signing.key_id(settings.signing_key.public_key())
    root = merkle.root([merkle.leaf(m.header) for m in messages])
    text = signing.statement(signing.BUNDLE, settings.bus, settings.system, key, len(messages), root)
    return wire.Bundle(key_id=key, signature=signing.sign(settings.signing_key, text), messages=messages)
