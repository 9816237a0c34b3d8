"""named.py - what a page names in its text is there: commands and options of the programs, files of
the source tree, pages it links to, and their sections.
Not the blocks. In the flow: run_page.py, after the blocks of a page have been followed."""

import functools
import pathlib
import re
import subprocess

PROGRAMS = ("truc", "trucd", "truc-http", "truc-exec", "truc-files", "truc-door", "truc-deadlines", "truc-demo", "truc-sandbox")


def without_blocks(text):
    text = re.sub(r"^ *(```+|~~~+).*?^ *\1 *$", "", text, flags=re.M | re.S)
    return re.sub(r"<!--.*?-->", "", text, flags=re.S)


@functools.cache
def help_text(programs, *words):
    done = subprocess.run([f"{programs}/{words[0]}", *words[1:], "--help"], capture_output=True, text=True, timeout=20)
    return done.stdout if done.returncode == 0 else ""


@functools.cache
def commands_of_truc(programs):
    listed = subprocess.run([f"{programs}/truc", "help"], capture_output=True, text=True, timeout=20, check=True)
    return set(re.findall(r"^  ([a-z-]+(?: [a-z-]+)?)  +\S", listed.stdout, flags=re.M))


def spelled_out(span):
    """`queue pause|resume` is two commands."""
    words = span.split()
    for at, word in enumerate(words):
        if re.fullmatch(r"[a-z-]+(\|[a-z-]+)+", word):
            return [" ".join(words[:at] + [one] + words[at + 1 :]) for one in word.split("|")]
    return [span]


def wrong_command(span, programs):
    words = span.split()
    while len(words) > 3 and words[1].startswith("--"):  # what every command takes may stand before it, too
        words[1:3] = []
    asked = [words[0]]
    if words[0] == "truc" and len(words) > 1 and re.fullmatch("[a-z-]+", words[1]):
        known = commands_of_truc(programs)
        command = next((" ".join(words[1 : 1 + n]) for n in (2, 1) if " ".join(words[1 : 1 + n]) in known), None)
        if command is None:
            group = [name for name in known if name.startswith(words[1] + " ")]
            return None if group and len(words) == 2 else f"`{span}`: truc has no command '{words[1]}'"
        asked += command.split()
    text = help_text(programs, *asked)
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", span):
        if not re.search(rf"{re.escape(option)}(?![a-z-])", text):
            return f"`{span}`: '{' '.join(asked)}' has no option {option}"
    return None


def slug(heading):
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower()).strip().replace(" ", "-")


def wrong_link(target, page):
    name, _, section = target.partition("#")
    file = (page.parent / name) if name else page
    if not file.exists():
        return f"there is no {target}"
    if section and slug_missing(file, section):
        return f"{name or 'this page'} has no section #{section}"
    return None


def slug_missing(file, section):
    text = without_blocks(file.read_text(encoding="utf-8"))
    return section not in {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, flags=re.M)}


def wrong_path(span, folders):
    """A path of the source tree, or of what the page made; NAME and {a,b} in it stand for any."""
    pattern = re.sub(r"\{[^}]*\}|\b[A-Z]{2,}\b", "*", span.rstrip("/"))
    found = any(next(pathlib.Path(folder).glob(pattern), None) for folder in folders)
    return None if found else f"`{span}`: there is no such file"


def wrong_names(path, programs, folders):
    page = pathlib.Path(path)
    text = without_blocks(page.read_text(encoding="utf-8"))
    spans = (span for span in re.findall(r"`([^`]+)`", text) if span.split()[:1] and span.split()[0] in PROGRAMS)
    links = re.findall(r"\]\(((?!https?:)[^)\s]+)\)", text)
    wrong = [wrong_command(one, str(programs)) for span in spans for one in spelled_out(span)]
    wrong += [wrong_link(target, page) for target in links]
    paths = re.findall(r"`((?:bus|adapters|tests|docs|config|schemas|cmake)/[\w./{},*-]+)`", text)
    return [what for what in wrong + [wrong_path(span, folders) for span in paths] if what]
