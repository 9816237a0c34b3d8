/* id_run.c - reads runs: whether a file is the whole run that is counted on, and one id out of it.
 * The first key of every page is in memory, so that a look is one read. Not the writer: id_run_write.c.
 * Called by bus/io/engine_ids.c. */
#include "id_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "id_run_private.h"

enum { NAMES_AT_ONCE = 64 };

struct id_run {
    struct disk_file *file;
    struct file_path path;
    struct id_run_facts facts;
    uint8_t *fences;
};

/* ---- opening ---- */

static int damaged(const struct id_run *run, uint64_t offset, const char *what, struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "%s", what);
    fault_where(fault, "%s:%" PRIu64, run->path.text, offset);
    return TRUC_E_JOURNAL_CORRUPT;
}

static bool facts_equal(const struct id_run_facts *a, const struct id_run_facts *b)
{
    return a->first_sequence == b->first_sequence && a->last_sequence == b->last_sequence &&
           a->first_time_ns == b->first_time_ns && a->last_time_ns == b->last_time_ns && a->count == b->count;
}

static int header_read(const struct id_run *run, const char *bus_id, struct run_header *ret_header,
                       struct truc_fault *fault)
{
    uint8_t page[RUN_PAGE_BYTES], expected[RUN_PAGE_BYTES];
    int code = file_read_exactly(run->file, run->path.text, 0, page, sizeof(page), fault);
    if (code < 0)
        return code;
    if (memcmp(page, "TRUCIDS\n", 8) == 0 && load_le32(page + 8) > RUN_VERSION)
        return fault_set(fault, TRUC_E_JOURNAL_VERSION, "a run of ids has format version %u, %d is known",
                         load_le32(page + 8), RUN_VERSION);
    struct run_header header = {.facts = {.first_sequence = load_le64(page + 16),
                                          .last_sequence = load_le64(page + 24),
                                          .first_time_ns = load_le64(page + 32),
                                          .last_time_ns = load_le64(page + 40),
                                          .count = load_le64(page + 48)},
                                .filter_bytes = load_le64(page + 56),
                                .filter_crc = load_le32(page + 128),
                                .fences_crc = load_le32(page + 132)};
    memcpy(header.bus_id, page + 64, RUN_BUS_BYTES);
    run_header_write(&header, expected);
    if (memcmp(page, expected, sizeof(page)) != 0)
        return damaged(run, 0, "the header of a run of ids is damaged", fault);
    if (strncmp(header.bus_id, bus_id, RUN_BUS_BYTES) != 0)
        return fault_set(fault, TRUC_E_WRONG_BUS, "a run of ids belongs to another bus than '%s'", bus_id);
    if (!facts_equal(&header.facts, &run->facts))
        return damaged(run, 0, "a run of ids is not the one that is counted on", fault);
    *ret_header = header;
    return 0;
}

static int fences_read(struct id_run *run, const struct run_header *header, struct truc_fault *fault)
{
    size_t size = (size_t)run_page_count(&run->facts) * RUN_FENCE_BYTES;
    uint64_t at = run_fences_offset(&run->facts);
    run->fences = malloc(size);
    if (run->fences == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a run of ids");
    int code = file_read_exactly(run->file, run->path.text, at, run->fences, size, fault);
    if (code == 0 && crc32c(0, bytes_of(run->fences, size)) != header->fences_crc)
        code = damaged(run, at, "the page keys of a run of ids are damaged", fault);
    return code;
}

static int filter_read(const struct id_run *run, const struct run_header *header, struct buffer *filter,
                       struct truc_fault *fault)
{
    uint64_t at = run_filter_offset(&run->facts);
    uint8_t *data = buffer_extend(filter, (size_t)header->filter_bytes);
    if (data == NULL)
        return fault_set(fault, buffer_failed(filter), "no memory for the filter of a run of ids");
    int code = file_read_exactly(run->file, run->path.text, at, data, (size_t)header->filter_bytes, fault);
    if (code == 0 && crc32c(0, bytes_of(data, (size_t)header->filter_bytes)) != header->filter_crc)
        code = damaged(run, at, "the filter of a run of ids is damaged", fault);
    return code;
}

static int run_load(struct id_run *run, struct disk *disk, const char *bus_id, struct buffer *filter,
                    struct truc_fault *fault)
{
    struct run_header header = {.facts = {0}};
    int error = disk_open(disk, run->path.text, DISK_READ, &run->file);
    if (error < 0)
        return file_fault(fault, error, "open", run->path.text);
    int code = header_read(run, bus_id, &header, fault);
    if (code < 0)
        return code;
    int64_t size = disk_size(run->file);
    if (size < 0)
        return file_fault(fault, (int)size, "ask the size", run->path.text);
    if ((uint64_t)size != run_filter_offset(&run->facts) + header.filter_bytes)
        return damaged(run, (uint64_t)size, "a run of ids has another size than its header says", fault);
    code = fences_read(run, &header, fault);
    return code < 0 ? code : filter_read(run, &header, filter, fault);
}

int id_run_open(struct disk *disk, const char *directory, const char *bus_id, const struct id_run_facts *facts,
                struct id_run **ret_run, struct buffer *filter, struct truc_fault *fault)
{
    char name[ID_RUN_NAME_BYTES + 4];
    struct id_run *run = calloc(1, sizeof(*run));
    if (run == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a run of ids");
    run->facts = *facts;
    run_name(facts->first_sequence, "", name);
    run->path = file_path_in(directory, "ids", name);
    int code = run_load(run, disk, bus_id, filter, fault);
    if (code < 0) {
        id_run_close(run);
        return code;
    }
    *ret_run = run;
    return 0;
}

void id_run_close(struct id_run *run)
{
    if (run == NULL)
        return;
    disk_close(run->file);
    free(run->fences);
    free(run);
}

/* ---- finding ---- */

static uint64_t fence(const struct id_run *run, uint64_t page)
{
    return load_le64(run->fences + page * RUN_FENCE_BYTES);
}

/* The first page that may hold the key: the last one that begins below it. */
static uint64_t page_of(const struct id_run *run, uint64_t key)
{
    uint64_t low = 0, high = run_page_count(&run->facts); /* pages from `high` on begin at the key or above */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (fence(run, middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : 0;
}

/* 1: found; 0: not here, and on no later page either; 2: perhaps on the next page. */
static int page_search(const uint8_t page[RUN_PAGE_BYTES], uint64_t entries, uint64_t key, uint64_t check,
                       struct id_entry *ret_entry)
{
    for (uint64_t i = 0; i < entries; i++) {
        const uint8_t *at = page + i * RUN_ENTRY_BYTES;
        if (load_le64(at) > key)
            return 0;
        if (load_le64(at) != key || load_le64(at + 8) != check)
            continue;
        *ret_entry = (struct id_entry){.key = key,
                                       .check = check,
                                       .content = load_le64(at + 16),
                                       .sequence = load_le64(at + 24),
                                       .time_ns = load_le64(at + 32)};
        return 1;
    }
    return 2;
}

int id_run_find(struct id_run *run, uint64_t key, uint64_t check, struct id_entry *ret_entry, struct truc_fault *fault)
{
    uint64_t pages = run_page_count(&run->facts);
    for (uint64_t page = page_of(run, key); page < pages && fence(run, page) <= key; page++) {
        uint8_t data[RUN_PAGE_BYTES];
        uint64_t left = run->facts.count - page * RUN_PAGE_ENTRIES, at = run_page_offset(page);
        int code = file_read_exactly(run->file, run->path.text, at, data, sizeof(data), fault);
        if (code < 0)
            return code;
        if (load_le32(data + RUN_CRC_AT) != run_page_crc(run->facts.first_sequence, page, data))
            return damaged(run, at, "a page of a run of ids is damaged", fault);
        int found = page_search(data, left < RUN_PAGE_ENTRIES ? left : RUN_PAGE_ENTRIES, key, check, ret_entry);
        if (found < 2)
            return found;
    }
    return 0;
}

/* ---- removing ---- */

int id_run_remove(struct disk *disk, const char *directory, uint64_t first_sequence, struct truc_fault *fault)
{
    char name[ID_RUN_NAME_BYTES + 4];
    run_name(first_sequence, "", name);
    struct file_path path = file_path_in(directory, "ids", name);
    int error = disk_unlink(disk, path.text);
    return error < 0 && error != -ENOENT ? file_fault(fault, error, "remove", path.text) : 0;
}

struct others {
    bool (*is_kept)(const void *context, uint64_t first_sequence);
    const void *context;
    char names[NAMES_AT_ONCE][ID_RUN_NAME_BYTES + 4];
    size_t count;
};

static int other_visit(void *context, const char *name)
{
    struct others *others = context;
    char expected[ID_RUN_NAME_BYTES + 4];
    uint64_t first_sequence = strtoull(name, NULL, 10);
    run_name(first_sequence, "", expected);
    bool is_run = strcmp(name, expected) == 0;
    run_name(first_sequence, ".tmp", expected);
    if ((!is_run && strcmp(name, expected) != 0) || (is_run && others->is_kept(others->context, first_sequence)))
        return 0; /* what else lies there is somebody else's */
    memcpy(others->names[others->count++], name, strlen(name) + 1);
    return others->count == NAMES_AT_ONCE;
}

int id_run_remove_others(struct disk *disk, const char *directory,
                         bool (*is_kept)(const void *context, uint64_t first_sequence), const void *context,
                         struct truc_fault *fault)
{
    struct file_path path = file_path_of(directory, "ids");
    int removed = 0;
    for (;;) {
        struct others others = {.is_kept = is_kept, .context = context};
        int error = disk_list(disk, path.text, other_visit, &others);
        if (error < 0 && error != -ENOENT)
            return file_fault(fault, error, "list", path.text);
        for (size_t i = 0; i < others.count; i++) {
            struct file_path file = file_path_in(directory, "ids", others.names[i]);
            if ((error = disk_unlink(disk, file.text)) < 0)
                return file_fault(fault, error, "remove", file.text);
            removed++;
        }
        if (others.count < NAMES_AT_ONCE)
            return removed;
    }
}
