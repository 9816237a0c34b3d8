/* guard.h - how much of the journal and of the broker's attention one system may have, beyond what its agreements allow.
 * Token buckets by system and purpose; not agreements' rates (stage_check.c), which are the operator's to choose.
 * Asked by hello.c, operate.c, publish.c, payload_show.c and, for the log, deliver.c. */
#ifndef TRUC_GUARD_H
#define TRUC_GUARD_H

#include "core_state.h"

/* Whether it is still within `count` a span: of `what` ("hello", "ask" …), by that system. Takes one if so. Without memory the step
 * fails as a whole. */
bool guard_take(struct core *core, const char *what, const char *system, uint32_t count, uint64_t span_ns);

#endif
