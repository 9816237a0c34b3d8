"""page.py - a page of the documents as steps: its blocks, each with what it is, and what its invisible comments say to do.
Not what running a step means: run_page.py. Markdown, and the literal displays of man pages in mdoc.
In the flow: run_page.py reads a page with read_page and follows it from top to bottom.

A comment `<!-- docs: VERB ARGUMENTS -->` (in a man page `.\\" docs: VERB ARGUMENTS`) says what the block below it is:
    run               commands; needs no comment where the fence says ```sh
    run exits N       commands whose last one ends with N (0|1: with either)
    run stays         commands whose last one goes on, as in a terminal of its own
    output [SAME]     what the commands above it printed (compare.py says what may differ)
    transcript [SAME] commands behind "$ ", each with what it prints
    file PATH         the content of that file
    tree DIR          names, one a line, of what is in DIR ($SOURCE: the source tree); a word in capitals stands for any name.
                      "but for NAME: REASON" behind it leaves one out
    bytes FILE        offsets and bytes of a file of hexadecimal digits
    covered TEST      shown by another test, which is registered under that name
    skip REASON       not run, and why
or stands for itself and does what the text says in words, or what its reader would wait for:
    do COMMANDS       commands, over several lines if need be
    let WORD COMMAND  from here on WORD, where the page shows an example's number or id, is what the command prints
    until COMMAND     again and again until it succeeds
    checkout          the page is read in a checkout: a copy of what its commands touch
"""

import pathlib
import re
from dataclasses import dataclass

BLOCK_VERBS = {"run", "output", "transcript", "file", "tree", "bytes", "covered", "skip"}
LONE_VERBS = {"do", "let", "until", "checkout"}


class PageError(Exception):
    """The page itself is wrong: an unmarked block, an unknown verb."""


@dataclass
class Step:
    verb: str
    argument: str
    text: str
    line: int


@dataclass
class Mark:
    verb: str
    argument: str
    line: int


def read_page(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    pieces = mdoc_pieces(text) if re.fullmatch(r"\.[1-9]", pathlib.Path(path).suffix) else markdown_pieces(text)
    return list(join(pieces))


def parse_mark(text, line):
    verb, *argument = text.split(None, 1) or [""]
    if verb not in BLOCK_VERBS | LONE_VERBS:
        raise PageError(f"line {line}: there is no instruction '{verb}'")
    return Mark(verb, "".join(argument).strip(), line)


def join(pieces):
    """Marks and blocks, in order, to steps. Each block has exactly one mark."""
    pending = None
    for piece in pieces:
        if pending and isinstance(piece, Mark):
            raise PageError(f"line {pending.line}: '{pending.verb}' has no block below it")
        if isinstance(piece, Mark):
            if piece.verb in BLOCK_VERBS:
                pending = piece
            else:
                yield Step(piece.verb, piece.argument, piece.argument, piece.line)
            continue
        language, text, line = piece
        if pending is None and language != "sh":
            raise PageError(f"line {line}: nothing says what to do with this block")
        mark, pending = pending or Mark("run", "", line), None
        yield Step(mark.verb, mark.argument, text, line)
    if pending:
        raise PageError(f"line {pending.line}: '{pending.verb}' has no block below it")


def markdown_pieces(text):
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        fence = re.match(r"( *)(```+|~~~+)(.*)$", lines[at])
        if fence:
            end = next((i for i in range(at + 1, len(lines)) if lines[i].strip() == fence[2]), None)
            if end is None:
                raise PageError(f"line {at + 1}: this block has no end")
            indent = len(fence[1])
            body = [line[indent:] if line[:indent].isspace() else line for line in lines[at + 1 : end]]
            language = fence[3].split()[0] if fence[3].split() else ""
            yield language, "".join(f"{line}\n" for line in body), at + 1
            at = end + 1
        elif lines[at].lstrip().startswith("<!-- docs:"):
            end = next((i for i in range(at, len(lines)) if "-->" in lines[i]), None)
            if end is None:
                raise PageError(f"line {at + 1}: this comment has no end")
            whole = "\n".join(lines[at : end + 1]).strip()
            if not whole.endswith("-->"):
                raise PageError(f"line {end + 1}: a comment ends its line")
            yield parse_mark(whole[len("<!-- docs:") : -len("-->")], at + 1)
            at = end + 1
        else:
            at += 1


def mdoc_pieces(text):
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if lines[at].startswith('.\\" docs:'):
            first, marked = at, [lines[at][len('.\\" docs:') :]]
            while lines[at + 1].startswith('.\\"  '):
                at += 1
                marked.append(lines[at][len('.\\"  ') :])
            yield parse_mark("\n".join(marked), first + 1)
        elif lines[at].startswith(".Bd -literal"):
            end = lines.index(".Ed", at)
            body = (line.replace("\\&", "").replace("\\-", "-").replace("\\e", "\\") for line in lines[at + 1 : end])
            yield "", "".join(f"{line}\n" for line in body), at + 1
            at = end
        at += 1
