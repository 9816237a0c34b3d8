"""Compares what was acknowledged with what happened.
Pure: two lists of record.Line in, counts out. It knows neither the bus nor its journal.
Last step of each scenario (world/world.py); tried on made-up records by own_tests/test_verdict.py.
"""
import collections
import dataclasses


NEVER_ACKNOWLEDGED = " was never acknowledged"


@dataclasses.dataclass
class Verdict:
    acknowledged: int = 0
    effects: int = 0
    lost: int = 0          # acknowledged, without an effect
    doubled: int = 0       # effects beyond the first of an id
    out_of_order: int = 0  # after a later one of the same sender and key
    unexplained: int = 0   # what nobody can account for: effects, acknowledgements, refusals, exits, lines of a log
    longest_stop_ns: int = 0  # between two acknowledgements: told, not judged
    troubles: list = dataclasses.field(default_factory=list)  # each by name

    @property
    def is_good(self):
        return self.acknowledged > 0 and not (self.lost or self.doubled or self.out_of_order or self.unexplained)

    def note(self, field, what):
        setattr(self, field, getattr(self, field) + 1)
        self.troubles.append(f"{field.replace('_', ' ')}: {what}")

    def forget_unfinished(self):
        """A run that got stuck before the end: what was under way then is neither lost nor unexplained."""
        kept = [trouble for trouble in self.troubles
                if not trouble.endswith(NEVER_ACKNOWLEDGED) and not trouble.startswith("lost: ")]
        self.unexplained -= sum(trouble.endswith(NEVER_ACKNOWLEDGED) for trouble in self.troubles)
        self.lost, self.troubles = 0, kept

    def add(self, other):
        for field in ("acknowledged", "effects", "lost", "doubled", "out_of_order", "unexplained"):
            setattr(self, field, getattr(self, field) + getattr(other, field))
        self.longest_stop_ns = max(self.longest_stop_ns, other.longest_stop_ns)
        self.troubles += other.troubles


def _check_order(effects, verdict):
    """Within a sender and a key numbers only grow."""
    last = {}
    for effect in effects:
        stream = effect.sender, effect.key
        if effect.number < last.get(stream, 0):
            verdict.note("out_of_order", effect.id)
        last[stream] = max(effect.number, last.get(stream, 0))


def _check_acknowledgements(acknowledged, may_repeat, verdict):
    """Each once; those that an outbox tells again after a crash may come again, with the same position."""
    first = {}
    for line in acknowledged:
        known = first.setdefault(line.id, line)
        if known is not line and (line.sender not in may_repeat or known.position != line.position):
            verdict.note("unexplained", f"{line.id} acknowledged twice, at {known.position} and {line.position}")
    return first


def longest_stop_ns(acknowledged):
    times = sorted(line.time_ns for line in acknowledged)
    return max((later - earlier for earlier, later in zip(times, times[1:])), default=0)


def judge(acknowledged, effects, may_repeat=()):
    """`effects` in the order in which they happened; `may_repeat`: senders with an outbox that were killed."""
    verdict = Verdict(effects=len(effects), longest_stop_ns=longest_stop_ns(acknowledged))
    first = _check_acknowledgements(acknowledged, may_repeat, verdict)
    verdict.acknowledged = len(first)
    _check_order(effects, verdict)
    times = collections.Counter(effect.id for effect in effects)
    for identity in first.keys() - times.keys():
        verdict.note("lost", identity)
    for identity, count in times.items():
        for _ in range(count - 1):
            verdict.note("doubled", identity)
    for effect in {effect.id: effect for effect in effects}.values():
        told = first.get(effect.id)
        if told is None:
            verdict.note("unexplained", effect.id + NEVER_ACKNOWLEDGED)
        elif (told.position, told.key) != (effect.position, effect.key):
            verdict.note("unexplained", f"{effect.id} is not what was acknowledged")
    return verdict
