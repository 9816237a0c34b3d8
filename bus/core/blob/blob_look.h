/* blob_look.h - whether a message that a client names lets it have an attachment: it reads that message's record and asks.
 * The rules are those of delivery: its own destinations, its time, the agreements in force now.
 * Used by blob_put.c and blob_get.c. */
#ifndef TRUC_BLOB_LOOK_H
#define TRUC_BLOB_LOOK_H

#include "transfer.h"

/* Asks for the record. 0 or TRUC_E_MEMORY; a client that names no record there is is refused at once. */
int blob_look(struct core *core, struct client *session, struct transfer *transfer);
/* CORE_EVENT_LOOKED with LOOK_BLOB. */
int blob_looked(struct core *core, const struct core_looked *looked);

#endif
