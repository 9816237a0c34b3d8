"""Whatever an operator writes, a reload takes it whole or not at all; the log names file, line and reason, `truc check` does, too.
Not every mistake of the language (tests/unit/policy/mistakes has those): those that are more than a wrong word.
One bus; what is served meanwhile is served.py's.
"""
import datetime
import re
import signal
import subprocess
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from bus import BIN, submitted
from served import Served
from truc_stranger import codes

ROUTES, SYSTEM = "routes/dossiers.yaml", "systems/national-portal.yaml"
CERTIFICATE = "certs/national-portal.pem"
OBSERVED = """routes:
  - {name: a, from: portal, type: dossier.progress, to: onestop, observe: population}
  - {name: b, from: population, type: dossier.progress, to: onestop, observe: portal}
"""
FIFTY_MEGABYTES = 50_000_000


class BadConfiguration(Served):
    def refused(self, path, content, *says, named=None):
        """A reload with this file is refused, with CONFIG, place and reason in the log; `truc check` names the place, too.
        `named`: the file that names this one, where the mistake is said."""
        file = self.bus.state / "config" / path
        before = file.read_bytes() if file.exists() else None
        try:
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
            self.bus.process.send_signal(signal.SIGHUP)
            self.logged("error", named or path, *says)
            self.logged("error", "can't be used", "(CONFIG)")
            self.logged("reload refused: the bus keeps its present configuration")
            done = subprocess.run([BIN / "truc", "check", self.bus.state / "config"], capture_output=True, check=False,
                                  encoding="utf-8")
            self.assertEqual(1, done.returncode, done.stdout + done.stderr)
            self.assertIn(named or path, done.stdout + done.stderr)
            self.healthy.go_on()
        finally:
            if before is None:
                file.unlink()
            else:
                file.write_bytes(before)

    def changed(self, path, old, new):
        text = (self.bus.state / "config" / path).read_text("utf-8")
        self.assertIn(old, text)
        return text.replace(old, new, 1)

    # ---- YAML ----

    def test_CONFIG_a_tab(self):
        self.refused(ROUTES, "routes:\n\t- name: r\n", ":2:1", "not YAML")

    def test_CONFIG_a_key_twice(self):
        self.refused(SYSTEM, self.changed(SYSTEM, "title:", "id: national-portal\ntitle:"), "given twice")

    def test_CONFIG_an_alias(self):
        self.refused(ROUTES, "routes: *all\n", "aliases (*)")

    def test_CONFIG_aliases_that_would_grow_without_bound(self):
        bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
        self.refused(ROUTES, bomb, "anchors (&)")

    def test_CONFIG_an_unknown_key(self):
        self.refused(SYSTEM, self.changed(SYSTEM, "title:", "titel:"), "titel")

    def test_CONFIG_text_that_is_not_utf8(self):
        self.refused(SYSTEM, b"id: national-portal\ntitle: \xff\xfe\n", "UTF-8")

    def test_CONFIG_nested_ten_thousand_deep(self):
        self.refused(ROUTES, "routes: " + "[" * 10000, "nested too deeply")

    def test_CONFIG_an_empty_file(self):
        for path in (ROUTES, SYSTEM, "bus.yaml"):
            self.log_begins = len(self.bus.logged())
            self.refused(path, "", "empty")

    def test_CONFIG_fifty_megabytes(self):
        self.refused(ROUTES, b"# " + b"x" * FIFTY_MEGABYTES + b"\nroutes: []\n", "bytes")

    # ---- rules ----

    def test_CONFIG_a_route_to_a_system_that_does_not_exist(self):
        self.refused(ROUTES, self.changed(ROUTES, "    to: onestop\n", "    to: onestopp\n"), "onestopp")

    def test_CONFIG_observers_that_come_back_in_a_circle(self):
        self.refused("routes/circle.yaml", OBSERVED, "circle")

    # ---- what lies beside ----

    def test_CONFIG_an_empty_descriptor_set(self):
        self.refused("truc.descriptors", b"", "empty", named="bus.yaml")

    def test_CONFIG_a_descriptor_set_that_lacks_an_import(self):
        whole = (self.bus.state / "config/truc.descriptors").read_bytes()
        self.refused("truc.descriptors", without_file(whole, b"truc/common/v1/common.proto"),
                     "truc.common.v1.File", "does not describe", named="bus.yaml")

    def test_CONFIG_an_empty_certificate(self):
        self.refused(CERTIFICATE, b"", named=SYSTEM)

    def test_CONFIG_a_certificate_of_a_foreign_authority(self):
        foreign = self.certificate(key=ed25519.Ed25519PrivateKey.generate())
        self.refused(CERTIFICATE, foreign, "not issued by the bus's authority", named=SYSTEM)

    def certificate(self, begins=None, ends=None, key=None):
        """national-portal's, made again: the same key and names, another time or authority."""
        config = self.bus.state / "config"
        own, authority = (x509.load_pem_x509_certificate((config / name).read_bytes())
                          for name in (CERTIFICATE, "certs/ca.pem"))
        key = key or serialization.load_pem_private_key((self.bus.state / "keys/ca.key").read_bytes(), None)
        builder = (x509.CertificateBuilder().subject_name(own.subject).issuer_name(authority.subject)
                   .public_key(own.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(begins or own.not_valid_before).not_valid_after(ends or own.not_valid_after))
        for extension in own.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(key, None).public_bytes(serialization.Encoding.PEM)

    def outcome_with(self, certificate, until):
        """In force in place of the present one: the first outcome of a message of which `until` holds."""
        file = self.bus.state / "config" / CERTIFICATE
        before = file.read_bytes()
        try:
            file.write_bytes(certificate)
            self.bus.process.send_signal(signal.SIGHUP)
            self.logged("a new configuration is in force")
            session, end = self.bus.connected("national-portal"), time.monotonic() + 20
            while True:
                outcome = session.outcomes(session.publish(submitted(session.settings)))[0]
                if until(outcome) or time.monotonic() > end:
                    return outcome
        finally:
            file.write_bytes(before)
            self.log_begins = len(self.bus.logged())
            self.bus.process.send_signal(signal.SIGHUP)
            self.logged("a new configuration is in force")

    def test_SIGNING_KEY_a_certificate_that_has_expired(self):
        soon = datetime.datetime.utcnow() + datetime.timedelta(seconds=2)
        outcome = self.outcome_with(self.certificate(ends=soon), lambda o: o.code)
        self.assertEqual(codes.SIGNING_KEY, outcome.code, outcome)
        self.assertIn("expired", outcome.text)

    def test_SIGNING_KEY_a_certificate_that_is_not_yet_valid(self):
        later = datetime.datetime.utcnow() + datetime.timedelta(days=60)
        outcome = self.outcome_with(self.certificate(begins=later), lambda o: True)
        self.assertEqual(codes.SIGNING_KEY, outcome.code, outcome)
        self.assertIn("valid only from", outcome.text)


def without_file(descriptors, name):
    """A FileDescriptorSet without one of its files."""
    at, kept = 0, b""
    while at < len(descriptors):
        begins, size, shift = at, 0, 0
        at += 1  # the tag of `file`
        while True:
            byte = descriptors[at]
            size |= (byte & 127) << shift
            shift, at = shift + 7, at + 1
            if byte < 128:
                break
        at += size
        entry = descriptors[begins:at]
        if not re.search(rb"\x0a" + bytes([len(name)]) + re.escape(name), entry[:64]):
            kept += entry
    return kept


if __name__ == "__main__":
    unittest.main()
