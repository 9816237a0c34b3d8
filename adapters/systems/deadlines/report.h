/* report.h - both on-time rates of a period and a unit, side by side, and where they differ.
 * Not the rules themselves (rate.h). A past period is judged as of its end, so that its numbers stay what they were.
 * In the flow: store -> dossier_clock -> rate -> table for people. */
#ifndef DEADLINES_REPORT_H
#define DEADLINES_REPORT_H

#include "buffer.h"
#include "deadlines_load.h"
#include "rate.h"
#include "store.h"

enum { REPORT_EXAMPLES_MAX = 3 };

struct report_request {
    uint64_t from_ns, until_ns; /* until: the first instant after the period */
    const char *unit;           /* agency code; NULL: all */
    uint64_t now_ns;
};

/* A pair of verdicts that differ, with the reasons of both. */
struct report_difference {
    uint64_t count;
    char examples[REPORT_EXAMPLES_MAX][DOSSIER_CODE_BYTES_MAX + 1];
};

struct report {
    struct report_request request;
    uint64_t as_of_ns;
    uint64_t dossiers;                                                /* that belong to the period */
    uint64_t national[RATE_LATE + 1], province[RATE_LATE + 1];        /* by verdict */
    uint64_t national_why[RATE_REASONS], province_why[RATE_REASONS];  /* by reason */
    struct report_difference differences[RATE_REASONS][RATE_REASONS]; /* national reason, province reason */
    uint64_t notes[NOTES];
};

int report_make(struct store *store, const struct deadlines_book *book, const struct report_request *request,
                struct report *ret_report, struct truc_fault *fault);
void report_print(const struct report *report, struct buffer *out);

#endif
