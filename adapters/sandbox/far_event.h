/* far_event.h - the body of each step the one-stop desk takes: the question to the population database, and events.
 * Pure: dossier in, JSON out. README.md, "onestop", is the list of fields. */
#ifndef FAR_EVENT_H
#define FAR_EVENT_H

#include "far_plan.h"

#include <buffer.h>
#include <jansson.h>

/* `dossier` is the dossier as the desk got it; `officer` picks who handles it. Appends one JSON object. MEMORY. */
int far_event_append(enum far_step step, const json_t *dossier, uint64_t officer, uint64_t now_ns, struct buffer *out);

#endif
