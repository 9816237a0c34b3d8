/* test_journal_golden.c - the bytes on disk are those committed in tests/golden/journal, and those are still read.
 * The files are what docs/journal-format.md walks through. A difference means a new format version, not a new golden
 * file. `test_journal_golden write DIRECTORY` makes them anew. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "encode.h"
#include "id_run.h"
#include "journal_fixture.h"
#include "queue_list.h"

static const char *golden_directory;

enum { LINE_BYTES = 32 };

/* "offset: hex" for each 32 bytes that aren't all zero, then "size N". */
static void dump_append(struct bytes content, struct buffer *out)
{
    static const uint8_t zeros[LINE_BYTES];
    for (size_t at = 0; at < content.size; at += LINE_BYTES) {
        size_t size = content.size - at < LINE_BYTES ? content.size - at : LINE_BYTES;
        if (memcmp(content.data + at, zeros, size) == 0)
            continue;
        buffer_printf(out, "%06zx: ", at);
        hex_append(out, bytes_of(content.data + at, size));
        buffer_append_byte(out, '\n');
    }
    buffer_printf(out, "size %zu\n", content.size);
}

static void dump_parse(const char *text, struct buffer *content)
{
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t value = 0;
        if (sscanf(line, "size %zu", &value) == 1) {
            while (content->size < value)
                buffer_append_byte(content, 0);
            return;
        }
        assert_int_equal(sscanf(line, "%zx:", &value), 1);
        while (content->size < value)
            buffer_append_byte(content, 0);
        const char *hex = strchr(line, ' ') + 1;
        assert_int_equal(hex_decode(bytes_of(hex, strcspn(hex, "\n")), content), 0);
    }
    fail_msg("a golden file has no size line");
}

/* "/journal/segments/00….tj" is kept as "segments-00….tj.hex". */
static void golden_path(const char *path, char *out, size_t size)
{
    int prefix = snprintf(out, size, "%s/", golden_directory), written;
    written = snprintf(out + prefix, size - (size_t)prefix, "%s.hex", path + strlen("/journal/"));
    assert_true(written > 0 && (size_t)(prefix + written) < size);
    for (char *at = out + prefix; *at != '\0'; at++) {
        if (*at == '/')
            *at = '-';
    }
}

static bool is_golden(const char *path)
{
    return strstr(path, "/lock") == NULL && strstr(path, ".tmp") == NULL;
}

static const struct id_entry golden_ids[] = {
    {0x0102030405060708ull, 0x1112131415161718ull, 0x2122232425262728ull, 1, 1795000000000000002ull},
    {0x8182838485868788ull, 0x9192939495969798ull, 0xa1a2a3a4a5a6a7a8ull, 2, 1795000000000000003ull},
};
static const struct id_run_facts golden_facts = {.first_sequence = 1,
                                                 .last_sequence = 2,
                                                 .first_time_ns = 1795000000000000002ull,
                                                 .last_time_ns = 1795000000000000003ull,
                                                 .count = 2};
/* Bits of both in one block: blocks are id_filter.h's, these are put together by hand. */
static const uint8_t golden_filter[64] = {[0] = 1, [63] = 128};

static void golden_run(const struct journal_fixture *fixture)
{
    struct id_run_writer *writer = NULL;
    const struct id_run_content content = {
        .facts = golden_facts, .entries = golden_ids, .filter = bytes_of(golden_filter, sizeof(golden_filter))};
    assert_int_equal(
        id_run_write_begin(fixture->options.disk, "/journal", fixture->options.bus_id, &content, &writer, NULL), 0);
    assert_int_equal(id_run_write_step(writer, NULL), 1);
    assert_int_equal(id_run_write_step(writer, NULL), 0);
    id_run_write_end(writer);
}

/* Two groups, three records, one payload, a checkpoint, a snapshot, an object, a queue's list, a run of ids. */
static void golden_make(struct journal_fixture *fixture)
{
    fixture_begin(fixture);
    struct journal *journal = fixture_must_open(fixture);
    struct journal_entry first[2] = {
        {.kind = 1, .time_ns = 1795000000000000001ull, .body = bytes_string("the broker started")},
        {.kind = 4,
         .flags = 2,
         .time_ns = 1795000000000000002ull,
         .body = bytes_string("a message was accepted"),
         .has_payload = true,
         .salt = "a salt which its sender had made",
         .payload = bytes_string("what the message says")},
    };
    struct journal_entry second = {
        .kind = 6, .time_ns = 1795000000000000003ull, .body = bytes_string("it was settled")};
    struct journal_group group = {first, 2, 1795000000000000002ull, 0};
    assert_int_equal(journal_append_group(journal, &group, &fixture->fault), 0);
    group = (struct journal_group){&second, 1, 1795000000000000003ull, 2};
    assert_int_equal(journal_append_group(journal, &group, &fixture->fault), 0);
    struct sha256_digest digest;
    assert_int_equal(journal_object_put(journal, bytes_string("routes: []\n"), &digest, &fixture->fault), 0);
    assert_int_equal(journal_checkpoint_make(journal, 3, 1795000000000000004ull, &fixture->fault), 1);
    assert_int_equal(
        journal_snapshot_write(journal, bytes_string("the core's state"), 1795000000000000005ull, &fixture->fault), 0);
    assert_int_equal(journal_close(journal, 1795000000000000006ull, NULL), 0);
    struct queue_list *list = NULL;
    struct queue_entry entry = {1, 0x1122334455667788ull, 512, 1};
    assert_int_equal(queue_list_open(fixture->options.disk, "/journal/queues/onestop.1.ql", &list, NULL), 0);
    assert_int_equal(queue_list_append(list, &entry, NULL), 0);
    assert_int_equal(queue_list_close(list, NULL), 0);
    golden_run(fixture);
}

static bool golden_read(const char *path, struct buffer *text)
{
    char chunk[4096];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        buffer_append(text, chunk, got);
    fclose(file);
    return true;
}

static void bytes_written_are_the_committed_ones(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    char path[1024];
    golden_make(&fixture);
    size_t compared = 0;
    for (size_t n = 0; memory_disk_path(fixture.disk, n) != NULL; n++) {
        const char *name = memory_disk_path(fixture.disk, n);
        BUFFER_CLEANUP struct buffer made = {0};
        BUFFER_CLEANUP struct buffer committed = {0};
        if (!is_golden(name))
            continue;
        dump_append(buffer_view(memory_disk_content(fixture.disk, name)), &made);
        golden_path(name, path, sizeof(path));
        if (!golden_read(path, &committed))
            fail_msg("%s is not committed", path);
        assert_string_equal(buffer_string(&made), buffer_string(&committed));
        compared++;
    }
    assert_int_equal(compared, 10);
    fixture_end(&fixture);
}

static void committed_bytes_are_read(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    char path[1024];
    golden_make(&fixture);
    for (size_t n = 0; memory_disk_path(fixture.disk, n) != NULL; n++) {
        const char *name = memory_disk_path(fixture.disk, n);
        BUFFER_CLEANUP struct buffer committed = {0};
        if (!is_golden(name))
            continue;
        golden_path(name, path, sizeof(path));
        assert_true(golden_read(path, &committed));
        struct buffer *content = memory_disk_content(fixture.disk, name);
        buffer_clear(content);
        dump_parse(buffer_string(&committed), content);
    }
    struct journal *journal = fixture_must_open(&fixture);
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record;
    struct journal_verified verified;
    assert_int_equal(journal_next_sequence(journal), 3);
    assert_int_equal(fixture.opened.restored_sequence, 3);
    assert_int_equal(journal_read(journal, 1, JOURNAL_WITH_PAYLOAD, &scratch, &record, &fixture.fault), 0);
    assert_true(bytes_equal_string(record.body, "a message was accepted"));
    assert_true(bytes_equal_string(record.payload, "what the message says"));
    assert_memory_equal(record.salt, "a salt which its sender had made", JOURNAL_SALT_BYTES);
    assert_int_equal(journal_verify_all(journal, NULL, &verified, &fixture.fault), 0);
    assert_int_equal(verified.checkpoints, 2);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    struct id_run *run = NULL;
    struct id_entry found;
    BUFFER_CLEANUP struct buffer filter = {0};
    assert_int_equal(id_run_open(fixture.options.disk, "/journal", fixture.options.bus_id, &golden_facts, &run, &filter,
                                 &fixture.fault),
                     0);
    assert_int_equal(id_run_find(run, golden_ids[1].key, golden_ids[1].check, &found, &fixture.fault), 1);
    assert_memory_equal(&found, &golden_ids[1], sizeof(found));
    id_run_close(run);
    fixture_end(&fixture);
}

static int golden_write(void)
{
    struct journal_fixture fixture;
    char path[1024];
    golden_make(&fixture);
    for (size_t n = 0; memory_disk_path(fixture.disk, n) != NULL; n++) {
        const char *name = memory_disk_path(fixture.disk, n);
        BUFFER_CLEANUP struct buffer text = {0};
        if (!is_golden(name))
            continue;
        dump_append(buffer_view(memory_disk_content(fixture.disk, name)), &text);
        golden_path(name, path, sizeof(path));
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(text.data, 1, text.size, file) != text.size || fclose(file) != 0) {
            perror(path);
            return 1;
        }
    }
    fixture_end(&fixture);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_written_are_the_committed_ones),
        cmocka_unit_test(committed_bytes_are_read),
    };
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        golden_directory = argv[2];
        return golden_write();
    }
    golden_directory = argc == 2 ? argv[1] : "tests/golden/journal";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
