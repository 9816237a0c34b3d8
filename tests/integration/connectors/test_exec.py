"""truc-exec with a real trucd and the examples: a program in Python answers, one in PHP is killed in mid-batch, and its connector too.
Not the wrong programs, which are tests/unit/connectors/test_exec_program.c.
Promise: nothing is lost and nothing doubled, whoever is killed.
"""
import collections
import pathlib
import shutil
import tempfile
import time
import unittest

from bus import PURPOSE, ROOT, Bus, submitted
from connector import Connector, until
from truc_stranger import codes, messages
from truc_stranger.receiver import DONE, Receiver
from truc_stranger.requests import Asker
from truc_stranger.schemas import dossier, population

EXAMPLES = ROOT / "adapters/examples/exec"
DOSSIERS = 60


def question(name, number="038912345217"):
    return population.CitizenVerify(identity_number=number, name=name, birth="1990").SerializeToString()


class Exec(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        folder = tempfile.TemporaryDirectory(prefix="truc-connector-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "adapter"

    def connector(self, example, system):
        shutil.copytree(EXAMPLES / example, self.folder)
        connector = Connector(self.bus, "truc-exec", self.folder, system)
        connector.start()
        self.addCleanup(connector.close)
        return connector

    def test_python_answers_questions(self):
        connector = self.connector("python", "population")
        onestop = self.bus.connected("onestop")
        asker = Asker(onestop)
        for request_id, name, exists in (("q-1", "NGUYEN  VAN A", True), ("q-2", "Nguyễn Văn B", False)):
            now = time.time_ns()
            message = messages.make(onestop.settings, question(name), id=request_id, type="citizen.verify",
                                    kind=codes.REQUEST, time_ns=now, expires_ns=now + 5 * 10**9, purpose=PURPOSE,
                                    subject="H56.14-261123-0042")
            self.assertEqual(0, onestop.outcomes(onestop.publish(message))[0].code)
            code, payload = asker.answer(request_id, now + 5 * 10**9)
            self.assertEqual(0, code, connector.logged())
            self.assertEqual(exists, population.CitizenVerifyReply.FromString(payload).exists)
        connector.stop()
        self.assertIn("program: 2 citizens", connector.logged())
        self.assertNotIn("038912345217", connector.logged())

    def kept(self, *endings):
        return [file for ending in endings for file in (self.folder / "desk").glob(f"*.{ending}")]

    def test_php_and_its_connector_are_killed_in_mid_batch(self):
        portal = self.bus.connected("portal")
        sent = [submitted(portal.settings) for _ in range(DOSSIERS)]
        for message in sent:
            self.assertEqual(0, portal.outcomes(portal.publish(message))[0].code)
        connector = self.connector("php", "onestop")
        for count in (5, 15, 25):  # the connector, and with it the program
            until(f"{count} are kept", lambda: len(self.kept("json", "told")) >= count)
            connector.kill()
            connector.start()
        for count in (35, 45):  # the program alone
            until(f"{count} are kept", lambda: len(self.kept("json", "told")) >= count)
            connector.kill_program()
        until("all are told", lambda: len(self.kept("told")) == DOSSIERS and not self.kept("json"),
              lambda: f"{len(self.kept('told'))} told, {len(self.kept('json'))} not\n{connector.logged()}\n{self.bus.logged()}")
        connector.stop()

        arrived = collections.Counter()

        def take(header, payload, _delivery):
            arrived[dossier.Received.FromString(payload).code] += 1
            return DONE

        receiver = Receiver(self.bus.connected("portal"), take)  # the first session has been silent for long
        while sum(arrived.values()) < DOSSIERS:
            receiver.work()
        self.assertEqual({1}, set(arrived.values()))  # each once
        self.assertEqual(DOSSIERS, len(arrived))


if __name__ == "__main__":
    unittest.main()
