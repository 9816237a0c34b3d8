"""The outside records, read: acknowledgements and effects (worker/torture_record.h), refusals.
Not a judgement. A last line that was not written whole did not happen.
Read by world/world.py, judged by judge/verdict.py.
"""
import typing


class Line(typing.NamedTuple):
    id: str         # SENDER-NUMBER
    key: str        # ordering key
    position: int   # in the journal, as the bus named it
    time_ns: int    # monotonic

    @property
    def sender(self):
        return self.id.rpartition("-")[0]

    @property
    def number(self):
        return int(self.id.rpartition("-")[2])


def _whole_lines(path):
    try:
        text = path.read_text("ascii")
    except FileNotFoundError:
        return []
    return text[: text.rfind("\n") + 1].splitlines()


def read(path):
    lines = []
    for text in _whole_lines(path):
        identity, key, position, time_ns = text.split(" ")
        lines.append(Line(identity, key, int(position), int(time_ns)))
    return lines


def read_refusals(path):
    """Pairs of id and code."""
    return [tuple(text.split(" ")) for text in _whole_lines(path)]
