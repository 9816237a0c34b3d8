/* queue_list.c - an append-only list of journal positions on disk: what waits for one destination at one urgency.
 * Not the truth: rebuilt from the journal when it is lost, so appends are buffered and never synced.
 * Under the core's queues; format in docs/journal-format.md, "Queue lists". */
#include "queue_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "journal_file.h"

enum {
    LIST_VERSION = 1,
    LIST_HEADER_BYTES = 32,
    LIST_ENTRY_BYTES = 32,
    LIST_CRC_AT = 28,                     /* of header and entry alike */
    LIST_DISCARD_ENTRIES_MIN = 64 * 1024, /* a rewrite for less is not worth it */
    LIST_CHUNK_ENTRIES = 256,
};
#define LIST_BASE_MAX (1ull << 62) /* numbers behind it are then far from overflowing */
static const char list_magic[8] = {'T', 'R', 'U', 'C', 'Q', 'L', 'S', '\n'};

struct queue_list {
    struct disk *disk;
    char path[DISK_PATH_BYTES_MAX];
    struct disk_file *file;
    uint64_t base;     /* number of the first entry in the file */
    uint64_t first;    /* number of the first entry not discarded */
    uint64_t written;  /* number behind the last entry in the file */
    uint8_t *buffered; /* entries not written yet */
    size_t buffered_count, buffered_capacity;
    bool header_is_due; /* to be written before them */
    bool is_held;       /* the disk has no room for it */
};

/* ---- bytes ---- */

/* The number goes into the checksum: an entry in the wrong place is a damaged entry. */
static uint32_t entry_crc(uint64_t number, const uint8_t *entry)
{
    uint8_t prefix[8];
    store_le64(prefix, number);
    return crc32c(crc32c(0, bytes_of(prefix, sizeof(prefix))), bytes_of(entry, LIST_CRC_AT));
}

static void entry_write(uint64_t number, const struct queue_entry *entry, uint8_t out[LIST_ENTRY_BYTES])
{
    store_le64(out, entry->sequence);
    store_le64(out + 8, entry->key_hash);
    store_le32(out + 16, entry->size_bytes);
    store_le32(out + 20, entry->flags);
    store_le32(out + 24, 0);
    store_le32(out + LIST_CRC_AT, entry_crc(number, out));
}

static bool entry_read(uint64_t number, const uint8_t *data, struct queue_entry *ret_entry)
{
    if (load_le32(data + LIST_CRC_AT) != entry_crc(number, data))
        return false;
    *ret_entry = (struct queue_entry){load_le64(data), load_le64(data + 8), load_le32(data + 16), load_le32(data + 20)};
    return true;
}

static void header_write(uint64_t base, uint8_t out[LIST_HEADER_BYTES])
{
    memset(out, 0, LIST_HEADER_BYTES);
    memcpy(out, list_magic, sizeof(list_magic));
    store_le32(out + 8, LIST_VERSION);
    store_le64(out + 16, base);
    store_le32(out + LIST_CRC_AT, crc32c(0, bytes_of(out, LIST_CRC_AT)));
}

static bool header_read(const uint8_t data[LIST_HEADER_BYTES], uint64_t *ret_base)
{
    *ret_base = load_le64(data + 16);
    return memcmp(data, list_magic, sizeof(list_magic)) == 0 && load_le32(data + 8) == LIST_VERSION &&
           load_le32(data + LIST_CRC_AT) == crc32c(0, bytes_of(data, LIST_CRC_AT)) && *ret_base <= LIST_BASE_MAX;
}

static uint64_t entry_offset(const struct queue_list *list, uint64_t number)
{
    return LIST_HEADER_BYTES + (number - list->base) * LIST_ENTRY_BYTES;
}

/* ---- opening ---- */

static int header_store(struct queue_list *list)
{
    uint8_t header[LIST_HEADER_BYTES];
    header_write(list->base, header);
    int error = disk_write_at(list->file, 0, header, sizeof(header));
    list->header_is_due = error < 0;
    list->is_held = error == -ENOSPC || error == -EDQUOT;
    return error;
}

int queue_list_reset(struct queue_list *list, uint64_t first, struct truc_fault *fault)
{
    int error = disk_truncate(list->file, 0);
    if (error == 0) {
        list->base = list->first = list->written = first;
        list->buffered_count = 0;
        error = header_store(list);
    }
    return error < 0 && !list->is_held ? file_fault(fault, error, "write", list->path) : 0;
}

/* How many of the `count` entries from `number` on are whole; fewer: the next one is damaged. */
static int whole_entries_count(struct queue_list *list, uint64_t number, size_t count, size_t *ret_whole,
                               struct truc_fault *fault)
{
    uint8_t data[LIST_CHUNK_ENTRIES * LIST_ENTRY_BYTES];
    struct queue_entry entry;
    int code =
        file_read_exactly(list->file, list->path, entry_offset(list, number), data, count * LIST_ENTRY_BYTES, fault);
    if (code < 0)
        return code;
    *ret_whole = 0;
    while (*ret_whole < count && entry_read(number + *ret_whole, data + *ret_whole * LIST_ENTRY_BYTES, &entry))
        ++*ret_whole;
    return 0;
}

/* Cuts from the first entry on that never arrived: nothing was synced, so a power cut may leave a hole before a good end.
 * What is cut is written again from the journal. */
static int end_find(struct queue_list *list, uint64_t size, struct truc_fault *fault)
{
    uint64_t end = list->base + (size - LIST_HEADER_BYTES) / LIST_ENTRY_BYTES;
    list->written = list->base;
    while (list->written < end) {
        size_t count = end - list->written < LIST_CHUNK_ENTRIES ? (size_t)(end - list->written) : LIST_CHUNK_ENTRIES;
        size_t whole = 0;
        int code = whole_entries_count(list, list->written, count, &whole, fault);
        if (code < 0)
            return code;
        list->written += whole;
        if (whole < count)
            break;
    }
    if (entry_offset(list, list->written) == size)
        return 0;
    int error = disk_truncate(list->file, entry_offset(list, list->written));
    return error < 0 ? file_fault(fault, error, "cut", list->path) : 0;
}

static int list_load(struct queue_list *list, struct truc_fault *fault)
{
    uint8_t header[LIST_HEADER_BYTES];
    int error = disk_open(list->disk, list->path, DISK_READ | DISK_WRITE | DISK_CREATE, &list->file);
    int64_t size = error < 0 ? error : disk_size(list->file);
    int64_t got = size < 0 ? size : disk_read_at(list->file, 0, header, sizeof(header));
    if (got < 0)
        return file_fault(fault, (int)got, "open", list->path);
    if (got < LIST_HEADER_BYTES || !header_read(header, &list->base))
        return queue_list_reset(list, 0, fault);
    list->first = list->base;
    return end_find(list, (uint64_t)size, fault);
}

static void list_free(struct queue_list *list)
{
    disk_close(list->file);
    free(list->buffered);
    free(list);
}

int queue_list_open(struct disk *disk, const char *path, struct queue_list **ret_list, struct truc_fault *fault)
{
    struct queue_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a queue's list");
    list->disk = disk;
    if (strlen(path) + sizeof(".tmp") > sizeof(list->path)) {
        free(list);
        return file_fault(fault, -ENAMETOOLONG, "open", path);
    }
    memcpy(list->path, path, strlen(path) + 1);
    int code = list_load(list, fault);
    if (code < 0) {
        list_free(list);
        return code;
    }
    *ret_list = list;
    return 0;
}

int queue_list_close(struct queue_list *list, struct truc_fault *fault)
{
    if (list == NULL)
        return 0;
    int code = queue_list_flush(list, fault);
    list_free(list);
    return code;
}

uint64_t queue_list_first(const struct queue_list *list)
{
    return list->first;
}

uint64_t queue_list_count(const struct queue_list *list)
{
    return list->written + list->buffered_count;
}

/* ---- appending and reading ---- */

int queue_list_flush(struct queue_list *list, struct truc_fault *fault)
{
    int error = list->header_is_due ? header_store(list) : 0;
    if (error == 0 && list->buffered_count > 0)
        error = disk_write_at(list->file, entry_offset(list, list->written), list->buffered,
                              list->buffered_count * LIST_ENTRY_BYTES);
    int code = error < 0 ? file_fault(fault, error, "write", list->path) : 0;
    list->is_held = code == TRUC_E_JOURNAL_FULL;
    if (code < 0)
        return code; /* they stay in memory and are tried again */
    list->written += list->buffered_count;
    list->buffered_count = 0;
    return 0;
}

bool queue_list_is_held(const struct queue_list *list)
{
    return list->is_held;
}

static int buffer_grow(struct queue_list *list, struct truc_fault *fault)
{
    size_t capacity = list->buffered_capacity ? 2 * list->buffered_capacity : QUEUE_LIST_BUFFERED_MAX;
    if (capacity > QUEUE_LIST_HELD_MAX)
        return file_fault(fault, -ENOSPC, "write", list->path);
    uint8_t *more = realloc(list->buffered, capacity * LIST_ENTRY_BYTES);
    if (more == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a queue's list");
    list->buffered = more;
    list->buffered_capacity = capacity;
    return 0;
}

int queue_list_append(struct queue_list *list, const struct queue_entry *entry, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    int code = 0;
    if (list->buffered_count >= QUEUE_LIST_BUFFERED_MAX && !list->is_held) /* a full disk isn't asked for every entry */
        code = queue_list_flush(list, &why);
    if (code < 0 && code != TRUC_E_JOURNAL_FULL) {
        if (fault)
            *fault = why;
        return code;
    }
    code = list->buffered_count == list->buffered_capacity ? buffer_grow(list, fault) : 0;
    if (code < 0)
        return code;
    entry_write(queue_list_count(list), entry, list->buffered + list->buffered_count * LIST_ENTRY_BYTES);
    list->buffered_count++;
    return 0;
}

static int entry_damaged(const struct queue_list *list, uint64_t number, struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_JOURNAL_CORRUPT,
              "entry %" PRIu64 " of a queue's list is damaged: it is rebuilt from the journal", number);
    fault_where(fault, "%s:%" PRIu64, list->path, entry_offset(list, number));
    return TRUC_E_JOURNAL_CORRUPT;
}

/* Entries that are in the file; at most LIST_CHUNK_ENTRIES. */
static int file_entries_read(struct queue_list *list, uint64_t index, struct queue_entry *entries, size_t count,
                             struct truc_fault *fault)
{
    uint8_t data[LIST_CHUNK_ENTRIES * LIST_ENTRY_BYTES];
    int code =
        file_read_exactly(list->file, list->path, entry_offset(list, index), data, count * LIST_ENTRY_BYTES, fault);
    for (size_t i = 0; code == 0 && i < count; i++) {
        if (!entry_read(index + i, data + i * LIST_ENTRY_BYTES, &entries[i]))
            code = entry_damaged(list, index + i, fault);
    }
    return code;
}

int queue_list_read(struct queue_list *list, uint64_t index, struct queue_entry *entries, size_t count,
                    struct truc_fault *fault)
{
    size_t done = 0;
    if (index < list->first)
        return fault_set(fault, TRUC_E_NOT_FOUND, "entry %" PRIu64 " of a queue's list was discarded", index);
    if (count > INT32_MAX)
        count = INT32_MAX;
    while (done < count && index + done < list->written) {
        uint64_t left = list->written - index - done;
        size_t size = count - done < LIST_CHUNK_ENTRIES ? count - done : LIST_CHUNK_ENTRIES;
        size = left < size ? (size_t)left : size;
        int code = file_entries_read(list, index + done, entries + done, size, fault);
        if (code < 0)
            return code;
        done += size;
    }
    for (; done < count && index + done < queue_list_count(list); done++) {
        const uint8_t *data = list->buffered + (size_t)(index + done - list->written) * LIST_ENTRY_BYTES;
        if (!entry_read(index + done, data, &entries[done]))
            return entry_damaged(list, index + done, fault);
    }
    return (int)done;
}

/* ---- forgetting ---- */

int queue_list_truncate(struct queue_list *list, uint64_t count, struct truc_fault *fault)
{
    if (count > queue_list_count(list) || count < list->first)
        return fault_set(fault, TRUC_E_ARGUMENT,
                         "a queue's list holds %" PRIu64 " to %" PRIu64 ", it can't be cut to %" PRIu64, list->first,
                         queue_list_count(list), count);
    if (count >= list->written) {
        list->buffered_count = (size_t)(count - list->written);
        return 0;
    }
    int error = disk_truncate(list->file, entry_offset(list, count));
    if (error < 0)
        return file_fault(fault, error, "cut", list->path);
    list->written = count;
    list->buffered_count = 0;
    return 0;
}

/* Copies what is left into a new file with a later base, which then takes the old one's name. */
static int list_rewrite(struct queue_list *list, const char *temporary, struct disk_file *file)
{
    uint8_t chunk[LIST_CHUNK_ENTRIES * LIST_ENTRY_BYTES];
    header_write(list->first, chunk);
    int error = disk_truncate(file, 0);
    if (error == 0)
        error = disk_write_at(file, 0, chunk, LIST_HEADER_BYTES);
    uint64_t to = LIST_HEADER_BYTES;
    for (uint64_t at = entry_offset(list, list->first), end = entry_offset(list, list->written);
         error == 0 && at < end;) {
        size_t size = end - at < sizeof(chunk) ? (size_t)(end - at) : sizeof(chunk);
        int64_t got = disk_read_at(list->file, at, chunk, size);
        error = got < 0 ? (int)got : disk_write_at(file, to, chunk, (size_t)got);
        at += size;
        to += size;
    }
    if (error == 0)
        error = disk_sync(file); /* so that the name never stands for less than it did */
    return error == 0 ? disk_rename(list->disk, temporary, list->path) : error;
}

int queue_list_discard(struct queue_list *list, uint64_t index, struct truc_fault *fault)
{
    char temporary[DISK_PATH_BYTES_MAX];
    struct disk_file *file = NULL;
    if (index > queue_list_count(list))
        return fault_set(fault, TRUC_E_ARGUMENT, "a queue's list ends at %" PRIu64 ", not at %" PRIu64,
                         queue_list_count(list), index);
    list->first = index > list->first ? index : list->first;
    uint64_t stored = list->written - list->base, gone = list->first - list->base;
    if (gone < LIST_DISCARD_ENTRIES_MIN || gone < stored / 2)
        return 0;
    int code = queue_list_flush(list, fault);
    if (code < 0)
        return code;
    size_t length = strlen(list->path);
    memcpy(temporary, list->path, length);
    memcpy(temporary + length, ".tmp", 5);
    int error = disk_open(list->disk, temporary, DISK_READ | DISK_WRITE | DISK_CREATE, &file);
    if (error == 0)
        error = list_rewrite(list, temporary, file);
    if (error < 0) {
        disk_close(file);
        return file_fault(fault, error, "shorten", list->path);
    }
    disk_close(list->file);
    list->file = file;
    list->base = list->first;
    return 0;
}
