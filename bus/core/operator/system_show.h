/* system_show.h - one system as the rules in force have it: its keys, routes and agreements, for who has no copy of the configuration.
 * Not the file: titles and rules as text, no path and no comment.
 * A verb of operate.c. */
#ifndef TRUC_SYSTEM_SHOW_H
#define TRUC_SYSTEM_SHOW_H

#include "core_state.h"

/* NOT_FOUND: there is no such system. */
int system_show(const struct core *core, struct bytes id, struct buffer *out, struct truc_fault *fault);

#endif
