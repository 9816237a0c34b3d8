/* dedupe.c - a hash table of accepted ids with a ring for their age.
 * Identity is a 128-bit hash of (sender, id); content is compared by the leaf, which excludes the signature.
 * Asked by the pipeline before a message is routed. */
#include "dedupe.h"

#include <stdlib.h>

enum { DEDUPE_PROBES_MAX = 8, SAVED_ENTRY_BYTES = 40, RING_CAPACITY_MIN = 1024 };

void dedupe_free(struct dedupe *dedupe)
{
    for (size_t i = 0; i < dedupe->count; i++)
        free(dedupe->ring[(dedupe->first + i) % dedupe->capacity]);
    free(dedupe->ring);
    map_free(&dedupe->by_key);
    *dedupe = (struct dedupe){0};
}

static void identity(struct bytes sender, struct bytes id, uint64_t *ret_key, uint64_t *ret_check)
{
    static const uint8_t separator = 0;
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, sender);
    sha256_add(&hash, bytes_of(&separator, 1));
    sha256_add(&hash, id);
    struct sha256_digest digest = sha256_end(&hash);
    *ret_key = load_le64(digest.bytes);
    *ret_check = load_le64(digest.bytes + 8);
}

static struct dedupe_entry *find(const struct dedupe *dedupe, uint64_t key, uint64_t check)
{
    for (uint64_t probe = 0; probe < DEDUPE_PROBES_MAX; probe++) {
        struct dedupe_entry *entry = map_get_number(&dedupe->by_key, key + probe);
        if (entry == NULL)
            continue; /* what was filed behind a forgotten one stays where it is */
        if (entry->key == key && entry->check == check)
            return entry;
    }
    return NULL;
}

enum dedupe_answer dedupe_ask(const struct dedupe *dedupe, struct bytes sender, struct bytes id,
                              const struct sha256_digest *leaf, uint64_t *ret_sequence)
{
    uint64_t key, check;
    identity(sender, id, &key, &check);
    const struct dedupe_entry *entry = find(dedupe, key, check);
    if (entry == NULL)
        return DEDUPE_NEW;
    *ret_sequence = entry->sequence;
    return entry->content == load_le64(leaf->bytes) ? DEDUPE_REPEAT : DEDUPE_CONFLICT;
}

static int grow(struct dedupe *dedupe)
{
    size_t capacity = dedupe->capacity ? dedupe->capacity * 2 : RING_CAPACITY_MIN;
    struct dedupe_entry **ring = calloc(capacity, sizeof *ring);
    if (ring == NULL)
        return TRUC_E_MEMORY;
    for (size_t i = 0; i < dedupe->count; i++)
        ring[i] = dedupe->ring[(dedupe->first + i) % dedupe->capacity];
    free(dedupe->ring);
    dedupe->ring = ring;
    dedupe->capacity = capacity;
    dedupe->first = 0;
    return 0;
}

/* An id that was used again takes the place of its earlier use, which stays in the ring until it is forgotten: the journal
 * may hold both, as the earlier one had been forgotten when the later one came. */
static int add_entry(struct dedupe *dedupe, const struct dedupe_entry *values)
{
    const struct dedupe_entry *earlier = find(dedupe, values->key, values->check);
    uint64_t slot = earlier ? earlier->slot : values->key;
    while (earlier == NULL && map_get_number(&dedupe->by_key, slot))
        if (++slot - values->key == DEDUPE_PROBES_MAX)
            return TRUC_E_INTERNAL; /* eight 64-bit collisions */
    if (dedupe->count == dedupe->capacity && grow(dedupe) < 0)
        return TRUC_E_MEMORY;
    struct dedupe_entry *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return TRUC_E_MEMORY;
    *entry = *values;
    entry->slot = slot;
    if (map_put_number(&dedupe->by_key, slot, entry) < 0) {
        free(entry);
        return TRUC_E_MEMORY;
    }
    dedupe->ring[(dedupe->first + dedupe->count++) % dedupe->capacity] = entry;
    return 0;
}

int dedupe_add(struct dedupe *dedupe, struct bytes sender, struct bytes id, const struct sha256_digest *leaf,
               uint64_t sequence, uint64_t time_ns)
{
    struct dedupe_entry entry = {.sequence = sequence, .time_ns = time_ns, .content = load_le64(leaf->bytes)};
    identity(sender, id, &entry.key, &entry.check);
    return add_entry(dedupe, &entry);
}

void dedupe_forget(struct dedupe *dedupe, uint64_t time_ns, size_t count_max)
{
    while (dedupe->count > 0) {
        struct dedupe_entry *oldest = dedupe->ring[dedupe->first];
        if (oldest->time_ns >= time_ns && dedupe->count <= count_max)
            break;
        dedupe->window_start_ns = oldest->time_ns + 1;
        if (map_get_number(&dedupe->by_key, oldest->slot) == oldest)
            map_remove_number(&dedupe->by_key, oldest->slot);
        free(oldest);
        dedupe->first = (dedupe->first + 1) % dedupe->capacity;
        dedupe->count--;
    }
}

void dedupe_save(const struct dedupe *dedupe, struct buffer *out)
{
    buffer_append_le64(out, dedupe->window_start_ns);
    buffer_append_le64(out, dedupe->count);
    for (size_t i = 0; i < dedupe->count; i++) {
        const struct dedupe_entry *entry = dedupe->ring[(dedupe->first + i) % dedupe->capacity];
        buffer_append_le64(out, entry->key);
        buffer_append_le64(out, entry->check);
        buffer_append_le64(out, entry->sequence);
        buffer_append_le64(out, entry->time_ns);
        buffer_append_le64(out, entry->content);
    }
}

int dedupe_restore(struct dedupe *dedupe, struct bytes saved)
{
    if (saved.size < 16 || (saved.size - 16) / SAVED_ENTRY_BYTES != load_le64(saved.data + 8) ||
        (saved.size - 16) % SAVED_ENTRY_BYTES)
        return TRUC_E_JOURNAL_CORRUPT;
    dedupe->window_start_ns = load_le64(saved.data);
    for (const uint8_t *at = saved.data + 16; at < saved.data + saved.size; at += SAVED_ENTRY_BYTES) {
        struct dedupe_entry entry = {
            .key = load_le64(at),
            .check = load_le64(at + 8),
            .sequence = load_le64(at + 16),
            .time_ns = load_le64(at + 24),
            .content = load_le64(at + 32),
        };
        if (add_entry(dedupe, &entry) < 0)
            return TRUC_E_MEMORY;
    }
    return 0;
}
