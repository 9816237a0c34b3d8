/* refusals.h - refusals of one sender that come faster than each is worth a record: counted, and recorded together.
 * Each is answered all the same; only the journal says less about the later ones of a flood.
 * Used by publish.c and core.c. */
#ifndef TRUC_REFUSALS_H
#define TRUC_REFUSALS_H

#include "core_state.h"

/* Whether this refusal gets a record of its own. If not, it is counted. */
bool refusals_are_few(struct core *core, struct destination *sender, int code, uint32_t count);
/* Records what was counted: of a flood that goes on once in a while, at the end (`all`) whatever there is. */
int refusals_record(struct core *core, bool all);

#endif
