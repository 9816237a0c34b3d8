/* kill9_judge.h - compares what was acknowledged with what happened.
 * Pure: two arrays in, counts out. It knows neither the bus nor its journal.
 * Last step of test_kill9.c; tried on made-up records by test_kill9_judge.c. */
#ifndef KILL9_JUDGE_H
#define KILL9_JUDGE_H

#include "kill9_record.h"

struct kill9_verdict {
    size_t acknowledged;
    size_t effects;
    size_t lost;         /* acknowledged, without an effect */
    size_t doubled;      /* effects beyond the first of an id */
    size_t out_of_order; /* after a later one of the same sender and key */
    size_t
        unexplained; /* an effect without an acknowledgement, or of another journal position, or two acknowledgements of one id */
    uint64_t longest_stop_ns;          /* between two acknowledgements */
    char first[3 * RECORD_TEXT_BYTES]; /* the first trouble, by name; "" when there is none */
};

/* Sorts both arrays. 0 or TRUC_E_MEMORY. `effects` are in the order in which they happened. */
int kill9_judge(struct record_line *acknowledged, size_t acknowledged_count, struct record_line *effects,
                size_t effects_count, struct kill9_verdict *ret_verdict);

#endif
