/* core_emit.h - the ways of appending effects to the step being taken.
 * Never fails visibly: without memory the whole step fails at its end (core->out_of_memory).
 * Used by every file of the core that wants something done. */
#ifndef TRUC_CORE_EMIT_H
#define TRUC_CORE_EMIT_H

#include "core_state.h"

struct effect *core_effect(struct core *core, enum effect_kind kind); /* appended; never NULL */
struct bytes core_keep(struct core *core, struct bytes view);         /* a copy that lives as long as the effects */
uint64_t core_append(struct core *core, enum record_kind kind, struct bytes body, bool lazy); /* returns its sequence */
uint64_t core_append_tied(struct core *core, enum record_kind kind, struct bytes body); /* to the record before it */
uint64_t core_append_message(struct core *core, struct bytes body, struct bytes salt, struct bytes payload);
void core_send(struct core *core, uint64_t peer, const struct command *command);
void core_send_frame(struct core *core, uint64_t peer, struct bytes frame); /* encoded already */
/* What somebody else sent it, encoded and all: it counts as unread until the client has shown otherwise. */
void core_count_sent(struct core *core, uint64_t peer, uint64_t size_bytes);
/* Ends a connection. Until that is carried out core_is_closed says so, and what the peer still sends is not taken. */
void core_close(struct core *core, uint64_t peer);
bool core_is_closed(const struct core *core, uint64_t peer);
void core_log(struct core *core, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
