/* configuration.h - a policy comes into force.
 * At the start and at every reload.
 * Used by core.c. */
#ifndef TRUC_CONFIGURATION_H
#define TRUC_CONFIGURATION_H

#include "core_state.h"

/* `origin`: "start", or who asked for the reload. The policy outlives the core, or the next one taken. */
int configuration_take(struct core *core, const struct policy *policy, const char *origin);

#endif
