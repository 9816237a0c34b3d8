/* far_log.h - one JSON line for each thing that moved: for a person who watches, and for tools.
 * Never a person's data: dossier codes, statuses and outcomes only. Written where the program says, or nowhere. */
#ifndef FAR_LOG_H
#define FAR_LOG_H

#include <pthread.h>
#include <stdio.h>

struct far_log {
    FILE *stream; /* NULL: nothing is written */
    pthread_mutex_t lock;
};

void far_log_init(struct far_log *log, FILE *stream); /* the stream stays the caller's */
void far_log_free(struct far_log *log);

/* {"time":"14:03:07.118","side":side,"what":what,"dossier":dossier,"outcome":outcome}; empty texts are left out.
 * A line that can't be written is lost: the stores, not the lines, are the account. */
void far_log_move(struct far_log *log, const char *side, const char *what, const char *dossier, const char *outcome);

#endif
