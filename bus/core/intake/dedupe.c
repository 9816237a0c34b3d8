/* dedupe.c - young ids in a table, older ones in runs of which memory has filters.
 * Identity is a 128-bit hash of (sender, id); content is compared by the leaf, which excludes the signature.
 * Asked by the pipeline before a message is routed. */
#include "dedupe.h"

#include <stdlib.h>

#include "id_filter.h"
#include "sha256.h"

enum { SAVED_NUMBERS = 5 /* of an entry, and of a run's facts */, RUNS_CAPACITY_MIN = 4 };

void dedupe_free(struct dedupe *dedupe)
{
    id_table_free(&dedupe->young);
    free(dedupe->spilling);
    free(dedupe->spill.filter);
    for (size_t i = 0; i < dedupe->runs_count; i++)
        free(dedupe->runs[i].filter);
    free(dedupe->runs);
    *dedupe = (struct dedupe){
        .young_max = dedupe->young_max, .runs_max = dedupe->runs_max, .young.secret = dedupe->young.secret};
}

struct dedupe_id dedupe_id_of(struct bytes sender, struct bytes id)
{
    static const uint8_t separator = 0;
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, sender);
    sha256_add(&hash, bytes_of(&separator, 1));
    sha256_add(&hash, id);
    struct sha256_digest digest = sha256_end(&hash);
    return (struct dedupe_id){load_le64(digest.bytes), load_le64(digest.bytes + 8)};
}

uint64_t dedupe_count(const struct dedupe *dedupe)
{
    uint64_t count = dedupe->young.count - dedupe->expired + dedupe->spill.facts.count;
    for (size_t i = 0; i < dedupe->runs_count; i++)
        count += dedupe->runs[i].facts.count;
    return count;
}

/* ---- asking ---- */

static const struct id_entry *in_memory(const struct dedupe *dedupe, struct dedupe_id id)
{
    const struct id_entry *entry = id_table_find(&dedupe->young, id.key, id.check);
    if (entry == NULL && dedupe->spilling)
        entry = id_entries_find(dedupe->spilling, (size_t)dedupe->spill.facts.count, id.key, id.check);
    return entry;
}

const struct dedupe_run *dedupe_suspect(const struct dedupe *dedupe, struct dedupe_id id, size_t *at)
{
    if (dedupe->runs_count == 0 || (*at == 0 && in_memory(dedupe, id)))
        return NULL; /* a later use than any on disk */
    while (*at < dedupe->runs_count) {
        const struct dedupe_run *run = &dedupe->runs[(*at)++];
        if (id_filter_may_have(bytes_of(run->filter, run->filter_bytes), run->salt, id.key, id.check))
            return run;
    }
    return NULL;
}

enum dedupe_answer dedupe_ask(const struct dedupe *dedupe, struct dedupe_id id, uint64_t content,
                              const struct dedupe_found *found, uint64_t *ret_sequence)
{
    const struct id_entry *entry = in_memory(dedupe, id);
    if (entry == NULL && found && found->is_there)
        entry = &found->entry;
    if (entry == NULL || entry->time_ns < dedupe->window_start_ns)
        return DEDUPE_NEW;
    *ret_sequence = entry->sequence;
    return entry->content == content ? DEDUPE_REPEAT : DEDUPE_CONFLICT;
}

int dedupe_add(struct dedupe *dedupe, const struct id_entry *entry)
{
    return id_table_put(&dedupe->young, entry);
}

/* ---- from memory to disk ---- */

static struct id_run_facts facts_of(const struct id_entry *entries, size_t count)
{
    struct id_run_facts facts = {.first_sequence = entries[0].sequence,
                                 .last_sequence = entries[0].sequence,
                                 .first_time_ns = entries[0].time_ns,
                                 .last_time_ns = entries[0].time_ns,
                                 .count = count};
    for (size_t i = 1; i < count; i++) {
        uint64_t sequence = entries[i].sequence, time_ns = entries[i].time_ns;
        facts.first_sequence = sequence < facts.first_sequence ? sequence : facts.first_sequence;
        facts.last_sequence = sequence > facts.last_sequence ? sequence : facts.last_sequence;
        facts.first_time_ns = time_ns < facts.first_time_ns ? time_ns : facts.first_time_ns;
        facts.last_time_ns = time_ns > facts.last_time_ns ? time_ns : facts.last_time_ns;
    }
    return facts;
}

int dedupe_spill(struct dedupe *dedupe)
{
    struct id_table *young = &dedupe->young;
    if (dedupe->spilling || young->count < dedupe->young_max)
        return 0;
    if (dedupe->expired || young->replaced)
        id_table_compact(young, dedupe->window_start_ns);
    dedupe->expired = 0;
    if (young->count <= dedupe->young_max / 2)
        return 0; /* a quiet bus forgets as many as it learns: no file is needed */
    size_t bytes = id_filter_bytes(young->count);
    uint8_t *filter = calloc(1, bytes);
    if (filter == NULL)
        return TRUC_E_MEMORY;
    id_entries_sort(young->entries, young->count);
    struct id_run_facts facts = facts_of(young->entries, young->count);
    dedupe->spill =
        (struct dedupe_run){.facts = facts, .filter = filter, .filter_bytes = bytes, .salt = id_filter_salt(&facts)};
    id_filter_fill(filter, bytes, dedupe->spill.salt, young->entries, young->count);
    dedupe->spilling = young->entries;
    young->entries = NULL;
    id_table_free(young);
    return 1;
}

static int runs_grow(struct dedupe *dedupe, size_t count)
{
    if (count <= dedupe->runs_capacity)
        return 0;
    size_t capacity = dedupe->runs_capacity ? dedupe->runs_capacity * 2 : RUNS_CAPACITY_MIN;
    capacity = capacity < count ? count : capacity;
    struct dedupe_run *runs = realloc(dedupe->runs, capacity * sizeof *runs);
    if (runs == NULL)
        return TRUC_E_MEMORY;
    dedupe->runs = runs;
    dedupe->runs_capacity = capacity;
    return 0;
}

int dedupe_spilled(struct dedupe *dedupe)
{
    if (runs_grow(dedupe, dedupe->runs_count + 1) < 0)
        return TRUC_E_MEMORY;
    dedupe->runs[dedupe->runs_count++] = dedupe->spill;
    dedupe->spill = (struct dedupe_run){0};
    free(dedupe->spilling);
    dedupe->spilling = NULL;
    return 0;
}

/* ---- forgetting ---- */

static void forgotten_through(struct dedupe *dedupe, uint64_t time_ns)
{
    if (time_ns > dedupe->window_start_ns)
        dedupe->window_start_ns = time_ns;
}

/* Of a run it is not known which of its ids have how old a time: the window begins no earlier than it must. */
static void forget_in_run(struct dedupe *dedupe, const struct id_run_facts *facts, uint64_t time_ns)
{
    if (facts->count && facts->first_time_ns < time_ns)
        forgotten_through(dedupe, time_ns <= facts->last_time_ns ? time_ns : facts->last_time_ns + 1);
}

void dedupe_forget(struct dedupe *dedupe, uint64_t time_ns)
{
    for (size_t i = 0; i < dedupe->runs_count; i++)
        forget_in_run(dedupe, &dedupe->runs[i].facts, time_ns);
    forget_in_run(dedupe, &dedupe->spill.facts, time_ns);
    while (dedupe->expired < dedupe->young.count && dedupe->young.entries[dedupe->expired].time_ns < time_ns)
        forgotten_through(dedupe, dedupe->young.entries[dedupe->expired++].time_ns + 1);
}

bool dedupe_drop(struct dedupe *dedupe, uint64_t *ret_first_sequence)
{
    if (dedupe->runs_count == 0)
        return false;
    struct dedupe_run oldest = dedupe->runs[0];
    if (oldest.facts.last_time_ns >= dedupe->window_start_ns && dedupe->runs_count <= dedupe->runs_max)
        return false;
    forgotten_through(dedupe, oldest.facts.last_time_ns + 1);
    memmove(&dedupe->runs[0], &dedupe->runs[1], --dedupe->runs_count * sizeof dedupe->runs[0]);
    free(oldest.filter);
    *ret_first_sequence = oldest.facts.first_sequence;
    return true;
}

/* ---- snapshots ---- */

static void save_entry(const struct id_entry *entry, struct buffer *out)
{
    buffer_append_le64(out, entry->key);
    buffer_append_le64(out, entry->check);
    buffer_append_le64(out, entry->content);
    buffer_append_le64(out, entry->sequence);
    buffer_append_le64(out, entry->time_ns);
}

/* What is being written is no run yet: it goes with the young. */
void dedupe_save(const struct dedupe *dedupe, struct buffer *out)
{
    buffer_append_le64(out, dedupe->window_start_ns);
    buffer_append_le64(out, dedupe->runs_count);
    for (size_t i = 0; i < dedupe->runs_count; i++) {
        const struct id_run_facts *facts = &dedupe->runs[i].facts;
        buffer_append_le64(out, facts->first_sequence);
        buffer_append_le64(out, facts->last_sequence);
        buffer_append_le64(out, facts->first_time_ns);
        buffer_append_le64(out, facts->last_time_ns);
        buffer_append_le64(out, facts->count);
    }
    for (uint64_t i = 0; i < dedupe->spill.facts.count; i++)
        save_entry(&dedupe->spilling[i], out);
    for (size_t i = 0; i < dedupe->young.count; i++)
        save_entry(&dedupe->young.entries[i], out);
}

static void restore_numbers(const uint8_t *at, uint64_t ret_numbers[SAVED_NUMBERS])
{
    for (size_t i = 0; i < SAVED_NUMBERS; i++)
        ret_numbers[i] = load_le64(at + i * 8);
}

int dedupe_restore(struct dedupe *dedupe, struct bytes saved)
{
    uint64_t numbers[SAVED_NUMBERS];
    const size_t element = sizeof numbers;
    if (saved.size < 16 || (saved.size - 16) % element || load_le64(saved.data + 8) > (saved.size - 16) / element)
        return TRUC_E_JOURNAL_CORRUPT;
    size_t runs = (size_t)load_le64(saved.data + 8), left = (saved.size - 16) / element - runs;
    const uint8_t *at = saved.data + 16;
    dedupe->window_start_ns = load_le64(saved.data);
    if (runs_grow(dedupe, runs) < 0)
        return TRUC_E_MEMORY;
    for (; dedupe->runs_count < runs; at += element) {
        restore_numbers(at, numbers);
        dedupe->runs[dedupe->runs_count++] = (struct dedupe_run){.facts = {.first_sequence = numbers[0],
                                                                           .last_sequence = numbers[1],
                                                                           .first_time_ns = numbers[2],
                                                                           .last_time_ns = numbers[3],
                                                                           .count = numbers[4]}};
        if (numbers[4] == 0 || numbers[4] > ID_RUN_COUNT_MAX)
            return TRUC_E_JOURNAL_CORRUPT;
    }
    for (; left > 0; left--, at += element) {
        restore_numbers(at, numbers);
        struct id_entry entry = {.key = numbers[0],
                                 .check = numbers[1],
                                 .content = numbers[2],
                                 .sequence = numbers[3],
                                 .time_ns = numbers[4]};
        if (dedupe_add(dedupe, &entry) < 0)
            return TRUC_E_MEMORY;
    }
    return 0;
}

int dedupe_adopt(struct dedupe *dedupe, size_t number, struct bytes filter)
{
    struct dedupe_run *run = &dedupe->runs[number];
    if (filter.size != id_filter_bytes(run->facts.count))
        return TRUC_E_JOURNAL_CORRUPT;
    if ((run->filter = malloc(filter.size)) == NULL)
        return TRUC_E_MEMORY;
    memcpy(run->filter, filter.data, filter.size);
    run->salt = id_filter_salt(&run->facts);
    run->filter_bytes = filter.size;
    return 0;
}
