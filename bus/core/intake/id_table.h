/* id_table.h - the youngest ids: entries in the order of acceptance, and a table of their places.
 * No allocation an id: two arrays that double. Not bounded here; dedupe.c makes a run of it when it is full.
 * Under dedupe.c. */
#ifndef TRUC_ID_TABLE_H
#define TRUC_ID_TABLE_H

#include "id_run.h"

struct id_table {
    struct id_entry *entries;
    size_t count, capacity;
    size_t replaced;  /* entries that a later one of the same id stands for */
    uint32_t *places; /* of entries, plus one; 0: empty. Twice as many as there may be entries */
    uint64_t secret;  /* keys come from ids that senders choose: where they go is not theirs to know */
};

void id_table_free(struct id_table *table);
/* An id that is there already is found as this one from now on; the earlier entry stays until id_table_compact. */
int id_table_put(struct id_table *table, const struct id_entry *entry); /* 0 or TRUC_E_MEMORY */
const struct id_entry *id_table_find(const struct id_table *table, uint64_t key, uint64_t check); /* NULL: not here */
/* Removes entries of before `time_ns` and those that a later one of the same id has replaced. */
void id_table_compact(struct id_table *table, uint64_t time_ns);

/* By key and check, for a run: then id_entries_find finds them. */
void id_entries_sort(struct id_entry *entries, size_t count);
const struct id_entry *id_entries_find(const struct id_entry *entries, size_t count, uint64_t key, uint64_t check);

#endif
