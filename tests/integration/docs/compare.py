"""compare.py - is what came out what the page shows. Not how it came out: shell.py.
In the flow: run_page.py, for blocks marked output, transcript, tree and bytes.

A line `…` in a page stands for any lines, and … in a line for any text. What else may differ is named by the block's mark:
    time, hash, number      all of that kind in the block
    hash=91c0aa, id=m-1 …   this one text, which stands for any of its kind
Spaces stand for one space or more: columns are as wide as what is in them."""

import difflib
import pathlib
import re
import shlex

KINDS = {
    "time": r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?"
    r"|\d\d/\d\d/\d{4}(?: \d\d:\d\d(?::\d\d)?)?|\d\d:\d\d:\d\d(?:[.,]\d+)?",
    "hash": r"[0-9a-f]{6,}",
    "number": r"\d+(?:[.,]\d+)*",
    "id": r"[\w.:-]+",
    "any": r".*",
}


class Different(Exception):
    """What came out is not what the page shows."""


def wildcards(argument):
    """The pattern that finds what may differ, with the kind of each of its groups."""
    found = []
    for word in sorted(shlex.split(argument), key=lambda word: "=" not in word):  # what is named goes first
        kind, given, text = word.partition("=")
        if kind not in KINDS or (given and not text):
            raise ValueError(f"'{word}' is no kind of difference; there are {', '.join(KINDS)}")
        found.append((re.escape(text), KINDS[kind].replace("{6,}", "+")) if given else (rf"\b(?:{KINDS[kind]})", KINDS[kind]))
    found += [("…", ".*"), (" +", " +")]
    return found


def line_pattern(line, found):
    finder = re.compile("|".join(f"({pattern})" for pattern, _ in found))
    out, at = [], 0
    for match in finder.finditer(line):
        kind = found[match.lastindex - 1][1]
        out += [re.escape(line[at : match.start()]), f"(?:{kind})"]
        at = match.end()
    return re.compile("".join(out) + re.escape(line[at:]) + r"\s*")


def lines_match(wanted, got, found):
    """Whether the lines fit, where "…" takes any number of them."""
    reached = {0}
    for line in wanted:
        if line.strip() == "…":
            reached = set(range(min(reached), len(got) + 1)) if reached else set()
            continue
        pattern = line_pattern(line, found)
        reached = {i + 1 for i in reached if i < len(got) and pattern.fullmatch(got[i])}
    return len(got) in reached


def expect_output(wanted, got, argument):
    want, have = wanted.rstrip("\n").split("\n"), got.rstrip("\n").split("\n")
    if not lines_match(want, have, wildcards(argument)):
        raise Different("\n".join(difflib.unified_diff(want, have, "in the page", "came out", lineterm="", n=9)))


def expect_tree(text, folder, left_out=""):
    """The first word of each line names something; what only begins with space goes on from the line above."""
    names = [line.split()[0] for line in text.splitlines() if line.strip()]
    if left_out and left_out not in names:
        raise Different(f"{left_out} is left out and not there")
    for line in text.splitlines():
        words = line.split()
        if not words or line.startswith((" ", "(")) or words[0] == left_out:
            continue
        name = words[0].rstrip("/").removesuffix("/…")
        if next(pathlib.Path(folder).glob(re.sub(r"\b[A-Z][A-Z0-9]+\b|\bN\b", "*", name)), None) is None:
            raise Different(f"there is no {name} in {folder}")


def read_hexadecimal(path):
    """Lines "OFFSET: BYTES"; what no line mentions is zero."""
    kept = bytearray()
    for line in pathlib.Path(path).read_text().splitlines():
        offset, found, digits = line.partition(": ")
        if not found:  # the line that says the file's size
            continue
        piece, at = bytes.fromhex(digits), int(offset, 16)
        kept.extend(bytes(max(0, at + len(piece) - len(kept))))
        kept[at : at + len(piece)] = piece
    return bytes(kept)


def expect_bytes(text, golden):
    """Lines "OFFSET: HEX HEX … HEX   what it is"; … in a word stands for bytes left out."""
    kept = read_hexadecimal(golden)
    for line in text.splitlines():
        offset, _, rest = line.partition(": ")
        at = int(offset, 16)
        for word in rest.split("   ")[0].split():
            head, gap, tail = word.partition("…")
            at = after_digits(kept, at, head, line)
            if gap and tail:
                at = kept.find(bytes.fromhex(tail), at, at + 64)
                at = after_digits(kept, at, tail, line) if at >= 0 else after_digits(kept, 0, tail, line)
            elif gap:
                break


def after_digits(kept, at, digits, line):
    want = bytes.fromhex(digits)
    if kept[at : at + len(want)] != want:
        raise Different(f"{line}\n  at {at:06x} there is {kept[at : at + len(want)].hex()}, not {digits}")
    return at + len(want)
