/* turned_away.h - messages that a client was told to send again (BLOCKED), in their order, by ordering key and by subject.
 * What it had sent behind one of them before it was told must not overtake it: a full destination would break the order.
 * Kept by connection; asked by the last stage of the pipeline. */
#ifndef TRUC_TURNED_AWAY_H
#define TRUC_TURNED_AWAY_H

#include "header.h"
#include "map.h"
#include "sha256.h"
#include <truc/error.h>

struct turned_away {
    struct map keys;        /* struct turned_key by hash */
    size_t count;           /* entries under all keys */
    uint64_t turns_counted; /* of refusals: tells what was sent again since from what its sender has given up */
};

void turned_away_free(struct turned_away *away);
/* Whether this message must wait for an earlier one of its key or subject. Forgets earlier ones that were given up. */
bool turned_away_precedes(struct turned_away *away, const struct header *header, const struct sha256_digest *leaf);
/* It was refused for now, for the first time or again. 0 or TRUC_E_MEMORY. */
int turned_away_note(struct turned_away *away, const struct header *header, const struct sha256_digest *leaf);
/* It was accepted. */
void turned_away_forget(struct turned_away *away, const struct header *header, const struct sha256_digest *leaf);

#endif
