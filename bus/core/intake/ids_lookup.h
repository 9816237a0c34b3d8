/* ids_lookup.h - before a bundle is taken: which of its ids only the disk can tell from new ones, and what the disk said.
 * The core reads no file: it asks, its client's publish waits in held.c, and the answer comes as an event.
 * Used by publish.c, stage_intake.c and core.c. */
#ifndef TRUC_IDS_LOOKUP_H
#define TRUC_IDS_LOOKUP_H

#include "core_state.h"

/* For core->bundle. 0: all ids can be told, and core->ids holds them; 1: the disk is asked, and nothing else was done. */
int ids_lookup(struct core *core, struct client *session);
/* What the disk said of message `index`; NULL: it was not asked. */
const struct dedupe_found *ids_found(const struct client *session, uint32_t index);
void ids_lookup_free(struct client *session); /* the bundle was taken, or its client is gone */
/* CORE_EVENT_IDS_FOUND; true: the client's publish can be taken now. */
bool ids_answered(struct client *session, const struct core_id_found *answers, size_t count);

#endif
