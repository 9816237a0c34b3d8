/* release.h - timed messages whose time has come join their queue.
 * Not the waiting (timed.h).
 * Asked by core.c as time passes, and by recovery.c for what was released before. */
#ifndef TRUC_RELEASE_H
#define TRUC_RELEASE_H

#include "core_state.h"

/* Releases what is due: a record each, and into the queue when it is durable. MEMORY. */
int release_due(struct core *core);
/* Recovery: what was released joins the queue of that lane. JOURNAL_CORRUPT when nothing waits so, MEMORY. */
int release_replay(struct core *core, struct destination *destination, uint64_t sequence, uint32_t lane);

#endif
