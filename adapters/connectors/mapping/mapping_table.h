/* mapping_table.h - code tables of an adapter file: the far side's codes beside the bus's words.
 * Pairs of texts, looked up both ways; not a place for defaults (those stand in the expression).
 * In the flow: filled from `tables:` at load, read by lookup() and reverse_lookup(). */
#ifndef TRUC_MAPPING_TABLE_H
#define TRUC_MAPPING_TABLE_H

#include "arena.h"
#include "bytes.h"
#include <truc/error.h>

enum { MAPPING_TABLES_MAX = 64, MAPPING_TABLE_PAIRS_MAX = 4096 };

struct mapping_pair {
    struct bytes key;
    struct bytes value;
};

struct mapping_table {
    const char *name;
    struct mapping_pair *pairs;
    size_t pair_count, pair_capacity;
};

/* All tables of one adapter file; {0} is none. Memory is the arena's. */
struct mapping_tables {
    struct mapping_table *tables[MAPPING_TABLES_MAX];
    size_t table_count;
};

/* Adds an empty table; EXISTS, LIMIT, MEMORY. Texts are copied into @arena. */
int mapping_tables_add(struct mapping_tables *tables, struct bytes name, struct arena *arena,
                       struct mapping_table **ret_table, struct truc_fault *fault);
/* Adds a pair; EXISTS when the key is there, LIMIT, MEMORY. */
int mapping_table_add(struct mapping_table *table, struct bytes key, struct bytes value, struct arena *arena,
                      struct truc_fault *fault);
const struct mapping_table *mapping_tables_find(const struct mapping_tables *tables, struct bytes name);
/* The table with the most similar name, or NULL. */
const char *mapping_tables_nearest(const struct mapping_tables *tables, struct bytes name);

/* The value of a key, the first key of a value; NULL when there is none. */
const struct bytes *mapping_table_value(const struct mapping_table *table, struct bytes key);
const struct bytes *mapping_table_key(const struct mapping_table *table, struct bytes value);

#endif
