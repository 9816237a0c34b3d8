/* rate.h - token buckets: how often an agreement may be used, in total and by one officer.
 * Buckets are made when first used and forgotten when full again; their number in one table is bounded.
 * Asked by the pipeline after routing. */
#ifndef TRUC_RATE_H
#define TRUC_RATE_H

#include "map.h"
#include <truc/error.h>

enum { RATE_BUCKETS_MAX = 16384 };

struct rates {
    struct map by_name;
    size_t count;
    uint64_t forgot_up_ns; /* when full buckets were last looked for */
};

void rates_free(struct rates *rates);
/* Takes one token of `name`, which refills `count` tokens a `span_ns`. 0, TRUC_E_RATE when none is left, TRUC_E_MEMORY. */
int rates_take(struct rates *rates, struct bytes name, uint32_t count, uint64_t span_ns, uint64_t up_ns);

/* Tables under names: who fills one with names of his own making holds up nobody in another. */
struct rate_tables {
    struct map by_name;
};

struct rates *rate_tables_get(struct rate_tables *tables,
                              struct bytes name); /* made when first asked for; NULL: no memory */
void rate_tables_free(struct rate_tables *tables);

#endif
