/* mapping_table.c - see mapping_table.h: arrays searched in order, for real tables have ten to a hundred lines.
 * Does not read YAML (http_adapter_load.c).
 * In the flow: load fills, evaluation reads. */
#include "mapping_table.h"

#include "fault.h"
#include "text.h"

enum { FIRST_CAPACITY = 16 };

int mapping_tables_add(struct mapping_tables *tables, struct bytes name, struct arena *arena,
                       struct mapping_table **ret_table, struct truc_fault *fault)
{
    if (mapping_tables_find(tables, name))
        return fault_set(fault, TRUC_E_EXISTS, "table '%.*s' stands there twice", BYTES_PRINTF(name));
    if (tables->table_count == MAPPING_TABLES_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "more than %d tables", MAPPING_TABLES_MAX);
    struct mapping_table *table = arena_alloc(arena, sizeof(*table));
    char *copy = arena_string(arena, name);
    if (!table || !copy)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for table '%.*s'", BYTES_PRINTF(name));
    table->name = copy;
    tables->tables[tables->table_count++] = table;
    *ret_table = table;
    return 0;
}

static int make_room(struct mapping_table *table, struct arena *arena)
{
    if (table->pair_count < table->pair_capacity)
        return 0;
    size_t capacity = table->pair_capacity ? table->pair_capacity * 2 : FIRST_CAPACITY;
    struct mapping_pair *pairs = arena_alloc_array(arena, capacity, sizeof(*pairs));
    if (!pairs)
        return TRUC_E_MEMORY;
    if (table->pair_count)
        memcpy(pairs, table->pairs, table->pair_count * sizeof(*pairs));
    table->pairs = pairs;
    table->pair_capacity = capacity;
    return 0;
}

int mapping_table_add(struct mapping_table *table, struct bytes key, struct bytes value, struct arena *arena,
                      struct truc_fault *fault)
{
    if (mapping_table_value(table, key))
        return fault_set(fault, TRUC_E_EXISTS, "table '%s' has '%.*s' twice", table->name, BYTES_PRINTF(key));
    if (table->pair_count == MAPPING_TABLE_PAIRS_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "table '%s' has more than %d lines", table->name,
                         MAPPING_TABLE_PAIRS_MAX);
    struct mapping_pair pair = {arena_copy(arena, key), arena_copy(arena, value)};
    if (make_room(table, arena) < 0 || (key.size && !pair.key.data) || (value.size && !pair.value.data))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for table '%s'", table->name);
    table->pairs[table->pair_count++] = pair;
    return 0;
}

const struct mapping_table *mapping_tables_find(const struct mapping_tables *tables, struct bytes name)
{
    for (size_t i = 0; tables && i < tables->table_count; i++) {
        if (bytes_equal_string(name, tables->tables[i]->name))
            return tables->tables[i];
    }
    return NULL;
}

const char *mapping_tables_nearest(const struct mapping_tables *tables, struct bytes name)
{
    const char *names[MAPPING_TABLES_MAX];
    size_t count = 0;
    for (; tables && count < tables->table_count; count++)
        names[count] = tables->tables[count]->name;
    return count ? text_nearest(name, names, count) : NULL;
}

const struct bytes *mapping_table_value(const struct mapping_table *table, struct bytes key)
{
    for (size_t i = 0; i < table->pair_count; i++) {
        if (bytes_equal(table->pairs[i].key, key))
            return &table->pairs[i].value;
    }
    return NULL;
}

const struct bytes *mapping_table_key(const struct mapping_table *table, struct bytes value)
{
    for (size_t i = 0; i < table->pair_count; i++) {
        if (bytes_equal(table->pairs[i].value, value))
            return &table->pairs[i].key;
    }
    return NULL;
}
