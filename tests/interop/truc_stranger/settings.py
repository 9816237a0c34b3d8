"""What a system is handed to reach the bus: the folder that `truc init` makes, described in docs/sdk.md, "Settings".
Not a YAML reader: the file is a flat list of `key: value`, and that is all that is read.
Used by the session (transport), the signer and the receiver (the authority's certificate).
"""
import dataclasses
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import serialization


@dataclasses.dataclass
class Settings:
    bus: str
    system: str
    endpoint: str
    server_key: bytes    # Z85, 40 characters
    transport_key: bytes  # secret, Z85
    signing_key: object
    authority: x509.Certificate
    salt_secret: bytes


def read(path, endpoint=None):
    """Reads settings.yaml; `endpoint` replaces the file's."""
    path = pathlib.Path(path)
    entries = {}
    for line in path.read_text("utf-8").splitlines():
        key, colon, value = line.partition(": ")
        if colon and not line.startswith("#"):
            entries[key] = value.strip().strip("'\"")

    def beside(key):
        return (path.parent / entries[key]).read_bytes()

    return Settings(
        bus=entries["bus"], system=entries["system"], endpoint=endpoint or entries["broker"],
        server_key=entries["server-key"].encode(), transport_key=beside("transport-key").strip(),
        signing_key=serialization.load_pem_private_key(beside("signing-key"), None),
        authority=x509.load_pem_x509_certificate(beside("authority")),
        salt_secret=bytes.fromhex(beside("salt-secret").decode().strip()))
