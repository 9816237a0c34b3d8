/* inbox_memory.c - the inbox that lives as long as the process.
 * Bounded: past INBOX_MEMORY_ENTRIES_MAX the oldest ended entry is forgotten. No file.
 * Behind inbox.h, for stateless adapters, tests and simulations. */
#include "inbox.h"

#include "list.h"
#include "map.h"

#include <stdlib.h>

struct memory_entry {
    struct list_link link; /* oldest first */
    struct bytes key;      /* sender, 0, id */
    struct inbox_entry value;
    uint64_t time_ns;
    uint8_t bytes[];
};

struct memory_inbox {
    struct inbox base;
    struct map entries;
    struct list_link order;
};

static struct memory_inbox *memory_of(struct inbox *inbox)
{
    return (struct memory_inbox *)(void *)inbox;
}

static size_t key_size(const struct inbox_key *key)
{
    return key->sender.size + 1 + key->id.size;
}

static void key_write(const struct inbox_key *key, uint8_t *out)
{
    memcpy(out, key->sender.data, key->sender.size);
    out[key->sender.size] = 0;
    memcpy(out + key->sender.size + 1, key->id.data, key->id.size);
}

static int memory_look_up(struct memory_inbox *inbox, const struct inbox_key *key, struct memory_entry **ret_entry)
{
    uint8_t *text = malloc(key_size(key));
    if (text == NULL)
        return TRUC_E_MEMORY;
    key_write(key, text);
    *ret_entry = map_get_bytes(&inbox->entries, bytes_of(text, key_size(key)));
    free(text);
    return 0;
}

static void memory_forget(struct memory_inbox *inbox, struct memory_entry *entry)
{
    (void)map_remove_bytes(&inbox->entries, entry->key);
    list_remove(&entry->link);
    free(entry);
}

static int memory_find(struct inbox *base, const struct inbox_key *key, struct inbox_entry *ret_entry,
                       struct truc_fault *fault)
{
    struct memory_entry *entry;
    if (memory_look_up(memory_of(base), key, &entry) < 0)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to look into the inbox");
    *ret_entry = entry ? entry->value : (struct inbox_entry){.state = INBOX_UNKNOWN};
    return 0;
}

static struct bytes put_bytes(uint8_t **at, struct bytes from)
{
    struct bytes copy = bytes_of(*at, from.size);
    if (from.size)
        memcpy(*at, from.data, from.size);
    *at += from.size;
    return copy;
}

static struct memory_entry *entry_new(const struct inbox_key *key, const struct inbox_entry *from)
{
    struct memory_entry *entry =
        calloc(1, sizeof *entry + key_size(key) + from->reason.size + from->text.size + from->reply.size);
    if (entry == NULL)
        return NULL;
    uint8_t *at = entry->bytes;
    key_write(key, at);
    entry->key = bytes_of(at, key_size(key));
    at += key_size(key);
    entry->value = *from;
    entry->value.reason = put_bytes(&at, from->reason);
    entry->value.text = put_bytes(&at, from->text);
    entry->value.reply = put_bytes(&at, from->reply);
    return entry;
}

static void make_room(struct memory_inbox *inbox)
{
    list_each(link, &inbox->order) {
        struct memory_entry *entry = list_element(link, struct memory_entry, link);
        if (inbox->entries.count < INBOX_MEMORY_ENTRIES_MAX)
            return;
        if (entry->value.state != INBOX_STARTED)
            memory_forget(inbox, entry);
    }
}

static int memory_put(struct inbox *base, const struct inbox_key *key, const struct inbox_entry *from, uint64_t now_ns,
                      struct truc_fault *fault)
{
    struct memory_inbox *inbox = memory_of(base);
    struct memory_entry *old, *entry = entry_new(key, from);
    if (entry == NULL || memory_look_up(inbox, key, &old) < 0) {
        free(entry);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an inbox entry");
    }
    if (old)
        memory_forget(inbox, old);
    make_room(inbox);
    entry->time_ns = now_ns;
    if (inbox->entries.count >= INBOX_MEMORY_ENTRIES_MAX || map_put_bytes(&inbox->entries, entry->key, entry) < 0) {
        free(entry);
        return fault_set(fault, TRUC_E_LIMIT, "the inbox holds %d messages that were begun and not ended",
                         INBOX_MEMORY_ENTRIES_MAX);
    }
    list_append(&inbox->order, &entry->link);
    return 0;
}

static int memory_remove(struct inbox *base, const struct inbox_key *key, struct truc_fault *fault)
{
    struct memory_entry *entry;
    if (memory_look_up(memory_of(base), key, &entry) < 0)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to look into the inbox");
    if (entry)
        memory_forget(memory_of(base), entry);
    return 0;
}

static int memory_commit(struct inbox *base, struct truc_fault *fault)
{
    (void)base;
    (void)fault;
    return 0;
}

static int memory_purge(struct inbox *base, uint64_t before_ns, struct truc_fault *fault)
{
    struct memory_inbox *inbox = memory_of(base);
    (void)fault;
    list_each(link, &inbox->order) {
        struct memory_entry *entry = list_element(link, struct memory_entry, link);
        if (entry->value.state != INBOX_STARTED && entry->time_ns < before_ns)
            memory_forget(inbox, entry);
    }
    return 0;
}

static void memory_close(struct inbox *base)
{
    struct memory_inbox *inbox = memory_of(base);
    list_each(link, &inbox->order)
        memory_forget(inbox, list_element(link, struct memory_entry, link));
    map_free(&inbox->entries);
    free(inbox);
}

static const struct inbox_operations memory_operations = {.find = memory_find,
                                                          .put = memory_put,
                                                          .remove = memory_remove,
                                                          .commit = memory_commit,
                                                          .purge = memory_purge,
                                                          .close = memory_close};

int inbox_open_memory(struct inbox **ret_inbox, struct truc_fault *fault)
{
    struct memory_inbox *inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an inbox");
    inbox->base.operations = &memory_operations;
    list_init(&inbox->order);
    *ret_inbox = &inbox->base;
    return 0;
}
