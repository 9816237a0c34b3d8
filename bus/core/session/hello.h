/* hello.h - opening a session.
 * docs/protocol.md, "Session".
 * Used by dispatch.c and configuration.c. */
#ifndef TRUC_HELLO_H
#define TRUC_HELLO_H

#include "core_state.h"

/* The first command of a peer whose key is `system`'s: a welcome, or an error and the end. */
int hello_take(struct core *core, uint64_t peer, const struct policy_system *system, const uint8_t *transport_key,
               const struct command *command);
/* Turns away who has no session: told, logged, and journaled when the key is a system's (`system` not NULL). */
void hello_refuse(struct core *core, uint64_t peer, const struct policy_system *system, const uint8_t *transport_key,
                  const struct truc_fault *fault);
/* After a new configuration: what it lets each of them do. */
void hello_send_permissions(struct core *core);

#endif
