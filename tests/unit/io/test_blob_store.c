/* test_blob_store.c - an attachment is there whole or not at all: whatever call fails, whenever the power goes, whatever is resumed.
 * On the memory disk. Not who may do what (tests/unit/core/test_attachments_*.c).
 * Contents are bytes counted from a seed: nobody's documents. */
#include <stdio.h>
#include <stdlib.h>

#include "blob_store.h"
#include "cmocka_start.h"
#include "memory_disk.h"

enum { CHUNK = BLOB_CHUNK_BYTES, SMALL = 1000, SIZE = 3 * BLOB_CHUNK_BYTES + 777 };
static const uint8_t master_key[32] = {5};
static const struct blob_bounds plenty = {.space_bytes = 1ull << 40, .uploads_max = 4};

struct fixture {
    struct memory_disk *disk;
    struct blob_store *store;
    struct truc_fault fault;
    uint8_t *content;
    size_t size;
    struct blob_file_header wanted;
    uint8_t random;
};

static void seeded(void *context, uint8_t *out, size_t size)
{
    struct fixture *fixture = context;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(fixture->random++ * 7 + 3);
}

static int open_store(struct fixture *fixture)
{
    const struct blob_store_options options = {.disk = memory_disk_interface(fixture->disk),
                                               .directory = "/j",
                                               .bus_id = "test",
                                               .master_key = master_key,
                                               .random = seeded,
                                               .random_context = fixture};
    fixture->fault = (struct truc_fault){0};
    return blob_store_open(&options, 1000, &fixture->store, &fixture->fault);
}

static void set_content(struct fixture *fixture, size_t size, uint8_t seed)
{
    free(fixture->content);
    fixture->content = malloc(size ? size : 1);
    assert_non_null(fixture->content);
    for (size_t i = 0; i < size; i++)
        fixture->content[i] = (uint8_t)(i * 31 + i / 251 + seed);
    fixture->size = size;
    fixture->wanted =
        (struct blob_file_header){.size_bytes = size, .sha256 = sha256_of(bytes_of(fixture->content, size))};
}

static void begin(struct fixture *fixture, size_t size)
{
    *fixture = (struct fixture){.disk = memory_disk_new()};
    assert_int_equal(disk_make_directory(memory_disk_interface(fixture->disk), "/j"), 0);
    assert_int_equal(disk_sync_directory(memory_disk_interface(fixture->disk), "/"), 0);
    set_content(fixture, size, 1);
    assert_int_equal(open_store(fixture), 0);
}

static void end(struct fixture *fixture)
{
    blob_store_close(fixture->store);
    memory_disk_free(fixture->disk);
    free(fixture->content);
}

/* Everything that is still to come, up to `most` bytes. 0 when all is written; `ret` is the open upload. */
static int upload(struct fixture *fixture, const char *system, size_t most, struct blob_upload **ret)
{
    int code = blob_upload_open(fixture->store, system, &fixture->wanted, &plenty, 2000, ret, &fixture->fault);
    int more = 1;
    while (code == 0 && more > 0)
        code = (more = blob_upload_resume(*ret, &fixture->fault)) < 0 ? more : 0;
    while (code == 0 && blob_upload_offset(*ret) < most) {
        size_t offset = (size_t)blob_upload_offset(*ret);
        size_t size = fixture->size - offset < CHUNK ? fixture->size - offset : CHUNK;
        code = blob_upload_write(*ret, bytes_of(fixture->content + offset, size), 2000, &fixture->fault);
    }
    return code;
}

/* 1 or 0 as blob_upload_finish; else the code, with what came given up. */
static int put(struct fixture *fixture, const char *system)
{
    struct blob_upload *open = NULL;
    int code = upload(fixture, system, fixture->size, &open);
    if (code == 0)
        code = blob_upload_finish(open, 3000, &fixture->fault);
    if (code < 0)
        blob_upload_close(open);
    return code;
}

static bool holds(struct fixture *fixture, const char *system)
{
    uint64_t size = 0;
    int code = blob_store_holds(fixture->store, system, &fixture->wanted.sha256, &size, &fixture->fault);
    assert_in_range(code, 0, 1);
    assert_true(code == 0 || size == fixture->size);
    return code == 1;
}

static void expect_content(struct fixture *fixture, uint64_t from)
{
    struct blob_reader *reader;
    struct buffer read BUFFER_CLEANUP = {0};
    assert_int_equal(blob_reader_open(fixture->store, &fixture->wanted.sha256, &reader, &fixture->fault), 0);
    assert_int_equal(blob_reader_size(reader), fixture->size);
    while (from + read.size < fixture->size)
        assert_int_equal(blob_reader_read(reader, from + read.size, &read, &fixture->fault), 0);
    assert_true(bytes_equal(buffer_view(&read), bytes_of(fixture->content + from, fixture->size - from)));
    blob_reader_close(reader);
}

static void what_is_put_is_read_from_any_offset(void **state)
{
    struct fixture fixture;
    const size_t sizes[] = {0, 1, SMALL, CHUNK, CHUNK + 1, SIZE};
    (void)state;
    begin(&fixture, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        set_content(&fixture, sizes[i], (uint8_t)i);
        assert_int_equal(put(&fixture, "alpha"), 1);
        assert_true(holds(&fixture, "alpha"));
        assert_false(holds(&fixture, "beta"));
        expect_content(&fixture, 0);
        expect_content(&fixture, sizes[i] / 2);
    }
    end(&fixture);
}

static void content_is_not_on_the_disk_in_clear(void **state)
{
    struct fixture fixture;
    (void)state;
    begin(&fixture, SIZE);
    assert_int_equal(put(&fixture, "alpha"), 1);
    const char *path;
    for (size_t n = 0; (path = memory_disk_path(fixture.disk, n)); n++) {
        const struct buffer *file = memory_disk_content(fixture.disk, path);
        for (size_t at = 0; at + 32 <= file->size; at++)
            assert_memory_not_equal(file->data + at, fixture.content, 32);
    }
    end(&fixture);
}

static void another_hash_is_refused_and_nothing_is_kept(void **state)
{
    struct fixture fixture;
    struct blob_upload *open;
    uint64_t bytes;
    (void)state;
    begin(&fixture, SIZE);
    fixture.content[SIZE / 2] ^= 1;
    assert_int_equal(upload(&fixture, "alpha", SIZE, &open), 0);
    assert_int_equal(blob_upload_finish(open, 3000, &fixture.fault), TRUC_E_BLOB_HASH);
    blob_upload_drop(open);
    assert_false(holds(&fixture, "alpha"));
    assert_int_equal(blob_store_incoming(fixture.store, &bytes), 0);
    assert_int_equal(bytes, 0);
    end(&fixture);
}

static void a_second_system_proves_that_it_has_it(void **state)
{
    struct fixture fixture;
    (void)state;
    begin(&fixture, SIZE);
    assert_int_equal(put(&fixture, "alpha"), 1);
    struct blob_upload *open;
    assert_int_equal(upload(&fixture, "beta", CHUNK, &open), 0); /* it is asked for all of it, as if nobody had it */
    assert_int_equal(blob_upload_offset(open), CHUNK);
    blob_upload_close(open);
    assert_false(holds(&fixture, "beta"));
    assert_int_equal(put(&fixture, "beta"), 0);
    assert_true(holds(&fixture, "beta"));
    assert_true(holds(&fixture, "alpha"));
    end(&fixture);
}

static void chunks_of_another_size_are_refused(void **state)
{
    struct fixture fixture;
    struct blob_upload *open;
    (void)state;
    begin(&fixture, SIZE);
    assert_int_equal(upload(&fixture, "alpha", 0, &open), 0);
    assert_int_equal(blob_upload_write(open, bytes_of(fixture.content, CHUNK - 1), 0, &fixture.fault),
                     TRUC_E_BLOB_SIZE);
    assert_int_equal(blob_upload_write(open, BYTES_EMPTY, 0, &fixture.fault), TRUC_E_BLOB_SIZE);
    blob_upload_close(open);
    end(&fixture);
}

/* Whichever call is the last before the power goes: afterwards it is there whole, or goes on from what came. */
static void the_power_may_fail_at_any_call(void **state)
{
    (void)state;
    bool finished = false;
    for (uint64_t last = 1; !finished; last++) {
        struct fixture fixture;
        begin(&fixture, CHUNK + SMALL);
        memory_disk_set_faults(fixture.disk, &(struct memory_disk_faults){.power_off = last});
        finished = put(&fixture, "alpha") == 1;
        blob_store_close(fixture.store);
        fixture.store = NULL;
        memory_disk_crash(fixture.disk, last);
        assert_int_equal(open_store(&fixture), 0);
        if (finished)
            assert_true(holds(&fixture, "alpha")); /* it was answered: nothing takes it away */
        if (!holds(&fixture, "alpha"))
            assert_in_range(put(&fixture, "alpha"), 0, 1); /* 0: it had its name, and lacked the holder's */
        expect_content(&fixture, 0);
        end(&fixture);
        assert_in_range(last, 1, 200);
    }
}

static void a_killed_upload_goes_on_where_it_was(void **state)
{
    struct fixture fixture;
    struct blob_upload *open;
    (void)state;
    begin(&fixture, SIZE);
    assert_int_equal(upload(&fixture, "alpha", 2 * CHUNK, &open), 0);
    blob_upload_close(open);
    blob_store_close(fixture.store);
    memory_disk_kill(fixture.disk);
    assert_int_equal(open_store(&fixture), 0);
    assert_int_equal(upload(&fixture, "alpha", 0, &open), 0);
    assert_int_equal(blob_upload_offset(open), 2 * CHUNK);
    blob_upload_close(open);
    assert_int_equal(put(&fixture, "alpha"), 1);
    expect_content(&fixture, 0);
    end(&fixture);
}

static void a_failed_write_or_sync_is_never_an_answer(void **state)
{
    (void)state;
    for (unsigned syncs = 0; syncs < 2; syncs++) {
        bool finished = false;
        for (uint64_t n = 1; !finished; n++) {
            struct fixture fixture;
            begin(&fixture, CHUNK + SMALL);
            const struct memory_disk_faults faults = {.fail_sync = syncs ? n : 0, .fail_write = syncs ? 0 : n};
            memory_disk_set_faults(fixture.disk, &faults);
            int code = put(&fixture, "alpha");
            finished = code == 1;
            if (!finished) {
                assert_int_equal(code, TRUC_E_IO);
                assert_false(holds(&fixture, "alpha") && !memory_disk_is_durable(fixture.disk, "/j/blobs/store.key"));
            }
            end(&fixture);
            assert_in_range(n, 1, 100);
        }
    }
}

static void a_full_disk_has_its_name_and_the_upload_goes_on(void **state)
{
    struct fixture fixture;
    struct blob_upload *open = NULL;
    (void)state;
    begin(&fixture, SIZE);
    assert_int_equal(upload(&fixture, "alpha", CHUNK, &open), 0);
    memory_disk_set_faults(fixture.disk,
                           &(struct memory_disk_faults){.space_bytes = memory_disk_used_bytes(fixture.disk) + CHUNK});
    assert_int_equal(blob_upload_write(open, bytes_of(fixture.content + CHUNK, CHUNK), 0, &fixture.fault),
                     TRUC_E_BLOB_SPACE);
    blob_upload_close(open);
    memory_disk_set_faults(fixture.disk, &(struct memory_disk_faults){0});
    assert_int_equal(put(&fixture, "alpha"), 1);
    expect_content(&fixture, 0);
    end(&fixture);
}

static void space_and_uploads_are_bounded(void **state)
{
    struct fixture fixture;
    struct blob_upload *open[3] = {NULL};
    const struct blob_bounds two = {.space_bytes = 10 * SMALL, .uploads_max = 2};
    uint64_t bytes;
    (void)state;
    begin(&fixture, SMALL);
    for (uint8_t i = 0; i < 2; i++) {
        set_content(&fixture, SMALL, i);
        assert_int_equal(
            blob_upload_open(fixture.store, "alpha", &fixture.wanted, &two, 10u + i, &open[i], &fixture.fault), 0);
    }
    set_content(&fixture, SMALL, 2);
    assert_int_equal(blob_upload_open(fixture.store, "alpha", &fixture.wanted, &two, 20, &open[2], &fixture.fault),
                     TRUC_E_LIMIT);
    blob_upload_close(open[0]); /* it rests: it gives way */
    assert_int_equal(blob_upload_open(fixture.store, "alpha", &fixture.wanted, &two, 20, &open[2], &fixture.fault), 0);
    assert_int_equal(blob_store_incoming(fixture.store, &bytes), 2);
    assert_int_equal(bytes, 2 * SMALL);
    set_content(&fixture, 9 * SMALL, 3);
    assert_int_equal(blob_upload_open(fixture.store, "beta", &fixture.wanted, &two, 20, &open[0], &fixture.fault),
                     TRUC_E_BLOB_SPACE);
    blob_upload_close(open[1]);
    blob_upload_close(open[2]);
    end(&fixture);
}

static void what_rests_too_long_expires(void **state)
{
    struct fixture fixture;
    struct blob_upload *open;
    uint64_t bytes;
    (void)state;
    begin(&fixture, SIZE);
    assert_int_equal(upload(&fixture, "alpha", CHUNK, &open), 0);
    assert_int_equal(blob_store_expire(fixture.store, 5000), 0); /* it is open */
    blob_upload_close(open);
    assert_int_equal(blob_store_expire(fixture.store, 2000), 0); /* touched then */
    assert_int_equal(blob_store_expire(fixture.store, 2001), 1);
    assert_int_equal(blob_store_incoming(fixture.store, &bytes), 0);
    assert_int_equal(upload(&fixture, "alpha", 0, &open), 0);
    assert_int_equal(blob_upload_offset(open), 0);
    blob_upload_close(open);
    end(&fixture);
}

static void each_flipped_sector_is_found(void **state)
{
    struct fixture fixture;
    char name[BLOB_NAME_BYTES], path[256];
    (void)state;
    begin(&fixture, CHUNK + SMALL);
    assert_int_equal(put(&fixture, "alpha"), 1);
    blob_name_of(&fixture.wanted.sha256, name);
    (void)snprintf(path, sizeof path, "/j/blobs/%.2s/%.2s/%s", name, name + 2, name);
    struct buffer *file = memory_disk_content(fixture.disk, path);
    assert_non_null(file);
    const size_t places[] = {0, 20, 40, 80, 110, 4000, 4096, 4096 + 13, 4096 + 25, 4096 + 512, 4096 + 512 + CHUNK - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct blob_reader *reader = NULL;
        struct buffer read BUFFER_CLEANUP = {0};
        file->data[places[i]] ^= 1;
        int code = blob_reader_open(fixture.store, &fixture.wanted.sha256, &reader, &fixture.fault);
        if (code == 0)
            code = blob_reader_read(reader, 0, &read, &fixture.fault);
        blob_reader_close(reader);
        assert_true(code < 0);
        assert_int_equal(read.size, 0);
        file->data[places[i]] ^= 1;
    }
    expect_content(&fixture, 0);
    end(&fixture);
}

static void another_master_key_opens_nothing(void **state)
{
    struct fixture fixture;
    static const uint8_t other_key[32] = {6};
    (void)state;
    begin(&fixture, SMALL);
    assert_int_equal(put(&fixture, "alpha"), 1);
    blob_store_close(fixture.store);
    const struct blob_store_options options = {.disk = memory_disk_interface(fixture.disk),
                                               .directory = "/j",
                                               .bus_id = "test",
                                               .master_key = other_key,
                                               .read_only = true};
    assert_int_equal(blob_store_open(&options, 0, &fixture.store, &fixture.fault), TRUC_E_JOURNAL_KEY);
    fixture.store = NULL;
    end(&fixture);
}

/* ---- collecting ---- */

struct sweeping {
    struct blob_store *store;
    uint64_t needed_from;
    unsigned unused;
};

static int is_needed(void *context, uint64_t sequence, struct truc_fault *fault)
{
    (void)fault;
    return sequence >= ((const struct sweeping *)context)->needed_from;
}

static int unused(void *context, const struct sha256_digest *sha256, uint64_t size_bytes, struct truc_fault *fault)
{
    struct sweeping *sweeping = context;
    assert_int_equal(size_bytes, SMALL);
    sweeping->unused++;
    return blob_store_remove(sweeping->store, sha256, fault);
}

static unsigned sweep(struct fixture *fixture, uint64_t needed_from, uint64_t before_ns,
                      const struct sha256_digest *named_meanwhile)
{
    struct sweeping sweeping = {.store = fixture->store, .needed_from = needed_from};
    const struct blob_sweep_options options = {
        .is_needed = is_needed, .unused = unused, .context = &sweeping, .before_ns = before_ns};
    struct blob_sweep *under_way;
    assert_int_equal(blob_sweep_begin(fixture->store, &options, &under_way, &fixture->fault), 0);
    int more = 1;
    for (unsigned step = 0; more == 1; step++) {
        if (step == 3 && named_meanwhile) /* the log has been read by then */
            assert_int_equal(blob_store_name(fixture->store, named_meanwhile, needed_from, &fixture->fault), 0);
        more = blob_sweep_step(under_way, &fixture->fault);
    }
    assert_int_equal(more, 0);
    blob_sweep_end(under_way);
    return sweeping.unused;
}

static void what_no_message_needs_goes_and_nothing_else(void **state)
{
    struct fixture fixture;
    struct sha256_digest named[3];
    (void)state;
    begin(&fixture, SMALL);
    for (uint8_t i = 0; i < 3; i++) {
        set_content(&fixture, SMALL, i);
        assert_int_equal(put(&fixture, "alpha"), 1); /* held at 3000 */
        named[i] = fixture.wanted.sha256;
    }
    assert_int_equal(blob_store_name(fixture.store, &named[0], 10, &fixture.fault), 0);
    assert_int_equal(blob_store_name(fixture.store, &named[1], 20, &fixture.fault), 0);
    assert_int_equal(blob_store_sync_names(fixture.store, &fixture.fault), 0);
    assert_int_equal(sweep(&fixture, 0, 3000, NULL), 0);       /* the third is young */
    assert_int_equal(sweep(&fixture, 15, 3000, NULL), 0);      /* and the first as well */
    assert_int_equal(sweep(&fixture, 15, 3001, &named[2]), 1); /* the third is named meanwhile */
    set_content(&fixture, SMALL, 0);
    assert_false(holds(&fixture, "alpha"));
    for (uint8_t i = 1; i < 3; i++) {
        set_content(&fixture, SMALL, i);
        assert_true(holds(&fixture, "alpha"));
        expect_content(&fixture, 0);
    }
    memory_disk_crash(fixture.disk, 4);
    blob_store_close(fixture.store);
    assert_int_equal(open_store(&fixture), 0);
    assert_int_equal(sweep(&fixture, 15, 3001, &named[2]), 0);
    assert_int_equal(sweep(&fixture, 100, 3001, NULL), 2);
    set_content(&fixture, SMALL, 1);
    assert_int_equal(put(&fixture, "alpha"), 1); /* and comes again */
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_read_from_any_offset),
        cmocka_unit_test(content_is_not_on_the_disk_in_clear),
        cmocka_unit_test(another_hash_is_refused_and_nothing_is_kept),
        cmocka_unit_test(a_second_system_proves_that_it_has_it),
        cmocka_unit_test(chunks_of_another_size_are_refused),
        cmocka_unit_test(the_power_may_fail_at_any_call),
        cmocka_unit_test(a_killed_upload_goes_on_where_it_was),
        cmocka_unit_test(a_failed_write_or_sync_is_never_an_answer),
        cmocka_unit_test(a_full_disk_has_its_name_and_the_upload_goes_on),
        cmocka_unit_test(space_and_uploads_are_bounded),
        cmocka_unit_test(what_rests_too_long_expires),
        cmocka_unit_test(each_flipped_sector_is_found),
        cmocka_unit_test(another_master_key_opens_nothing),
        cmocka_unit_test(what_no_message_needs_goes_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
