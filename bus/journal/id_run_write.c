/* id_run_write.c - writes a run in steps, each synced, so that the loop which also syncs the journal is never held up for long.
 * Under a temporary name; the last step gives it its own. Not the reader: id_run.c.
 * Called by bus/io/engine_ids.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "id_run_private.h"

struct id_run_writer {
    struct disk *disk;
    struct id_run_content content;
    struct file_path journal, directory, temporary, path;
    struct disk_file *file; /* NULL before the first step */
    struct run_header header;
    uint64_t pages_written;
    bool is_finished;
    uint8_t *chunk;  /* ID_RUN_STEP_BYTES */
    uint8_t *fences; /* of all pages */
};

static const char run_magic[8] = {'T', 'R', 'U', 'C', 'I', 'D', 'S', '\n'};

enum { STEP_PAGES = ID_RUN_STEP_BYTES / RUN_PAGE_BYTES };

void run_name(uint64_t first_sequence, const char *suffix, char out[ID_RUN_NAME_BYTES + 4])
{
    (void)snprintf(out, ID_RUN_NAME_BYTES + 4, "%020" PRIu64 ".ids%s", first_sequence, suffix);
}

void run_header_write(const struct run_header *header, uint8_t out[RUN_PAGE_BYTES])
{
    memset(out, 0, RUN_PAGE_BYTES);
    memcpy(out, run_magic, sizeof(run_magic));
    store_le32(out + 8, RUN_VERSION);
    store_le32(out + 12, RUN_PAGE_BYTES);
    store_le64(out + 16, header->facts.first_sequence);
    store_le64(out + 24, header->facts.last_sequence);
    store_le64(out + 32, header->facts.first_time_ns);
    store_le64(out + 40, header->facts.last_time_ns);
    store_le64(out + 48, header->facts.count);
    store_le64(out + 56, header->filter_bytes);
    memcpy(out + 64, header->bus_id, RUN_BUS_BYTES);
    store_le32(out + 128, header->filter_crc);
    store_le32(out + 132, header->fences_crc);
    store_le32(out + RUN_CRC_AT, crc32c(0, bytes_of(out, RUN_CRC_AT)));
}

uint32_t run_page_crc(uint64_t first_sequence, uint64_t page, const uint8_t data[RUN_PAGE_BYTES])
{
    uint8_t place[16];
    store_le64(place, first_sequence);
    store_le64(place + 8, page);
    return crc32c(crc32c(0, bytes_of(place, sizeof(place))), bytes_of(data, RUN_CRC_AT));
}

static void page_write(const struct id_run_writer *writer, uint64_t page, uint8_t out[RUN_PAGE_BYTES])
{
    memset(out, 0, RUN_PAGE_BYTES);
    for (uint64_t i = 0; i < RUN_PAGE_ENTRIES && page * RUN_PAGE_ENTRIES + i < writer->content.facts.count; i++) {
        const struct id_entry *entry = &writer->content.entries[page * RUN_PAGE_ENTRIES + i];
        uint8_t *at = out + i * RUN_ENTRY_BYTES;
        store_le64(at, entry->key);
        store_le64(at + 8, entry->check);
        store_le64(at + 16, entry->content);
        store_le64(at + 24, entry->sequence);
        store_le64(at + 32, entry->time_ns);
    }
    store_le32(out + RUN_CRC_AT, run_page_crc(writer->content.facts.first_sequence, page, out));
}

/* ---- beginning and end ---- */

static void fences_fill(struct id_run_writer *writer)
{
    uint64_t pages = run_page_count(&writer->content.facts);
    for (uint64_t page = 0; page < pages; page++)
        store_le64(writer->fences + page * RUN_FENCE_BYTES, writer->content.entries[page * RUN_PAGE_ENTRIES].key);
    writer->header.fences_crc = crc32c(0, bytes_of(writer->fences, (size_t)pages * RUN_FENCE_BYTES));
}

/* Journals of before have no folder for them. */
static int directory_make(struct id_run_writer *writer)
{
    int error = disk_make_directory(writer->disk, writer->directory.text);
    return error == -EEXIST ? 0 : error < 0 ? error : disk_sync_directory(writer->disk, writer->journal.text);
}

static int file_make(struct id_run_writer *writer)
{
    int error = directory_make(writer);
    if (error == 0)
        error = disk_open(writer->disk, writer->temporary.text, DISK_READ | DISK_WRITE | DISK_CREATE, &writer->file);
    return error;
}

int id_run_write_begin(struct disk *disk, const char *directory, const char *bus_id,
                       const struct id_run_content *content, struct id_run_writer **ret_writer,
                       struct truc_fault *fault)
{
    char name[ID_RUN_NAME_BYTES + 4];
    struct id_run_writer *writer = calloc(1, sizeof(*writer));
    uint64_t pages = run_page_count(&content->facts);
    if (writer == NULL || (writer->chunk = malloc(ID_RUN_STEP_BYTES)) == NULL ||
        (writer->fences = malloc((size_t)pages * RUN_FENCE_BYTES)) == NULL) {
        id_run_write_end(writer);
        return fault_set(fault, TRUC_E_MEMORY, "no memory to write ids");
    }
    writer->disk = disk;
    writer->content = *content;
    (void)snprintf(writer->journal.text, sizeof(writer->journal.text), "%s", directory);
    writer->directory = file_path_of(directory, "ids");
    run_name(content->facts.first_sequence, "", name);
    writer->path = file_path_in(directory, "ids", name);
    run_name(content->facts.first_sequence, ".tmp", name);
    writer->temporary = file_path_in(directory, "ids", name);
    writer->header.facts = content->facts;
    writer->header.filter_bytes = content->filter.size;
    writer->header.filter_crc = crc32c(0, content->filter);
    (void)snprintf(writer->header.bus_id, sizeof(writer->header.bus_id), "%s", bus_id);
    fences_fill(writer);
    *ret_writer = writer;
    return 0;
}

void id_run_write_end(struct id_run_writer *writer)
{
    if (writer == NULL)
        return;
    disk_close(writer->file);
    if (writer->file && !writer->is_finished)
        disk_unlink(writer->disk, writer->temporary.text); /* if it can't be removed now, it is at the next start */
    free(writer->chunk);
    free(writer->fences);
    free(writer);
}

/* ---- steps ---- */

/* What an earlier start left under this name, or an earlier try, is written over from its beginning. */
static int header_step(struct id_run_writer *writer)
{
    uint8_t page[RUN_PAGE_BYTES];
    int error = writer->file ? 0 : file_make(writer);
    if (error == 0)
        error = disk_truncate(writer->file, 0);
    run_header_write(&writer->header, page);
    return error < 0 ? error : disk_write_at(writer->file, 0, page, sizeof(page));
}

static int pages_step(struct id_run_writer *writer)
{
    uint64_t left = run_page_count(&writer->content.facts) - writer->pages_written;
    size_t count = left < STEP_PAGES ? (size_t)left : STEP_PAGES;
    for (size_t i = 0; i < count; i++)
        page_write(writer, writer->pages_written + i, writer->chunk + i * RUN_PAGE_BYTES);
    int error = writer->pages_written ? 0 : header_step(writer);
    if (error == 0)
        error =
            disk_write_at(writer->file, run_page_offset(writer->pages_written), writer->chunk, count * RUN_PAGE_BYTES);
    if (error == 0)
        error = disk_sync(writer->file);
    if (error == 0)
        writer->pages_written += count;
    return error;
}

static int last_step(struct id_run_writer *writer)
{
    const struct id_run_facts *facts = &writer->content.facts;
    int error = disk_write_at(writer->file, run_fences_offset(facts), writer->fences,
                              (size_t)run_page_count(facts) * RUN_FENCE_BYTES);
    if (error == 0)
        error = disk_write_at(writer->file, run_filter_offset(facts), writer->content.filter.data,
                              writer->content.filter.size);
    if (error == 0)
        error = disk_sync(writer->file);
    if (error == 0)
        error = disk_rename(writer->disk, writer->temporary.text, writer->path.text);
    if (error == 0)
        error = disk_sync_directory(writer->disk, writer->directory.text);
    writer->is_finished = error == 0;
    return error;
}

int id_run_write_step(struct id_run_writer *writer, struct truc_fault *fault)
{
    bool is_last = writer->pages_written == run_page_count(&writer->content.facts);
    int error = is_last ? last_step(writer) : pages_step(writer);
    if (error < 0)
        return file_fault(fault, error, "write", writer->temporary.text);
    return is_last ? 0 : 1;
}
