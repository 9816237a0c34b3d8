#!/usr/bin/python3
# check_vectors.py - recomputes the vectors of docs/protocol.md from what the page says, with Python's hashlib and the openssl program.
# Not the project's code: it stands for a stranger who has only the page. Exit 77 (skipped) without the openssl program.
# Called by CTest: check_vectors.py docs/protocol.md
import hashlib
import hmac
import re
import shutil
import subprocess
import sys
import tempfile


def sha(data):
    return hashlib.sha256(data).digest()


def read_values(path):
    """The page's lines "name = hex" as a list of (name, bytes or text), in order."""
    text = re.search(r"compared by its test -->\n```text\n(.*?)```\n<!-- end", open(path, encoding="utf-8").read(), re.S).group(1)
    text = re.sub(r"\n    ", "", text)
    values = []
    for line in text.split("\n"):
        name, mark, value = line.partition(" =")
        value = value.strip()
        if mark and re.fullmatch(r"([0-9a-f]{2})+", value):
            values.append((name, bytes.fromhex(value)))
        elif mark and value.startswith('"'):
            values.append((name, value.strip('"')))
    statements = re.findall(r"(truc/(?:bundle|receipt)/v1\n(?:[^\n]*\n){5})", text)
    return values, [statement.encode() for statement in statements]


def verify(info, statement, signature, folder, is_ed25519):
    """True when openssl accepts the signature; `info` is a DER SubjectPublicKeyInfo."""
    for name, content in (("key", info), ("text", statement), ("signature", signature)):
        with open(f"{folder}/{name}", "wb") as file:
            file.write(content)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", f"{folder}/key", "-rawin",
               "-in", f"{folder}/text", "-sigfile", f"{folder}/signature"]
    if not is_ed25519:
        command += ["-digest", "sha256"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def varint(data, at):
    value = shift = 0
    while True:
        byte, at = data[at], at + 1
        value, shift = value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, at


def trim(data, paths):
    """What of an encoded message the paths of field numbers name. Varints and parts are enough here."""
    kept, at = b"", 0
    while at < len(data):
        start = at
        tag, at = varint(data, at)
        size, at = varint(data, at)
        part, at = (data[at:at + size], at + size) if tag & 7 == 2 else (None, at)
        rest = [path[1:] for path in paths if path[0] == tag >> 3]
        if [] in rest:
            kept += data[start:at]
        elif rest and part is not None:
            inner = trim(part, rest)
            kept += bytes([tag, len(inner)]) + inner
    return kept


def main():
    values, statements = read_values(sys.argv[1])
    every = lambda name: [value for key, value in values if key == name]
    infos, key_ids = every("subject public key info"), every("key id")
    for info, key_id in zip(infos, key_ids):
        assert sha(info)[:16] == key_id
    secret = every("salt secret")[0].encode()
    leaves = every("leaf")
    for i, payload in enumerate((b"one", b"two", b"three")):
        salt = hmac.digest(secret, b"m-%d" % (i + 1), "sha256")
        assert salt == every("salt")[i]
        assert sha(salt + payload) == every("payload digest")[i]
        assert sha(salt + payload) in every("header")[i]
        assert sha(b"\0" + every("header")[i]) == leaves[i]
    left = sha(b"\1" + leaves[0] + leaves[1])
    root = every("root")[0]
    assert sha(b"\1" + left + leaves[2]) == root
    proofs = [value for key, value in values if key.startswith("proof of message")]
    assert proofs == [leaves[1], left, leaves[1] + leaves[2]]
    assert statements[0] == b"truc/bundle/v1\nthanhhoa\nportal\n%s\n3\n%s\n" % (key_ids[0].hex().encode(), root.hex().encode())
    receipt_leaf = sha(b"\0" + every("settlement")[0])
    assert statements[1] == b"truc/receipt/v1\nthanhhoa\nportal\n%s\n1\n%s\n" % (key_ids[0].hex().encode(), receipt_leaf.hex().encode())
    assert [value for key, value in values if key.startswith("reply id")][0] == sha(b"reply\0onestop\0q-1").hex()[:32]
    welcome = [value for key, value in values if key.startswith("welcome")][0]
    assert b"2\x011" in welcome and b"2\x033.2" in welcome
    assert trim(every("reply as the program gave it")[0], [[1], [3, 2]]) == every("reply as it is signed")[0]
    if shutil.which("openssl") is None:
        print("SKIP: no openssl program, signatures not checked")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        signatures = every("ed25519 signature")
        assert verify(infos[0], statements[0], signatures[0], folder, True)
        assert verify(infos[0], statements[1], signatures[1], folder, True)
        assert not verify(infos[0], statements[1], signatures[0], folder, True)
        assert verify(infos[1], statements[2], every("ecdsa p-256 signature, DER")[0], folder, False)
        assert verify(infos[2], statements[3], every("rsa pkcs #1 v1.5 signature")[0], folder, False)
    print("keys, salts, digests, leaves, root, proofs, statements, signatures and reply id agree with the page")


main()
