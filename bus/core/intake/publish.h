/* publish.h - taking a bundle.
 * Errors are fatal for the core; what is wrong with a bundle is answered or ends its session.
 * Used by held.c. */
#ifndef TRUC_PUBLISH_H
#define TRUC_PUBLISH_H

#include "core_state.h"

/* 1: the disk is asked first for ids that may be repeats; nothing was taken, and it is to be called again with the same. */
int publish_take(struct core *core, struct client *session, const struct command_publish *publish);

#endif
