/* reload.h - a reload that an operator asks for: begun as an effect, ended by an event, journaled with who and why.
 * Not reading files, which the daemon does; not putting a policy in force (configuration.h).
 * Begun by operate.c, ended by core.c. */
#ifndef TRUC_RELOAD_H
#define TRUC_RELOAD_H

#include "change.h"
#include "core_state.h"

/* TRUC_E_STATE when another one has not ended. */
int reload_ask(struct core *core, const struct client *session, uint64_t number, const struct change *change,
               struct truc_fault *fault);
/* Journals the operation and answers who asked, if still connected. MEMORY. */
int reload_done(struct core *core, const struct core_reloaded *reloaded);

#endif
