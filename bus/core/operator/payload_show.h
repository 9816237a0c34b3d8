/* payload_show.h - one message's payload in clear, for an operator or auditor who says why.
 * Not masked and not a search: one position an ask. Who looked at what and why is durable before the answer leaves.
 * Begun by operate.c, ended by core.c when the record was read. */
#ifndef TRUC_PAYLOAD_SHOW_H
#define TRUC_PAYLOAD_SHOW_H

#include "core_state.h"
#include "record.h"

#define PAYLOAD_SHOW_VERB RECORD_PAYLOAD_SHOW_VERB

enum { PAYLOAD_SHOWS_A_MINUTE = 20 /* of one operator's or auditor's key: to look at, not to carry away */ };

/* ARGUMENT: no reason; NOT_FOUND: nothing durable is there; RATE. Then the caller journals the attempt with *ret_reason. */
int payload_show_ask(struct core *core, const struct client *session, uint64_t number, struct bytes arguments,
                     struct bytes *ret_reason, struct truc_fault *fault);
/* Journals and answers: with the payload, or NOT_FOUND (it is no message), ERASED, JOURNAL_KEY, JOURNAL_CORRUPT, IO. MEMORY. */
int payload_show_done(struct core *core, const struct core_looked *looked);

#endif
