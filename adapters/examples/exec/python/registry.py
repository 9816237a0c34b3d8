#!/usr/bin/env python3
"""A citizen registry behind truc-exec: answers citizen.verify. The protocol is docs/connector-exec.md."""
import csv
import json
import sys
import unicodedata


def folded(name):
    """Names are compared without case, marks and runs of spaces; đ has no mark to drop."""
    plain = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def say(**line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


def verify(citizens, body):
    citizen = citizens.get(body.get("identity_number"))
    return bool(citizen and folded(citizen["name"]) == folded(body.get("name", ""))
                and citizen["birth"].startswith(body.get("birth", "?")))


def main():
    hello = json.loads(sys.stdin.readline())
    path = hello["settings"]["citizens"]
    with open(path, encoding="utf-8") as file:
        citizens = {row["number"]: row for row in csv.DictReader(file)}
    print(f"{len(citizens)} citizens", file=sys.stderr)  # standard error goes to the connector's log
    say(op="ready")
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["op"] == "deliver":
            say(op="reply", delivery=asked["delivery"], body={"exists": verify(citizens, asked["body"])})
        # "bye": nothing is left to do, the end of the input follows


main()
