"""Is this certificate the bus authority's word that a key signs for a system?
Not a path through intermediates: systems' certificates are issued by the authority itself.
Check 1 of docs/protocol.md, "Delivery".
"""
import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from . import signing


def signing_key(der, authority, bus, system, key_id, now=None):
    """The certificate's public key, if everything about it holds; else ValueError says what doesn't."""
    now = now or datetime.datetime.utcnow()
    certificate = x509.load_der_x509_certificate(der)
    if certificate.issuer != authority.subject or not _issued(certificate, authority.public_key()):
        raise ValueError("the certificate is not the authority's")
    if not certificate.not_valid_before <= now <= certificate.not_valid_after:
        raise ValueError("the certificate is not valid now")
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise ValueError("the certificate has no name") from None
    if names.get_values_for_type(x509.UniformResourceIdentifier) != [f"urn:truc:{bus}:{system}"]:
        raise ValueError(f"the certificate is not of {system}")
    if signing.key_id(certificate.public_key()) != key_id:
        raise ValueError("the certificate is of another key")
    return certificate.public_key()


def _issued(certificate, key):
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(certificate.signature, certificate.tbs_certificate_bytes)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(certificate.signature, certificate.tbs_certificate_bytes,
                       ec.ECDSA(certificate.signature_hash_algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True
