/* far_clerk.h - the one-stop desk's clerks: walk every open dossier through its plan, one post at a time.
 * Does not receive dossiers (far_onestop.c does) and knows nothing of the bus beyond its adapter's URL.
 * Each post is written down before it is sent and repeated with the same bytes until it is answered. */
#ifndef FAR_CLERK_H
#define FAR_CLERK_H

#include "far_side.h"
#include "far_store.h"

struct far_clerks;

/* Starts the workers and takes up every dossier that `store` holds as open. `store` and `world` outlive the clerks.
 * The tables dossiers and posts must exist. */
int far_clerks_start(struct far_store *store, const struct far_world *world, struct far_clerks **ret_clerks,
                     struct truc_fault *fault);
void far_clerks_stop(struct far_clerks *clerks); /* NULL is fine; what is open goes on at the next start */
/* Gives them a dossier just stored as open. LIMIT, MEMORY. */
int far_clerks_add(struct far_clerks *clerks, const char *code, int plan);

#endif
