/* fuzz_id_run.c - edits of a run of ids (docs/journal-format.md, "Runs of ids").
 * What is found in a run is what was written, whatever was changed; with checksums mended there is no crash.
 * A fuzz target, see fuzz.h: an odd first byte mends the checksums, then come edits. */
#include "encode.h"
#include "fuzz.h"
#include "id_run_private.h"
#include "memory_disk.h"

enum { COUNT = 300, FIRST = 1000 };
static struct memory_disk *base;
static struct id_entry entries[COUNT];
static const uint8_t filter[64] = {1, 2, 3};
static const struct id_run_content content = {
    .facts = {FIRST, FIRST + COUNT - 1, 5, 5 + COUNT, COUNT}, .entries = entries, .filter = {filter, sizeof filter}};

static void forget(void)
{
    memory_disk_free(base);
}

static void make_run(void)
{
    struct id_run_writer *writer = NULL;
    struct truc_fault fault;
    if (base != NULL)
        return;
    base = memory_disk_new();
    struct disk *disk = memory_disk_interface(base);
    for (uint64_t i = 0; i < COUNT; i++)
        entries[i] = (struct id_entry){i * 0x9e3779b97f4aull + 7, i ^ 0xff, i * 3, FIRST + i, 5 + i};
    FUZZ_REQUIRE(disk_make_directory(disk, "/j") == 0);
    FUZZ_REQUIRE(id_run_write_begin(disk, "/j", "test", &content, &writer, &fault) == 0);
    int code = 1;
    while (code > 0)
        code = id_run_write_step(writer, &fault);
    FUZZ_REQUIRE(code == 0);
    id_run_write_end(writer);
    FUZZ_REQUIRE(atexit(forget) == 0);
}

static void mend(struct buffer *file)
{
    for (uint64_t page = 0; (page + 1) * RUN_PAGE_BYTES <= run_fences_offset(&content.facts); page++) {
        uint8_t *at = file->data + page * RUN_PAGE_BYTES;
        store_le32(at + RUN_CRC_AT,
                   page == 0 ? crc32c(0, bytes_of(at, RUN_CRC_AT)) : run_page_crc(FIRST, page - 1, at));
    }
}

static void try_run(struct memory_disk *disk, bool is_mended)
{
    BUFFER_CLEANUP struct buffer got = {0};
    struct id_run *run = NULL;
    struct truc_fault fault;
    if (id_run_open(memory_disk_interface(disk), "/j", "test", &content.facts, &run, &got, &fault) != 0)
        return;
    FUZZ_REQUIRE(is_mended || bytes_equal(buffer_view(&got), content.filter));
    for (size_t i = 0; i < COUNT; i++) {
        struct id_entry found;
        int code = id_run_find(run, entries[i].key, entries[i].check, &found, &fault);
        FUZZ_REQUIRE(is_mended || code < 0 || (code == 1 && memcmp(&found, &entries[i], sizeof found) == 0));
    }
    id_run_close(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make_run();
    if (size == 0)
        return 0;
    struct memory_disk *disk = memory_disk_copy(base);
    const char *path = memory_disk_path(disk, 0);
    FUZZ_REQUIRE(path != NULL && memory_disk_path(disk, 1) == NULL);
    struct buffer *file = memory_disk_content(disk, path);
    fuzz_edit(bytes_of(data + 1, size - 1), file->data, file->size);
    if (data[0] % 2 == 1)
        mend(file);
    try_run(disk, data[0] % 2 == 1);
    memory_disk_free(disk);
    return 0;
}
