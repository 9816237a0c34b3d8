/* accept.h - a bundle being taken, and what becomes of its messages that passed every stage.
 * Between publish.c and awaiting.c.
 * The bundle's own record is written before the first of its messages that is stored. */
#ifndef TRUC_ACCEPT_H
#define TRUC_ACCEPT_H

#include "pipeline.h"

/* A bundle on its way in. */
struct intake {
    struct client *session;
    const struct policy_system *sender;
    const struct policy_signing_key *key;
    struct sha256_digest leaves[PROTOCOL_BUNDLE_MESSAGES_MAX];
    struct truc_fault refusal; /* of the whole bundle; code 0: its signature holds */
    uint64_t bundle_sequence;
    bool bundle_stored;
    struct buffer outcomes;
    struct passage blocked; /* the first of its messages refused for now */
    uint32_t blocked_count;
};

int accept_message(struct core *core, struct intake *intake, struct passage *passage, uint32_t index);
void accept_outcome(struct intake *intake, int code, uint64_t sequence, bool repeat, const struct truc_fault *fault);
uint64_t accept_key_hash(const struct header *header,
                         uint32_t order); /* of its queue entry; order: enum policy_order */

#endif
