/* ids_spill.h - the known ids over time: a new one is added, old ones are forgotten, many young ones become a run on disk.
 * What is known is dedupe.h's; here it meets effects and events.
 * Used by accept.c, recovery.c and core.c. */
#ifndef TRUC_IDS_SPILL_H
#define TRUC_IDS_SPILL_H

#include "core_state.h"

int ids_add(struct core *core, const struct id_entry *entry);
int ids_kept(struct core *core, uint64_t first_sequence); /* CORE_EVENT_IDS_KEPT */
void ids_forget(struct core *core, uint64_t now_ns);      /* what is older than the window */

#endif
