/* far_portal.h - the provincial portal's far side: what others need of it beside the kind.
 * Its store holds what citizens submitted and which statuses came back. */
#ifndef FAR_PORTAL_H
#define FAR_PORTAL_H

#include "far_store.h"

/* The store of an open portal state (far_side.state); stays the portal's. */
struct far_store *far_portal_store(void *state);

#endif
