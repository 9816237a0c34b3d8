/* parcel.h - outgoing messages as parcels: of one bundle each, with its signature once and one proof for the subset.
 * docs/protocol.md, "Delivery".
 * Used by deliver.c. */
#ifndef TRUC_PARCEL_H
#define TRUC_PARCEL_H

#include "outgoing.h"

/* Sends them, in this order, to the destination's session, after the certificates it does not have yet. */
int parcel_send(struct core *core, struct destination *destination, struct outgoing *outgoing, size_t count);

#endif
