/* outgoing.h - one fetched message on its way out, with all that is needed to judge and to send it.
 * Views into what was fetched: lives for one event.
 * Between deliver.c, which fetches, and parcel.c, which sends. */
#ifndef TRUC_OUTGOING_H
#define TRUC_OUTGOING_H

#include "core_state.h"

/* One fetched message and all that is needed to send it. */
struct outgoing {
    const struct core_fetched *fetched;
    struct core_queue_item *item;
    struct record_accepted accepted;
    struct record_bundle bundle;
    struct header header;
    struct bytes agreement; /* it was accepted under; empty for replies */
    uint64_t expire_ns;     /* of its route; 0: none */
};

/* Decodes the records; what the journal gave is ours, so damage is fatal (JOURNAL_CORRUPT), not the message's fate. */
int outgoing_decode(const struct core *core, struct destination *destination, struct outgoing *outgoing);
/* Is it still to be delivered? 0: yes; 1: it found its end; negative: fatal. */
int outgoing_judge(struct core *core, struct destination *destination, struct outgoing *outgoing);

#endif
