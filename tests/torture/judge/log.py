"""Lines of the logs of trucd and of adapters: which of them nobody expects. Debug, information and notices say what
goes on and are not judged; everything else needs a pattern, and so does what is no line of a log at all (an assertion
of a library, a sanitizer's report). See own_tests/test_log.py.
"""
import re

_LINE = re.compile(r"\d{4}-\d\d-\d\d \S+ [+]\S+ (?P<level>fatal|error|warning|notice|info|debug) +(?P<text>.*)")


def unexplained(text, allowed):
    """The lines that are worse than a notice and fit none of the regular expressions `allowed`."""
    found = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match and match["level"] in ("notice", "info", "debug"):
            continue
        said = match["text"] if match else line
        if not any(re.search(pattern, said) for pattern in allowed):
            found.append(line)
    return found
