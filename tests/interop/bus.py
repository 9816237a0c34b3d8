"""A bus of its own for a test: `truc init` in a temporary folder, trucd on free ports, and messages that it routes.
Not a test. Everything it starts ends in close(), and is killed when it doesn't end by itself.
Variables: TRUC_BIN, the folder of trucd and truc; TRUC_CONFIG, the configuration to begin with.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

from truc_stranger import codes, messages, settings
from truc_stranger.schemas import dossier, dossier_parts, population
from truc_stranger.session import Session

ROOT = pathlib.Path(__file__).parents[2]
BIN = pathlib.Path(os.environ.get("TRUC_BIN") or ROOT / "build/dev/bin")
CONFIG = pathlib.Path(os.environ.get("TRUC_CONFIG") or ROOT / "config")

MESSAGE_BYTES_MAX, SENDER_CREDIT = 64 * 1024, 96 * 1024


class Bus:
    def __init__(self, algorithm="ed25519"):
        self.folder = tempfile.TemporaryDirectory(prefix="truc-interop-")
        self.state = pathlib.Path(self.folder.name) / "state"
        self.where = pathlib.Path(self.folder.name) / "where.json"
        self.process = None
        self.sessions = []
        try:
            subprocess.run([BIN / "truc", "init", self.state, "--from", CONFIG, "--algorithm", algorithm],
                           check=True, stdout=subprocess.DEVNULL)
            self._lower_limits()
            self.start()
        except BaseException:
            self.close()
            raise

    def _lower_limits(self):
        """Credit that a test can use up, and retries that a test can wait for."""
        bus = self.state / "config/bus.yaml"
        text = bus.read_text("utf-8")
        text = re.sub("message-bytes: .*", f"message-bytes: {MESSAGE_BYTES_MAX // 1024}KiB", text)
        text = re.sub("sender-credit: .*", f"sender-credit: {SENDER_CREDIT // 1024}KiB", text)
        bus.write_text(text, "utf-8")

    def start(self):
        self.where.unlink(missing_ok=True)  # a killed broker leaves it
        self.log = open(self.state.parent / "trucd.log", "ab")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL",  # also when this test is killed
             BIN / "trucd", "--state", self.state, "--listen", "tcp://127.0.0.1:*", "--where", self.where,
             "--as-root"],
            stderr=self.log)
        end = time.monotonic() + 30
        while not self.where.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("trucd does not start:\n" + self.logged())
            time.sleep(0.01)  # a file has no descriptor to wait for
        self.endpoint = json.loads(self.where.read_text())["endpoint"]

    def reload(self, path, pattern, replacement):
        """Changes a file of the configuration and has trucd read it again."""
        file = self.state / "config" / path
        text, count = re.subn(pattern, replacement, file.read_text("utf-8"))
        if count != 1:
            raise ValueError(f"{path} holds {pattern} {count} times")
        file.write_text(text, "utf-8")
        self.process.send_signal(signal.SIGHUP)

    def stop(self, how=signal.SIGTERM):
        """Ends the broker; True if it ended in good order."""
        process, self.process = self.process, None
        if process is None:
            return True
        process.send_signal(how)
        try:
            return process.wait(30) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        finally:
            self.log.close()

    def logged(self):
        return (self.state.parent / "trucd.log").read_text("utf-8")

    def close(self):
        for session in self.sessions:
            session.drop()
        try:
            if not self.stop():
                raise RuntimeError("trucd did not end in good order:\n" + self.logged())
        finally:
            self.folder.cleanup()

    def settings(self, system):
        return settings.read(self.state / "systems" / system / "settings.yaml", self.endpoint)

    def session(self, system, **options):
        """A session of a system, not yet connected."""
        session = Session(self.settings(system), **options)
        self.sessions.append(session)
        return session

    def connected(self, system, **options):
        session = self.session(system, **options)
        session.connect()
        return session


_count = iter(range(10**9))


def submitted(sender, subject=None, summary="", message_id=None, **header):
    """dossier.submitted, which the routes take to onestop."""
    number = next(_count)
    subject = subject or f"H56.14-261123-{number:04}"
    payload = dossier.Submitted(
        code=subject, summary=summary,
        procedure=dossier_parts.Procedure(code="1.010708", service=dossier_parts.SERVICE_FULL),
        agency=dict(code="H56.14"), status=dossier_parts.STATUS_REGISTERED).SerializeToString()
    fields = dict(id=message_id or f"s-{number}", type="dossier.submitted", kind=codes.EVENT, subject=subject,
                  time_ns=time.time_ns(), purpose=dict(procedure="1.010708", dossier=subject))
    return messages.make(sender, payload, **{**fields, **header})


def unrouted(sender):
    """dossier.progress, which only onestop may send."""
    number = next(_count)
    payload = dossier.Progress(code=f"H56.14-261123-{number:04}").SerializeToString()
    return messages.make(sender, payload, id=f"u-{number}", type="dossier.progress", kind=codes.EVENT,
                         time_ns=time.time_ns(), subject=f"H56.14-261123-{number:04}")


PURPOSE = dict(procedure="1.010708", dossier="H56.14-261123-0042", officer="cb-17")


def verify_question(name="Nguyễn Văn A"):
    """The payload of citizen.verify; the number cannot exist (fourth digit 9)."""
    return population.CitizenVerify(identity_number="038912345217", name=name, birth="1990").SerializeToString()


def verify_answer(exists=True):
    return population.CitizenVerifyReply(exists=exists).SerializeToString()
