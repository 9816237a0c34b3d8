"""truc-files with a real trucd: dossiers are dropped while the connector is killed, receipts are written while it is killed.
Not the single rules, which are tests/unit/connectors/test_files.c.
Promise: nothing is lost and nothing doubled, in either direction.
"""
import collections
import json
import pathlib
import shutil
import tempfile
import time
import unittest

from bus import ROOT, Bus
from connector import Connector, until
from truc_stranger import codes, messages
from truc_stranger.receiver import DONE, Receiver
from truc_stranger.schemas import dossier, dossier_parts

EXAMPLE = ROOT / "adapters/examples/files"
DOSSIERS = 60


def content(number):
    return json.dumps({"MaHoSo": f"H56.14-261123-{number:04}", "MaTTHC": "1.010708", "MucDo": "toàn trình", "MaDonVi": "H56.14",
                       "NgayNopHoSo": f"202611231403{number:02}", "DoMat": "Thường"})


def received(sender, number):
    code = f"H56.14-261123-{number:04}"
    payload = dossier.Received(code=code, agency=dict(code="H56.14"),
                               status=dossier_parts.STATUS_RECEIVED).SerializeToString()
    return messages.make(sender, payload, id=f"r-{number}", type="dossier.received", kind=codes.EVENT, subject=code,
                         time_ns=time.time_ns(), purpose=dict(dossier=code))


class Files(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        folder = tempfile.TemporaryDirectory(prefix="truc-connector-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "adapter"
        shutil.copytree(EXAMPLE, self.folder)
        adapter = self.folder / "adapter.yaml"
        adapter.write_text(adapter.read_text("utf-8").replace("stable-for: 5s", "stable-for: 100ms"), "utf-8")
        self.spool = self.folder / "spool"
        self.spool.mkdir()
        self.connector = Connector(self.bus, "truc-files", self.folder, "portal")
        self.addCleanup(self.connector.close)

    def names(self, part):
        return [file.name for file in (self.spool / part).glob("*") if not file.name.startswith(".")]

    def drop(self, number):
        """As a careful writer does: beside, then moved in."""
        beside = self.spool / "in" / f".{number}"
        beside.write_text(content(number), "utf-8")
        beside.rename(self.spool / "in" / f"{number}.json")

    def killed_when(self, condition):
        until("so far", condition, self.connector.logged)
        self.connector.kill()
        self.connector.start()

    def test_files_become_messages_once(self):
        self.connector.start()
        until("it runs", (self.spool / "in").is_dir)
        for number in range(DOSSIERS):
            self.drop(number)
            if number in (10, 25, 40, 55):
                self.killed_when(lambda: len(self.names("done")) >= number - 8)
        until("all are done", lambda: len(self.names("done")) == DOSSIERS, self.connector.logged)
        self.drop(7)  # the same again
        until("it is done, too", lambda: len(self.names("done")) == DOSSIERS + 1, self.connector.logged)
        self.connector.stop()
        self.assertEqual([], self.names("in") + self.names("work") + self.names("failed") + self.names("quarantine"))
        arrived = collections.Counter()

        def take(header, payload, _delivery):
            arrived[dossier.Submitted.FromString(payload).code] += 1
            return DONE

        receiver = Receiver(self.bus.connected("onestop"), take)
        while sum(arrived.values()) < DOSSIERS:
            receiver.work()
        self.assertEqual({1}, set(arrived.values()))
        self.assertEqual(DOSSIERS, len(arrived))

    def test_messages_become_files_once(self):
        onestop = self.bus.connected("onestop")
        self.connector.start()
        taken = []  # by the reader of out/, as soon as they are there

        def read(count):
            for name in self.names("out"):
                taken.append(json.loads((self.spool / "out" / name).read_text("utf-8"))["MaHoSo"])
                (self.spool / "out" / name).unlink()
            return len(taken) >= count

        for number in range(DOSSIERS):
            self.assertEqual(0, onestop.outcomes(onestop.publish(received(onestop.settings, number)))[0].code)
            if number in (10, 25, 40, 55):
                self.killed_when(lambda: read(number - 8))
        until("all are written", lambda: read(DOSSIERS), self.connector.logged)
        self.connector.stop()
        read(DOSSIERS)
        self.assertEqual(sorted(set(taken)), sorted(taken))  # none twice
        self.assertEqual(DOSSIERS, len(taken))


if __name__ == "__main__":
    unittest.main()
