/* quarantine.h - a receiver whose connection is lost again and again with the same messages out: one at a time from then on, until
 * the one that brings it down is known. That one needs a person; the others are delivered.
 * Not retries, which a receiver asks for. Counted anew by each start of the broker.
 * Told by client.c of lost connections, by settle.c of receipts; deliver.c asks how many may be out. */
#ifndef TRUC_QUARANTINE_H
#define TRUC_QUARANTINE_H

#include "core_state.h"

/* Its connection was lost; what is out has not been recalled yet. Without memory the step fails as a whole. */
void quarantine_lost(struct core *core, struct destination *destination);
/* It settled `count` messages: it lives. */
void quarantine_settled(struct core *core, struct destination *destination, size_t count);
static inline size_t quarantine_out_max(const struct destination *destination)
{
    return destination->suspects ? 1 : SIZE_MAX;
}

#endif
