/* awaiting.h - what waits for the disk: answers to senders and operators, and messages that will join their queues.
 * In the order of sequences.
 * Filled by publish.c, accept.c, redrive.c, release.c and operation.c, run by CORE_EVENT_DURABLE. */
#ifndef TRUC_AWAITING_H
#define TRUC_AWAITING_H

#include "core_state.h"

/* Takes the outcomes over. MEMORY. */
int awaiting_answer(struct core *core, const struct client *session, uint64_t number, uint64_t credit_bytes,
                    struct buffer *outcomes);
/* A frame for a client, once every record so far is durable. There must be one that is not yet. */
int awaiting_frame(struct core *core, const struct client *session, const struct command *command);
int awaiting_fetch(struct core *core, const struct client *session, uint64_t number); /* of an attachment */
int awaiting_removal(struct core *core, const struct sha256_digest *sha256);          /* likewise */
/* Room for so many destinations, each then named by awaiting_add; NULL: no memory. */
struct awaiting *awaiting_message(struct core *core, uint64_t sequence, uint32_t size_bytes, size_t destination_count);
void awaiting_add(struct awaiting *awaiting, const struct awaiting_destination *destination);
int awaiting_durable(struct core *core, uint64_t through); /* runs everything below the mark */
void awaiting_free_all(struct core *core);

#endif
