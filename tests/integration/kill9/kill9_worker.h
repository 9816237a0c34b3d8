/* kill9_worker.h - the adapters of the kill -9 test: `publish` and `consume`, one program with two ways.
 * Ordinary programs over libtruc: they know nothing of kills and restarts.
 * Started and killed by test_kill9.c. */
#ifndef KILL9_WORKER_H
#define KILL9_WORKER_H

#include <truc/truc.h>

struct worker_options {
    const char *settings;
    const char *record;  /* file of kill9_record.h */
    unsigned rate_per_s; /* of messages offered */
    unsigned keys;       /* ordering keys */
};

enum { WORKER_FAILED = 1, WORKER_USAGE = 2, WORKER_PAYLOAD_BYTES = 600 };

int worker_publish(const struct worker_options *options);
int worker_consume(const struct worker_options *options);
int worker_complain(const char *what, const struct truc_fault *fault); /* to standard error; WORKER_FAILED */

#endif
