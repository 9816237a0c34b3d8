/* torture_worker.h - the adapters of the torture tests: `publish` and `consume`, one program with two ways.
 * Ordinary programs over libtruc: they know nothing of faults. Their outside records are files of torture_record.h.
 * Started, stopped and killed by ../world/load.py. */
#ifndef TORTURE_WORKER_H
#define TORTURE_WORKER_H

#include <truc/truc.h>

struct worker_options {
    const char *settings;
    const char *record;  /* file of torture_record.h */
    const char *refused; /* the publisher's: a line for each message that was refused, "ID CODE" */
    unsigned rate_per_s; /* of messages offered */
    unsigned keys;       /* ordering keys */
};

enum { WORKER_FAILED = 1, WORKER_USAGE = 2, WORKER_CONTENT_BYTES = 300 };

int worker_publish(const struct worker_options *options);
int worker_consume(const struct worker_options *options);
int worker_complain(const char *what, const struct truc_fault *fault); /* to standard error; WORKER_FAILED */

#endif
