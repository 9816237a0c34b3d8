"""The judge finds every kind of trouble, and none where there is none.
Made-up records only: without this a silent judge would make all scenarios tests that cannot fail.
"""
import unittest

from judge.record import Line
from judge.verdict import Verdict, judge, longest_stop_ns


class TheJudge(unittest.TestCase):
    def counts(self, verdict, **wanted):
        for field in ("lost", "doubled", "out_of_order", "unexplained"):
            self.assertEqual(getattr(verdict, field), wanted.get(field, 0), (field, verdict.troubles))
        self.assertEqual(verdict.is_good, not wanted)

    def test_all_is_well(self):
        acknowledged = [Line("alpha-1", "k1", 10, 5), Line("alpha-2", "k2", 11, 6), Line("beta-1", "k1", 12, 9)]
        effects = [Line("beta-1", "k1", 12, 0), Line("alpha-2", "k2", 11, 0), Line("alpha-1", "k1", 10, 0)]
        verdict = judge(acknowledged, effects)
        self.counts(verdict)
        self.assertEqual(verdict.longest_stop_ns, 3)

    def test_nothing_at_all_is_not_well(self):
        self.assertFalse(judge([], []).is_good)

    def test_a_lost_message_is_found(self):
        acknowledged = [Line("alpha-1", "k1", 10, 1), Line("alpha-2", "k1", 11, 2)]
        verdict = judge(acknowledged, [Line("alpha-1", "k1", 10, 0)])
        self.counts(verdict, lost=1)
        self.assertEqual(verdict.troubles, ["lost: alpha-2"])
        self.counts(judge(acknowledged, []), lost=2)

    def test_a_second_effect_is_found(self):
        effect = Line("alpha-1", "k1", 10, 0)
        self.counts(judge([Line("alpha-1", "k1", 10, 1)], [effect, effect, effect]), doubled=2)

    def test_disorder_is_found_within_a_sender_and_key_alone(self):
        lines = [Line("alpha-10", "k1", 2, 2), Line("beta-1", "k1", 4, 4), Line("alpha-3", "k2", 3, 3),
                 Line("alpha-2", "k1", 1, 1)]
        verdict = judge(lines, lines)
        self.counts(verdict, out_of_order=1)
        self.assertEqual(verdict.troubles, ["out of order: alpha-2"])

    def test_what_nobody_acknowledged_is_found(self):
        self.counts(judge([Line("alpha-1", "k", 1, 1)], [Line("alpha-1", "k", 1, 1), Line("alpha-3", "k", 3, 0)]),
                    unexplained=1)

    def test_another_position_or_key_is_found(self):
        lines = [Line("alpha-1", "k", 1, 1), Line("alpha-2", "k", 2, 2)]
        self.counts(judge(lines, [Line("alpha-1", "k", 7, 1), Line("alpha-2", "j", 2, 2)]), unexplained=2)

    def test_an_acknowledgement_comes_once(self):
        line = Line("alpha-1", "k", 1, 1)
        self.counts(judge([line, Line("alpha-1", "k", 1, 2)], [line]), unexplained=1)

    def test_an_outbox_may_tell_it_again_but_not_otherwise(self):
        line = Line("alpha-1", "k", 1, 1)
        self.counts(judge([line, Line("alpha-1", "k", 1, 2)], [line], may_repeat={"alpha"}))
        self.counts(judge([line, Line("alpha-1", "k", 2, 2)], [line], may_repeat={"alpha"}), unexplained=1)

    def test_stops_are_between_acknowledgements_of_any_sender(self):
        self.assertEqual(longest_stop_ns([]), 0)
        self.assertEqual(longest_stop_ns([Line("a-1", "k", 1, 50), Line("b-1", "k", 1, 10), Line("b-2", "k", 1, 20)]), 30)

    def test_what_was_under_way_when_a_run_got_stuck_is_forgotten_and_nothing_else(self):
        effect = Line("a-2", "k", 2, 2)
        verdict = judge([Line("a-1", "k", 1, 1), Line("a-3", "k", 3, 3)], [effect, Line("a-3", "k", 9, 9)])
        self.counts(verdict, lost=1, unexplained=2)
        verdict.forget_unfinished()
        self.counts(verdict, unexplained=1)

    def test_sums_keep_every_trouble(self):
        total = Verdict()
        total.add(judge([Line("a-1", "k", 1, 1)], []))
        total.add(judge([Line("a-1", "k", 1, 1), Line("a-2", "k", 2, 9)], [Line("a-1", "k", 1, 1)] * 2))
        self.assertEqual((total.acknowledged, total.lost, total.doubled, total.longest_stop_ns), (3, 2, 1, 8))
        self.assertEqual(len(total.troubles), 3)
        self.assertFalse(total.is_good)


if __name__ == "__main__":
    unittest.main()
