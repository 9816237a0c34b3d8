/* fuzz_journal.c - edits of any file of a small journal: segment, keys, snapshot, checkpoints, indexes (docs/journal-format.md).
 * Opening and verifying never say that changed records are well when a checkpoint covers them.
 * A fuzz target, see fuzz.h: a byte chooses the file, an odd second byte mends the segment's checksums, then come edits. */
#include "encode.h"
#include "fuzz.h"
#include "journal_fixture.h"
#include "journal_format.h"

enum { COVERED = 5, BODY_BYTES_MAX = 1024 };
static struct journal_fixture fixture;
static struct sha256_digest covered_root; /* of the first COVERED records, as written */

static void forget(void)
{
    fixture_end(&fixture);
}

/* Three groups in one segment, a snapshot, a checkpoint of all but the last group. */
static void make_journal(void)
{
    if (fixture.disk != NULL)
        return;
    fixture_begin(&fixture);
    struct journal *journal = NULL;
    FUZZ_REQUIRE(fixture_open(&fixture, &journal) == 0 && fixture_append(&fixture, journal, 3) == 0);
    FUZZ_REQUIRE(journal_snapshot_write(journal, bytes_string("state"), 1, &fixture.fault) == 0);
    FUZZ_REQUIRE(fixture_append(&fixture, journal, 2) == 0);
    covered_root = journal_root(journal);
    FUZZ_REQUIRE(journal_checkpoint_make(journal, COVERED, 1, &fixture.fault) == 1);
    FUZZ_REQUIRE(fixture_append(&fixture, journal, 4) == 0);
    fixture_die(&fixture, journal);
    FUZZ_REQUIRE(atexit(forget) == 0);
}

static void mend_group(uint8_t *group, size_t left)
{
    uint64_t records = load_le64(group + 24), payloads = load_le64(group + 32);
    if (records <= left && payloads <= left - records) {
        uint32_t crc;
        struct bytes section = bytes_of(group + FORMAT_GROUP_HEADER_BYTES, (size_t)records);
        store_le32(group + 56, crc32c(0, section));
        if (payloads_crc(bytes_of(section.data + records, (size_t)payloads), &crc))
            store_le32(group + 60, crc);
    }
    store_le32(group + FORMAT_GROUP_HEADER_BYTES - 4, crc32c(0, bytes_of(group, FORMAT_GROUP_HEADER_BYTES - 4)));
}

static void mend_segment(struct buffer *content)
{
    static const char magic[] = "TRUCGRP\n";
    enum { HEADER = FORMAT_SEGMENT_HEADER_BYTES };
    if (content->size < HEADER)
        return;
    store_le32(content->data + HEADER - 4, crc32c(0, bytes_of(content->data, HEADER - 4)));
    for (size_t at = HEADER; at + FORMAT_GROUP_HEADER_BYTES <= content->size; at += FORMAT_ALIGN)
        if (memcmp(content->data + at, magic, sizeof magic - 1) == 0)
            mend_group(content->data + at, content->size - at - FORMAT_GROUP_HEADER_BYTES);
}

static int add_leaf(void *context, const struct journal_record *record)
{
    struct merkle_frontier *tree = context;
    if (record->sequence < COVERED) {
        struct sha256_digest leaf = journal_leaf_hash(record);
        merkle_frontier_append(tree, &leaf);
    }
    return 0;
}

static void try_disk(struct memory_disk *disk)
{
    struct journal *journal = NULL;
    struct journal_verified verified;
    struct merkle_frontier tree = {0};
    const struct journal_verify verify = {.check = add_leaf, .context = &tree};
    if (fixture_open_on(&fixture, disk, &journal) != 0)
        return;
    if (journal_verify_all(journal, &verify, &verified, &fixture.fault) == 0) {
        struct sha256_digest root = merkle_frontier_root(&tree);
        FUZZ_REQUIRE(tree.size == COVERED && sha256_equal(&root, &covered_root));
    }
    (void)journal_close(journal, 1, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t files = 0;
    make_journal();
    if (size < 2)
        return 0;
    struct memory_disk *disk = memory_disk_copy(fixture.disk);
    while (memory_disk_path(disk, files) != NULL)
        files++;
    const char *path = memory_disk_path(disk, data[0] % files);
    struct buffer *content = memory_disk_content(disk, path);
    fuzz_edit(bytes_of(data + 2, size - 2), content->data, content->size);
    if (data[1] % 2 == 1 && strstr(path, ".tj") != NULL)
        mend_segment(content);
    try_disk(disk);
    memory_disk_free(disk);
    return 0;
}
