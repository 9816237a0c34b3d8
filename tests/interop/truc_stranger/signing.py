"""Statements, and their signatures with Ed25519 or ECDSA P-256.
Not certificates (certificates.py) and not transport keys, which are others.
docs/protocol.md, "Statements".
"""
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

BUNDLE, RECEIPT = "truc/bundle/v1", "truc/receipt/v1"

_P = 2**255 - 19
# The y of the points of small order; each may come with either sign.
_SMALL_ORDER = {0, 1, _P - 1,
                int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
                int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")}


def key_id(public_key):
    der = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).digest()[:16]


def statement(kind, bus, system, key, count, root):
    return "".join(line + "\n" for line in (kind, bus, system, key.hex(), str(count), root.hex())).encode()


def sign(private_key, data):
    if isinstance(private_key, ed25519.Ed25519PrivateKey):
        return private_key.sign(data)
    return private_key.sign(data, ec.ECDSA(hashes.SHA256()))


def _good_ed25519_key(public_key):
    raw = public_key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    return y < _P and y not in _SMALL_ORDER


def verify(public_key, signature, data):
    """True if the signature holds. OpenSSL verifies without cofactor and refuses non-canonical S, R and DER."""
    try:
        if isinstance(public_key, ed25519.Ed25519PublicKey):
            if not _good_ed25519_key(public_key):
                return False
            public_key.verify(signature, data)
        elif isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, ec.SECP256R1):
            public_key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True
