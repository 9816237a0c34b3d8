/* rate.c - token buckets by name, filled by elapsed up-time.
 * Whole numbers only: a bucket holds count × span nanosecond-tokens, so nothing is lost to rounding.
 * No clock: the caller's monotonic time. */
#include "rate.h"

#include <stdlib.h>

enum { RATE_FORGET_BATCH = 1024, RATE_FORGET_NS = 1000000000 /* between walks over a full table */ };

__extension__ typedef unsigned __int128 wide; /* ISO C has no type this wide */

struct bucket {
    struct bytes name;
    wide level, full; /* tokens × span_ns */
    uint32_t count;
    uint64_t span_ns, filled_up_ns;
    uint8_t storage[];
};

void rates_free(struct rates *rates)
{
    size_t at = 0;
    struct bucket *bucket;
    while ((bucket = map_next(&rates->by_name, &at)))
        free(bucket);
    map_free(&rates->by_name);
    rates->count = 0;
}

static void fill(struct bucket *bucket, uint64_t up_ns)
{
    bucket->level += (wide)(up_ns - bucket->filled_up_ns) * bucket->count;
    if (bucket->level > bucket->full)
        bucket->level = bucket->full;
    bucket->filled_up_ns = up_ns;
}

/* Removes buckets that are full again: they say nothing a new one would not. Not during a walk, which the table forbids. */
static void forget_full(struct rates *rates, uint64_t up_ns)
{
    struct bucket *full[RATE_FORGET_BATCH];
    size_t count;
    rates->forgot_up_ns = up_ns;
    do {
        size_t at = 0;
        struct bucket *bucket;
        count = 0;
        while (count < RATE_FORGET_BATCH && (bucket = map_next(&rates->by_name, &at))) {
            fill(bucket, up_ns);
            if (bucket->level == bucket->full)
                full[count++] = bucket;
        }
        for (size_t i = 0; i < count; i++) {
            map_remove_bytes(&rates->by_name, full[i]->name);
            free(full[i]);
            rates->count--;
        }
    } while (count == RATE_FORGET_BATCH);
}

static struct bucket *make(struct rates *rates, struct bytes name, uint32_t count, uint64_t span_ns, uint64_t up_ns)
{
    struct bucket *bucket = calloc(1, sizeof *bucket + name.size);
    if (bucket == NULL)
        return NULL;
    /* First the members, then the name: storage begins in the struct's padding, which the assignment may write. */
    *bucket = (struct bucket){
        .name = bytes_of(bucket->storage, name.size), .count = count, .span_ns = span_ns, .filled_up_ns = up_ns};
    memcpy(bucket->storage, name.data, name.size);
    bucket->full = bucket->level = (wide)count * span_ns;
    if (map_put_bytes(&rates->by_name, bucket->name, bucket) < 0) {
        free(bucket);
        return NULL;
    }
    rates->count++;
    return bucket;
}

int rates_take(struct rates *rates, struct bytes name, uint32_t count, uint64_t span_ns, uint64_t up_ns)
{
    struct bucket *bucket = map_get_bytes(&rates->by_name, name);
    if (bucket == NULL) {
        if (rates->count == RATE_BUCKETS_MAX && up_ns - rates->forgot_up_ns >= RATE_FORGET_NS)
            forget_full(rates, up_ns);
        if (rates->count == RATE_BUCKETS_MAX)
            return TRUC_E_RATE;
        if ((bucket = make(rates, name, count, span_ns, up_ns)) == NULL)
            return TRUC_E_MEMORY;
    }
    if (bucket->count != count || bucket->span_ns != span_ns) { /* the agreement was changed */
        bucket->count = count;
        bucket->span_ns = span_ns;
        bucket->full = bucket->level = (wide)count * span_ns;
    }
    fill(bucket, up_ns);
    if (bucket->level < span_ns)
        return TRUC_E_RATE;
    bucket->level -= span_ns;
    return 0;
}

/* ---- tables under names ---- */

struct table {
    struct rates rates;
    struct bytes name;
    uint8_t storage[];
};

struct rates *rate_tables_get(struct rate_tables *tables, struct bytes name)
{
    struct table *table = map_get_bytes(&tables->by_name, name);
    if (table)
        return &table->rates;
    table = calloc(1, sizeof *table + name.size);
    if (table == NULL)
        return NULL;
    table->name = bytes_of(table->storage, name.size);
    memcpy(table->storage, name.data, name.size);
    memcpy(table->rates.by_name.hash_key, tables->by_name.hash_key, sizeof table->rates.by_name.hash_key);
    if (map_put_bytes(&tables->by_name, table->name, table) < 0) {
        free(table);
        return NULL;
    }
    return &table->rates;
}

void rate_tables_free(struct rate_tables *tables)
{
    size_t at = 0;
    struct table *table;
    while ((table = map_next(&tables->by_name, &at))) {
        rates_free(&table->rates);
        free(table);
    }
    map_free(&tables->by_name);
}
