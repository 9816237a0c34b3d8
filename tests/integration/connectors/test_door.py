"""truc-door with a real trucd: a vendor publishes in every form, asks, and pulls its inbox while the door is killed.
Not the pieces without a bus, which are tests/unit/connectors/test_door.c.
Promise: nothing is lost, and nothing is doubled in a ledger kept by the message's id; whatever is wrong is named to the vendor.
"""
import collections
import concurrent.futures
import hashlib
import hmac
import http.server
import json
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import bus as interop
from bus import Bus, submitted
from connector import Connector, until

DOSSIERS, KEYS = 40, 8
LEASE = "1s"
ADAPTER = """\
adapter: {system}
connector: door
title: Cửa REST thử nghiệm
listen: 127.0.0.1:0
tokens: tokens
lease: {lease}
rate: {rate}
"""


class Door(Connector):
    """A door and a vendor's side of it."""

    def __init__(self, bus, folder, system, lease=LEASE, rate=10000, more=""):
        folder.mkdir()
        (folder / "adapter.yaml").write_text(ADAPTER.format(system=system, lease=lease, rate=rate) + more, "utf-8")
        self.where = folder / "where.json"
        super().__init__(bus, "truc-door", folder, system, ["--where", self.where])
        self.token = self.make_token("vendor")

    def make_token(self, name):
        return subprocess.run([interop.BIN / "truc-door", "token", self.folder / "tokens", name], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()

    def start(self):
        self.where.unlink(missing_ok=True)
        super().start()
        until("the door listens", self.where.exists, self.logged)
        self.url = json.loads(self.where.read_text("utf-8"))["url"]

    def call(self, method, path, body=None, headers=None, token=None):
        """Status, what the body says, headers."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode("utf-8")
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Authorization", f"Bearer {token or self.token}")
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return answer.status, json.loads(answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read()), error.headers

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body, headers=None, **options):
        return self.call("POST", path, body, headers, **options)

    def connected(self):
        until("the door is connected", lambda: self.get("/openapi.json")[0] == 200, self.logged)


class Vendor:
    """The vendor's webhook: judges the signature, answers what the test says."""

    def __init__(self, secrets):
        self.posts, self.forged, self.lock = [], [], threading.Lock()
        self.answer = lambda item: (200, {})
        vendor = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fields = [part.split("=", 1) for part in self.headers["Truc-Signature"].split(",")]
                instant = dict(fields)["t"]
                sums = [hmac.new(secret, instant.encode("ascii") + b"." + body, hashlib.sha256).hexdigest() for secret in secrets]
                item = json.loads(body)
                with vendor.lock:
                    vendor.posts.append(item["id"])
                    if [value for name, value in fields if name == "v1"] != sums or abs(time.time() - int(instant)) > 300:
                        vendor.forged.append(item["id"])
                    status, answer = vendor.answer(item)
                data = json.dumps(answer).encode("utf-8")
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def dossier(number, **members):
    code = f"H56.14-261126-{number:04}"
    return {"id": f"d-{number}", "source": "/vendor/1", "subject": code, "time": "2026-11-26T08:00:00Z",
            "classification": "not-secret", "purpose": {"procedure": "1.010708", "dossier": code},
            "body": {"code": code, "procedure": {"code": "1.010708", "service": "full"}, "agency": {"code": "H56.14"},
                     "status": "registered"}, **members}


def as_event(plain):
    return {"specversion": "1.0", "type": "dossier.submitted", "datacontenttype": "application/json",
            "purposeprocedure": plain["purpose"]["procedure"], "purposedossier": plain["purpose"]["dossier"],
            "data": plain["body"], **{name: plain[name] for name in ("id", "source", "subject", "time", "classification")}}


def as_headers(plain):
    return {f"ce-{name}": value for name, value in as_event(plain).items() if name not in ("data", "datacontenttype")}


class RestDoor(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)
        folder = tempfile.TemporaryDirectory(prefix="truc-connector-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def door(self, system, **options):
        door = Door(self.bus, self.folder / system, system, **options)
        self.addCleanup(door.close)
        door.start()
        door.connected()
        return door

    def test_one_message_in_every_form(self):
        portal = self.door("portal")
        plain, path = dossier(1), "/v1/messages/dossier.submitted"
        status, first, _ = portal.post(path, plain)
        self.assertEqual(202, status, first)
        self.assertFalse(first["repeat"])
        forms = [(plain, {}), (as_event(plain), {"Content-Type": "application/cloudevents+json; charset=utf-8"}),
                 (plain["body"], as_headers(plain))]
        for body, headers in forms:
            status, again, _ = portal.post(path, body, headers)
            self.assertEqual((200, first["id"], first["position"], True),
                             (status, again.get("id"), again.get("position"), again.get("repeat")), again)
        status, other, _ = portal.post(path, dossier(1, source="/vendor/2"))  # another source's message of that id
        self.assertEqual(202, status, other)
        self.assertNotEqual(first["id"], other["id"])
        portal.stop()
        self.assertIn("connected", portal.logged())

    def test_what_is_wrong_is_named(self):
        portal = self.door("portal")
        path = "/v1/messages/dossier.submitted"
        plain = dossier(2)
        self.assertEqual(202, portal.post(path, plain)[0])
        secret = dossier(3, classification="secret", subject="BÍ-MẬT")
        unsaid = {name: value for name, value in dossier(3).items() if name != "classification"}
        wrong_field = dossier(3)
        wrong_field["body"]["procedure"]["service"] = "vip"
        unknown_field = dossier(3)
        unknown_field["body"]["nonsense"] = 1
        unrouted = dossier(3)
        unrouted["body"]["agency"]["code"] = "G01"
        nameless = {name: value for name, value in dossier(3).items() if name != "id"}
        cloud = {"Content-Type": "application/cloudevents+json"}
        cases = [
            (400, "PAYLOAD", "line 1, column 1", path, b"{", {}),
            (400, "PAYLOAD", "", path, [], {}),
            (403, "SECRET", "classification", path, secret, {}),
            (403, "SECRET", "classification", path, unsaid, {}),
            (403, "SECRET", "classification", path, as_event(secret), cloud),
            (403, "SECRET", "ce-classification", path, secret["body"],
             {**as_headers(dossier(3)), "ce-classification": "secret"}),
            (403, "NO_ROUTE", "", path, unrouted, {}),
            (404, "UNKNOWN_TYPE", "", "/v1/messages/dossier.submited", plain, {}),
            (404, "UNKNOWN_TYPE", "", "/v1/messages/citizen.verify", plain, {}),
            (404, "UNKNOWN_TYPE", "", "/v1/requests/dossier.submitted", plain, {}),
            (404, "NOT_FOUND", "", "/v1/nothing", plain, {}),
            (404, "NOT_FOUND", "", "/v1/inbox/12/done", {}, {}),
            (404, "NOT_FOUND", "", "/v1/inbox/12/forget", {}, {}),
            (404, "NOT_FOUND", "", "/v1/inbox/x/done", {}, {}),
            (405, "STATE", "", "/v1/inbox", {}, {}),
            (409, "CONFLICT", "", path, dossier(2, time="2026-11-26T08:00:01Z"), {}),
            (415, "PAYLOAD", "content-type", path, b"<a/>", {"Content-Type": "text/xml"}),
            (422, "PAYLOAD", "body.procedure.service", path, wrong_field, {}),
            (422, "PAYLOAD", "body", path, unknown_field, {}),
            (422, "PAYLOAD", "id", path, nameless, {}),
            (422, "PAYLOAD", "time", path, dossier(3, time="yesterday"), {}),
            (422, "PAYLOAD", "zzz", path, dossier(3, zzz=1), {}),
            (422, "PAYLOAD", "zzz", path, {**as_event(dossier(3)), "zzz": 1}, cloud),
            (422, "PAYLOAD", "specversion", path, {**as_event(dossier(3)), "specversion": "0.3"}, cloud),
            (422, "PAYLOAD", "type", path, {**as_event(dossier(3)), "type": "dossier.withdraw"}, cloud),
        ]
        for status, code, field, where, body, headers in cases:
            with self.subTest(status=status, code=code, field=field, where=where):
                got, problem, answered = portal.post(where, body, headers)
                self.assertEqual((status, code, field), (got, problem.get("code"), problem.get("field", "")), problem)
                self.assertEqual(status, problem["status"])
                self.assertTrue(problem["detail"] and problem["hint"])
                self.assertEqual("application/problem+json; charset=utf-8", answered["Content-Type"])
        status, problem, _ = portal.post(path, b"[" * (3 * 1024 * 1024))
        self.assertEqual((413, "TOO_LARGE"), (status, problem["code"]))
        status, problem, answered = portal.get("/v1/inbox", token="truc_of_nobody")
        self.assertEqual((401, "TOKEN", "Bearer"), (status, problem["code"], answered["WWW-Authenticate"]))
        for query in ("limit=0", "limit=101", "limit=x", "wait=61", "wait=-1"):
            status, problem, _ = portal.get(f"/v1/inbox?{query}")
            self.assertEqual((400, query.split("=")[0]), (status, problem["field"]))
        self.assertEqual(422, portal.post(path, dossier(3, **{"038912345217\n": 1}))[0])
        self.assertIn("PAYLOAD", portal.logged())
        self.assertNotIn("038912345217", portal.logged())
        self.assertNotIn("BÍ-MẬT", portal.logged())
        self.assertNotIn(portal.token, portal.logged())

    def test_a_stranger_is_refused_before_its_body_is_read(self):
        portal = self.door("portal")
        host, port = portal.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as stranger:
            stranger.sendall(b"POST /v1/messages/dossier.submitted HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                             b"Content-Length: 1000000\r\nAuthorization: Bearer guessed\r\n\r\n")  # and nothing behind it
            self.assertTrue(stranger.recv(4096).startswith(b"HTTP/1.1 401 "))

    def test_tokens_are_exchanged_while_it_runs(self):
        portal = self.door("portal")
        second = portal.make_token("second")
        self.assertEqual(200, portal.get("/v1/inbox", token=second)[0])
        tokens = portal.folder / "tokens"
        tokens.write_text("".join(line for line in tokens.read_text("utf-8").splitlines(True)
                                  if not line.startswith("vendor ")), "utf-8")
        self.assertEqual(401, portal.get("/v1/inbox")[0])
        self.assertEqual(200, portal.get("/v1/inbox", token=second)[0])
        tokens.chmod(0o644)  # then nothing new is believed, and it is said
        self.assertEqual(200, portal.get("/v1/inbox", token=second)[0])
        self.assertIn("others may use the file of tokens", portal.logged())
        self.assertNotIn(second, tokens.read_text("utf-8"))

    def test_a_token_over_its_rate_is_told_when_to_come_again(self):
        portal = self.door("portal", rate=1)
        answers = []
        until("there are too many", lambda: answers.append(portal.get("/v1/inbox")) or answers[-1][0] != 200)
        status, problem, headers = answers[-1]
        self.assertEqual((429, "RATE", "1"), (status, problem["code"], headers["Retry-After"]))

    def test_a_question_is_answered_by_a_vendor_that_pulls(self):
        onestop, population = self.door("onestop"), self.door("population")
        question = {"subject": "H56.14-261123-0042", "classification": "not-secret",
                    "purpose": {"procedure": "1.010708", "dossier": "H56.14-261123-0042", "officer": "cb-17"},
                    "body": {"identity_number": "038912345217", "name": "Nguyễn Văn A", "birth": "1990"}}
        path = "/v1/requests/citizen.verify?within=20"

        def pulled():
            items = population.get("/v1/inbox?wait=20")[1]["items"]
            self.assertEqual("Nguyễn Văn A", items[0]["data"]["name"])
            self.assertEqual(("request", "citizen.verify", "onestop"), tuple(items[0][name] for name in ("kind", "type", "source")))
            return f"/v1/inbox/{items[0]['position']}"

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(onestop.post, path, question)
            item = pulled()
            self.assertEqual((409, "STATE"), self.named(population.post(f"{item}/done", {})))
            status, problem, _ = population.post(f"{item}/reply", {"body": {"exists": "maybe"}})
            self.assertEqual((422, "body.exists"), (status, problem.get("field")), problem)
            self.assertEqual(200, population.post(f"{item}/reply", {"body": {"exists": True}})[0])
            status, reply, _ = asked.result()
            self.assertEqual((200, {"exists": True}), (status, reply.get("body")), reply)

            asked = pool.submit(onestop.post, path, question)
            item = pulled()
            status, problem, _ = population.post(f"{item}/reject", {"reason": "no such reason"})
            self.assertEqual((422, "reason"), (status, problem.get("field")), problem)
            self.assertEqual(200, population.post(f"{item}/reject", {"reason": "NO_PAPERS", "text": "chưa có giấy tờ"})[0])
            status, problem, _ = asked.result()
            self.assertEqual((422, "NO_PAPERS"), (status, problem.get("code")), problem)

            status, problem, _ = onestop.post("/v1/requests/citizen.verify?within=1", question)  # nobody answers
            self.assertEqual((503, "DEADLINE"), (status, problem.get("code")), problem)
        self.assertNotIn("038912345217", onestop.logged() + population.logged())

    @staticmethod
    def named(answer):
        return answer[0], answer[1].get("code")

    def test_what_may_not_be_sent_is_not_described(self):
        onestop = self.door("onestop")
        document = onestop.get("/openapi.json")[1]
        self.assertIn("/v1/requests/citizen.verify", document["paths"])
        self.assertIn("/v1/messages/dossier.received", document["paths"])
        self.assertNotIn("/v1/messages/dossier.submitted", document["paths"])  # it only receives those
        references = {part["$ref"] for part in
                      document["components"]["schemas"]["Item"]["properties"]["data"]["oneOf"]}
        self.assertIn("#/components/schemas/truc.dossier.v1.Submitted", references)

        def check(part):
            if isinstance(part, dict):
                reference = part.get("$ref")
                target = document
                for step in (reference or "#").split("/")[1:]:
                    target = target[step]
                for value in part.values():
                    check(value)
            elif isinstance(part, list):
                for value in part:
                    check(value)
        check(document)

    def test_it_is_listed_again_in_order_until_it_is_settled(self):
        portal = self.bus.connected("portal")
        for number in range(3):
            message = submitted(portal.settings, subject=f"H56.14-261123-{number:04}", message_id=f"m-{number}")
            self.assertEqual(0, portal.outcomes(portal.publish(message))[0].code)
        onestop = self.door("onestop", lease="1h")
        ids = lambda items: [item["id"] for item in items]
        listed, again = [], []
        until("all are listed", lambda: listed.extend(onestop.get("/v1/inbox?limit=1&wait=5")[1]["items"]) or len(listed) == 3)
        self.assertEqual(["m-0", "m-1", "m-2"], ids(listed))
        self.assertEqual([], onestop.get("/v1/inbox")[1]["items"])  # they are leased
        self.assertEqual(200, onestop.post(f"/v1/inbox/{listed[1]['position']}/done", {})[0])
        onestop.kill()
        adapter = onestop.folder / "adapter.yaml"
        adapter.write_text(adapter.read_text("utf-8").replace("lease: 1h", "lease: 100ms"), "utf-8")
        onestop.start()
        until("the others are listed again",
              lambda: again.extend(onestop.get("/v1/inbox?limit=1&wait=5")[1]["items"]) or len(set(ids(again))) == 2)
        self.assertEqual(["m-0", "m-2"], list(dict.fromkeys(ids(again))))
        until("and once more after the lease", lambda: again.extend(onestop.get("/v1/inbox?wait=5")[1]["items"]) or
              min(collections.Counter(ids(again)).values()) > 1)
        self.assertEqual("m-0", onestop.get(f"/v1/inbox/{again[0]['position']}")[1]["id"])
        self.assertEqual((404, "NOT_FOUND"), self.named(onestop.get(f"/v1/inbox/{listed[1]['position']}")))
        status, problem, _ = onestop.post(f"/v1/inbox/{again[0]['position']}/retry", {"after": "soon"})
        self.assertEqual((422, "after"), (status, problem.get("field")), problem)
        self.assertEqual(200, onestop.post(f"/v1/inbox/{again[0]['position']}/retry", {"after": "10ms"})[0])
        until("the bus delivers it again", lambda: [
            item for item in onestop.get("/v1/inbox?wait=5")[1]["items"]
            if item["id"] == "m-0" and item["attempt"] > again[0]["attempt"]])

    def test_the_door_is_killed_between_list_and_done(self):
        portal = self.bus.connected("portal")
        order = {}
        for number in range(DOSSIERS):
            subject = f"H56.14-261123-{number % KEYS:04}"
            order.setdefault(subject, []).append(f"m-{number}")
            message = submitted(portal.settings, subject=subject, message_id=f"m-{number}")
            self.assertEqual(0, portal.outcomes(portal.publish(message))[0].code)
        onestop = self.door("onestop")
        ledger, settled, seen, kills = {}, set(), [], 0

        def killed():
            onestop.kill()
            onestop.start()

        while len(settled) < DOSSIERS:
            for index, item in enumerate(onestop.get("/v1/inbox?limit=5&wait=10")[1]["items"]):
                self.assertNotIn(item["id"], settled)  # what was answered is on disk
                seen.append(item["id"])
                ledger.setdefault(item["id"], item["subject"])  # the vendor's effect, by id
                kills_here = index == 2 and kills < 6 and len(ledger) > kills * 5
                if kills_here and kills % 2 == 0:  # it is in the ledger and not done
                    kills += 1
                    killed()
                    break
                self.assertEqual(200, onestop.post(f"/v1/inbox/{item['position']}/done", {})[0])
                settled.add(item["id"])
                if kills_here:  # it is done, and the bus may not know
                    kills += 1
                    killed()
                    break
        self.assertEqual(6, kills)
        self.assertGreater(len(seen), DOSSIERS)  # it did come again
        self.assertEqual({f"m-{number}" for number in range(DOSSIERS)}, set(ledger))
        for subject, ids in order.items():
            self.assertEqual(ids, [id for id, its in ledger.items() if its == subject])
        self.assertEqual([], onestop.get("/v1/inbox")[1]["items"])
        onestop.stop()
        queues = json.loads(subprocess.run(
            [interop.BIN / "truc", "queue", "list", "--state", self.bus.state, "--broker", self.bus.endpoint,
             "--output", "json"], check=True, stdout=subprocess.PIPE).stdout)["queues"]
        waiting = {queue["system"]: queue for queue in queues}["onestop"]
        self.assertEqual(0, waiting["waiting"], waiting)

    def posting(self, system, vendor):
        """A door that posts to @vendor, signing with two secrets."""
        secrets = "webhook: {url: %s, secret: new, secret-before: old, in-flight: 4, timeout: 5s}\n" % vendor.url
        door = Door(self.bus, self.folder / system, system, more=secrets)
        for name in ("new", "old"):
            (door.folder / name).touch(0o600)
            (door.folder / name).write_text(f"secret-{name}\n", "ascii")
        self.addCleanup(door.close)
        door.start()
        door.connected()
        return door

    def vendor(self):
        vendor = Vendor([b"secret-new", b"secret-old"])
        self.addCleanup(vendor.close)
        return vendor

    def test_a_webhook_gets_each_message_whatever_fails(self):
        vendor, ledger, begun = self.vendor(), {}, collections.Counter()

        def answer(item):
            begun[item["id"]] += 1
            if item["id"] == "m-7":
                return 422, {}  # refused for good
            if begun[item["id"]] == 1 and int(item["id"][2:]) % 5 == 1:
                return 503, {}  # busy at first
            ledger.setdefault(item["id"], item["subject"])
            return 200, {}

        vendor.answer = answer
        onestop, portal = self.posting("onestop", vendor), self.bus.connected("portal")
        order = {}
        for number in range(DOSSIERS):
            subject = f"H56.14-261123-{number % KEYS:04}"
            order.setdefault(subject, []).append(f"m-{number}")
            message = submitted(portal.settings, subject=subject, message_id=f"m-{number}")
            self.assertEqual(0, portal.outcomes(portal.publish(message))[0].code)
            if number in (15, 30):
                onestop.kill()
                onestop.start()
        until("all came", lambda: len(ledger) == DOSSIERS - 1, onestop.logged)
        self.assertEqual({f"m-{number}" for number in range(DOSSIERS)} - {"m-7"}, set(ledger))
        for subject, ids in order.items():
            self.assertEqual([id for id in ids if id != "m-7"], [id for id, its in ledger.items() if its == subject])
        self.assertEqual([], vendor.forged)
        self.assertIn("HTTP_422", onestop.logged())
        self.assertEqual((409, "STATE"), self.named(onestop.get("/v1/inbox")))
        onestop.stop()

    def test_a_webhook_answers_questions(self):
        vendor = self.vendor()
        vendor.answer = lambda item: (200, {"body": {"exists": item["data"]["name"] == "Nguyễn Văn A"}})
        onestop, population = self.door("onestop"), self.posting("population", vendor)
        for name, exists in (("Nguyễn Văn A", True), ("Trần Thị B", False)):
            status, reply, _ = onestop.post("/v1/requests/citizen.verify", {
                "subject": "H56.14-261123-0042", "classification": "not-secret",
                "purpose": {"procedure": "1.010708", "dossier": "H56.14-261123-0042", "officer": "cb-17"},
                "body": {"identity_number": "038912345217", "name": name, "birth": "1990"}})
            self.assertEqual((200, exists), (status, reply["body"].get("exists", False)), reply)
        self.assertEqual([], vendor.forged)
        population.stop()

    def test_without_the_bus_it_says_so(self):
        portal = self.door("portal")
        self.bus.stop()
        until("the door knows", lambda: portal.get("/openapi.json")[0] == 503, portal.logged)
        status, problem, headers = portal.post("/v1/messages/dossier.submitted", dossier(9))
        self.assertEqual((503, "DISCONNECTED"), (status, problem["code"]))
        self.assertTrue(headers["Retry-After"])
        self.bus.start()
        portal.stop()


if __name__ == "__main__":
    unittest.main()
