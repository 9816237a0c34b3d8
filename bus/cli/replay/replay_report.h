/* replay_report.h - what became of a replay: each message that was not replayed by name, and counts of all at the end.
 * Not why (replay_senders.h and replay_message.h say that); only counting and printing.
 * In the flow: journal replay tells it; exit codes come from here. */
#ifndef TRUC_REPLAY_REPORT_H
#define TRUC_REPLAY_REPORT_H

#include "cli.h"
#include "replay_senders.h"

enum { REPLAY_REASONS_MAX = 96 };

struct replay_report {
    const struct cli *cli;
    uint64_t taken, repeated;      /* messages that the sandbox has now */
    uint64_t answered, unanswered; /* of the questions among those taken */
    uint64_t replies, left_out;    /* replies, which are not replayed; everything else that was not */
    struct {
        const char *name; /* of an error, or REFUSED */
        uint64_t count;
    } reasons[REPLAY_REASONS_MAX];
    size_t reasons_count;
};

/* What the sandbox said of a message; a replay_fate_callback with the report as context. */
void replay_report_fate(void *context, const struct replay_fate *fate);
/* It was not even sent. `count`: like ones, at least 1. */
void replay_report_left_out(struct replay_report *report, uint64_t position, const char *reason, const char *text,
                            uint64_t count);
/* The end: counts, and with stopped_before < UINT64_MAX how to go on. */
int replay_report_end(struct replay_report *report, uint64_t stopped_before, uint64_t last);
enum cli_exit replay_report_exit(const struct replay_report *report, bool is_whole);

#endif
