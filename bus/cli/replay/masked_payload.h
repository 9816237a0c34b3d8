/* masked_payload.h - a payload with a pseudonym wherever its schema marks a person or an identity number; everything else as it was.
 * Not the masks people are shown (schema_to_json's "•••"): what comes out is a payload that its schema takes.
 * In the flow: journal replay, between reading a message and signing its replay. */
#ifndef TRUC_MASKED_PAYLOAD_H
#define TRUC_MASKED_PAYLOAD_H

#include "pseudonym.h"

enum { MASKED_IDENTITIES_MAX = 256 }; /* of one message, looked for in its unmarked texts; past it only by their form */

/* Identity numbers of one message, each behind its pseudonym: so that one of them in a text without a mark goes, too. Start with {0}. */
struct masked_identities {
    struct buffer texts;
    struct {
        size_t original, original_size, pseudonym, pseudonym_size; /* places in `texts` */
    } entries[MASKED_IDENTITIES_MAX];
    size_t count;
};
void masked_identities_free(struct masked_identities *identities);

/* Appends the payload masked, and collects the message's identity numbers. TRUC_E_PAYLOAD when it does not fit its schema, MEMORY. */
int masked_payload(const struct pseudonym_key *key, const struct schema_message *schema, struct bytes payload,
                   struct masked_identities *identities, struct buffer *out, struct truc_fault *fault);
/* Appends a text with those numbers replaced where they occur in it, and whatever else has a citizen's number's form. MEMORY. */
int masked_text(const struct pseudonym_key *key, const struct masked_identities *identities, struct bytes text,
                struct buffer *out);

#endif
