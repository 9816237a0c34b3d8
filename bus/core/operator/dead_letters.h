/* dead_letters.h - what operators do with messages that need a person: look at them, queue them again, give them up.
 * Not how a message becomes one (fate.h).
 * Used by operate.c. */
#ifndef TRUC_DEAD_LETTERS_H
#define TRUC_DEAD_LETTERS_H

#include "core_state.h"

/* Which dead letters: DeadQuery in operator.proto. Empty and 0: any. */
struct dead_query {
    struct bytes destination;
    uint64_t position; /* plus one */
    struct bytes type, reason;
    uint32_t count_max;
    struct bytes sender, code;
    uint64_t before_ns;
    struct bytes after_destination; /* the last one of the page before */
    uint64_t after_position, after_ns;
};

int dead_query_decode(struct bytes arguments, struct dead_query *ret, struct truc_fault *fault); /* PROTOCOL */

/* Those that concern the asker: of an integrator's systems the ones they sent, and the ones for them. */
int dead_letters_list(const struct core *core, const struct client *session, const struct dead_query *query,
                      struct buffer *out);
/* Each writes how many; a record each says who and why. MEMORY. */
int dead_letters_retry(struct core *core, const struct dead_query *query, struct bytes operator_id, struct buffer *out);
int dead_letters_discard(struct core *core, const struct dead_query *query, struct bytes operator_id,
                         struct buffer *out);

#endif
