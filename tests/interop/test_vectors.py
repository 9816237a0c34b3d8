"""The test vectors of docs/protocol.md, computed anew by this client.
Nothing is sent. The values are read out of the page; the inputs that it doesn't print are those of the first header.
A second implementation beside tests/golden/protocol, which computes them in C.
"""
import os
import pathlib
import re
import unittest

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from truc_stranger import framing, merkle, messages, receiver, signing
from truc_stranger.requests import reply_id
from truc_stranger.schemas import wire
from truc_stranger.settings import Settings

PAGE = pathlib.Path(os.environ.get("TRUC_PROTOCOL_PAGE") or pathlib.Path(__file__).parents[2] / "docs/protocol.md")


def read_page():
    """{section: {name: text}}; a value that stands in the lines below its name is joined, a statement keeps its lines."""
    block = re.search(r"<!-- vectors.*?```text\n(.*?)```", PAGE.read_text("utf-8"), re.S).group(1)
    sections, section, name = {}, None, None
    for line in block.splitlines():
        if line.startswith("# ") or re.match(r"message \d:", line):
            section, name = sections.setdefault(line.lstrip("# "), {}), None
        elif match := re.match(r"(\S.*?) =(?: (.*))?$", line):
            name = match.group(1)
            section[name] = match.group(2) or ""
        elif name and line:
            section[name] += line.strip() if line.startswith(" ") else line + "\n"
    return sections


def named(values, start):
    """The only value whose name begins so; as bytes, if it is hexadecimal."""
    (value,) = [value for name, value in values.items() if name.startswith(start)]
    return bytes.fromhex(value) if re.fullmatch("(?:[0-9a-f]{2})+", value) else value


class Vectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = read_page()
        key = cls.section("Ed25519 key")
        cls.secret = ed25519.Ed25519PrivateKey.from_private_bytes(named(key, "ed25519 secret"))
        cls.settings = Settings(
            bus="thanhhoa", system="portal", endpoint="", server_key=b"", transport_key=b"", signing_key=cls.secret,
            authority=None, salt_secret=named(cls.section("Three"), "salt secret").strip('"').encode())
        cls.parts = [cls.section(f"message {i}:") for i in range(3)]
        cls.leaves = [named(part, "leaf") for part in cls.parts]
        cls.messages = [cls.message(f"m-{i + 1}", payload) for i, payload in enumerate((b"one", b"two", b"three"))]

    @classmethod
    def section(cls, start):
        (values,) = [values for name, values in cls.page.items() if name.startswith(start)]
        return values

    @classmethod
    def message(cls, message_id, payload):
        # What the page doesn't print: the other fields, which are alike in all three headers.
        first = wire.Header.FromString(named(cls.parts[0], "header"))
        return messages.make(cls.settings, payload, id=message_id, type=first.type, subject=first.subject,
                             time_ns=first.time_ns, kind=first.kind, urgency=first.urgency, purpose=first.purpose)

    def test_key(self):
        key, public = self.section("Ed25519 key"), self.secret.public_key()
        encode = public.public_bytes
        self.assertEqual(named(key, "ed25519 public"), encode(serialization.Encoding.Raw, serialization.PublicFormat.Raw))
        self.assertEqual(named(key, "subject"),
                         encode(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
        self.assertEqual(named(key, "key id"), signing.key_id(public))

    def test_messages(self):
        for message, part in zip(self.messages, self.parts):
            header = framing.parse(wire.Header, message.header)
            self.assertEqual(named(part, "salt"), message.salt)
            self.assertEqual(named(part, "payload digest"), header.payload_digest)
            self.assertEqual(named(part, "header").hex(), message.header.hex())
            self.assertEqual(named(part, "leaf"), merkle.leaf(message.header))

    def test_bundle(self):
        values, bundle = self.section("Their bundle"), messages.bundle(self.settings, self.messages)
        root = merkle.root(self.leaves)
        self.assertEqual(named(values, "root"), root)
        text = signing.statement(signing.BUNDLE, "thanhhoa", "portal", bundle.key_id, 3, root)
        self.assertEqual(named(values, "statement"), text.decode())
        self.assertEqual(named(values, "ed25519 signature"), bundle.signature)
        self.assertTrue(signing.verify(self.secret.public_key(), bundle.signature, text))
        self.assertFalse(signing.verify(self.secret.public_key(), bundle.signature, text + b"\n"))
        self.assertEqual(named(self.section("Frames"), "publish 1"),
                         framing.command(publish=wire.Publish(number=1, bundle=bundle)))

    def test_multiproofs(self):
        values, root = self.section("Multiproofs"), merkle.root(self.leaves)
        for name, wanted in (("proof of messages 0 and 2", [0, 2]), ("proof of message 2", [2]),
                             ("proof of message 0 of", [0])):
            proof = merkle.prove(self.leaves, wanted)
            known = {i: self.leaves[i] for i in wanted}
            self.assertEqual(named(values, name), b"".join(proof))
            self.assertEqual(root, merkle.root_of_proof(3, known, proof))
            with self.assertRaises(ValueError):
                merkle.root_of_proof(3, known, proof[:-1])
            with self.assertRaises(ValueError):
                merkle.root_of_proof(3, known, proof + proof[:1])
        self.assertEqual([], merkle.prove(self.leaves, [0, 1, 2]))

    def test_every_part_of_every_small_bundle_is_proved(self):
        for count in range(1, 10):
            leaves = [merkle.leaf(bytes([i])) for i in range(count)]
            for bits in range(1, 1 << count):
                wanted = [i for i in range(count) if bits >> i & 1]
                proof = merkle.prove(leaves, wanted)
                self.assertEqual(merkle.root(leaves), merkle.root_of_proof(count, {i: leaves[i] for i in wanted}, proof))

    def test_receipt(self):
        values = self.section("A receipt")
        encoded = wire.Settlement(sequence=70, outcome=3, message_leaf=self.leaves[0], code=73,
                                  reason="NO_MATCH").SerializeToString()
        self.assertEqual(named(values, "settlement"), encoded)
        self.assertEqual(named(values, "leaf, and root"), merkle.leaf(encoded))
        receipt = receiver.settle(self.settings, [encoded])
        self.assertEqual(named(values, "statement"), signing.statement(
            signing.RECEIPT, "thanhhoa", "portal", receipt.key_id, 1, merkle.leaf(encoded)).decode())
        self.assertEqual(named(values, "ed25519 signature"), receipt.signature)
        self.assertEqual(bytes.fromhex(values["settle"]), framing.command(settle=receipt))

    def test_frames(self):
        values = self.section("Frames")
        hello = wire.Hello(version_min=1, version_max=1, bus="thanhhoa", system="portal", session=bytes(range(16)),
                           software="example", receive_credit_bytes=1048576)
        self.assertEqual(named(values, "hello"), framing.command(hello=hello))
        self.assertEqual(named(values, "credit 65536"), framing.command(credit=wire.Credit(bytes=65536)))
        self.assertEqual(named(values, "ping 1"), framing.command(ping=wire.Ping(number=1)))
        name, outcomes = framing.read_command([named(values, "outcomes 1")])
        self.assertEqual("outcomes", name)
        self.assertEqual([(0, 70, False), (47, 0, False), (0, 71, True)],
                         [(o.code, o.sequence, o.repeat) for o in outcomes.outcomes])

    def test_reply_id(self):
        self.assertEqual(named(self.section("Replies"), "reply id").strip('"'), reply_id("onestop", "q-1"))

    def test_p256_signature_holds(self):
        values = self.section("ECDSA")
        key = serialization.load_der_public_key(named(values, "subject"))
        text, signature = named(values, "statement").encode(), named(values, "ecdsa")
        self.assertEqual(named(values, "key id"), signing.key_id(key))
        self.assertEqual(text, signing.statement(signing.BUNDLE, "thanhhoa", "portal", bytes(16), 1, bytes(32)))
        self.assertTrue(signing.verify(key, signature, text))
        self.assertFalse(signing.verify(key, signature, text[:-1]))


if __name__ == "__main__":
    unittest.main()
