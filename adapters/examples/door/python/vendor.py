#!/usr/bin/env python3
"""A vendor of the REST door: takes what the bus has for its system and keeps it in a ledger, each message once.

usage: DOOR=http://127.0.0.1:7480 TOKEN=truc_… vendor.py LEDGER [COUNT]   (ends after COUNT messages; else never)
"""
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request

DOOR, TOKEN = os.environ["DOOR"], os.environ["TOKEN"]


def call(method, path, body=None):
    request = urllib.request.Request(DOOR + path, None if body is None else json.dumps(body).encode("utf-8"), method=method)
    request.add_header("Authorization", "Bearer " + TOKEN)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=90) as answer:
        return json.loads(answer.read())


def keep(ledger, item):
    """The effect. The same id again changes nothing: a message may be listed more than once."""
    with ledger:  # one transaction
        ledger.execute("INSERT OR IGNORE INTO message VALUES (?, ?, ?)",
                       (item["source"], item["id"], json.dumps(item["data"], ensure_ascii=False)))


def settle(item):
    path = f"/v1/inbox/{item['position']}"
    try:
        if item["kind"] == "request":
            call("POST", path + "/reject", {"reason": "NOT_OFFERED", "text": "this vendor answers no questions"})
        else:
            call("POST", path + "/done", {})
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 404:  # 404: settled before, or it will be listed again
                raise


def main():
    ledger = sqlite3.connect(sys.argv[1])
    ledger.execute("CREATE TABLE IF NOT EXISTS message (source TEXT, id TEXT, data TEXT, PRIMARY KEY (source, id))")
    left = int(sys.argv[2]) if len(sys.argv) > 2 else None
    while left is None or left > 0:
        try:
            for item in call("GET", "/v1/inbox?wait=30")["items"]:
                keep(ledger, item)
                settle(item)
                print(item["type"], item["id"], flush=True)
                left = left and left - 1
        except (OSError, urllib.error.URLError) as error:  # the door is away or busy: nothing is lost by waiting
            print("again in 5 s:", error, file=sys.stderr, flush=True)
            time.sleep(5)


if __name__ == "__main__":
    main()
