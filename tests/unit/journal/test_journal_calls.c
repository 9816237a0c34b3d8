/* test_journal_calls.c - whichever single call of the disk fails, the journal says what and where, and a second start has all that was acknowledged.
 * A life with everything in it (rolled segments, snapshots, erasing, purging, queue lists, ids on disk, two starts) is played once for each call.
 * What a failed write or sync loses is test_journal_failures.c's and test_journal_crash.c's. */
#include <errno.h>
#include <stdio.h>

#include "failing_disk.h"
#include "id_run.h"
#include "journal_fixture.h"
#include "queue_list.h"

enum { SNAPSHOTS = 3, GROUPS = 6, GROUP_RECORDS = 40, QUEUE_ENTRIES = 2000, CALLS_MAX = 5000 };

struct life {
    struct journal_fixture fixture;
    struct failing_disk disk;
    struct journal *journal;
    uint64_t acknowledged;
};

/* ---- the parts of a life; each returns the code of what failed in it ---- */

static int append(struct life *life, size_t count)
{
    int code = fixture_append(&life->fixture, life->journal, count);
    if (code == 0)
        life->acknowledged = journal_next_sequence(life->journal);
    return code;
}

static int write_much(struct life *life)
{
    struct truc_fault *fault = &life->fixture.fault;
    struct sha256_digest digest;
    int code = 0;
    for (unsigned i = 0; code == 0 && i < GROUPS; i++) {
        code = append(life, GROUP_RECORDS);
        if (code == 0 && i < SNAPSHOTS) /* the oldest is removed */
            code = journal_snapshot_write(life->journal, bytes_string("state"), i, fault);
        if (code == 0 && journal_prepare_step(life->journal, fault) < 0)
            code = fault->code;
    }
    if (code == 0)
        code = journal_object_put(life->journal, bytes_string("object"), &digest, fault);
    if (code == 0 && (code = journal_checkpoint_make(life->journal, life->acknowledged, 1, fault)) > 0)
        code = 0;
    return code;
}

static int read_and_prove(struct life *life)
{
    struct truc_fault *fault = &life->fixture.fault;
    struct merkle_proof proof;
    int code = journal_prove_inclusion(life->journal, 1, 0, &proof, fault);
    return code == 0 ? journal_verify_all(life->journal, NULL, NULL, fault) : code;
}

static int erase_some(struct life *life)
{
    struct truc_fault *fault = &life->fixture.fault;
    int code = journal_erase_payload(life->journal, 1, fault);
    if (code == 0 && (code = journal_purge_payloads(life->journal, GROUP_RECORDS * GROUPS, fault)) > 0)
        code = 0;
    return code;
}

static int use_queue_list(struct life *life)
{
    struct truc_fault *fault = &life->fixture.fault;
    struct queue_list *list = NULL;
    int code = queue_list_open(&life->disk.disk, "/list", &list, fault);
    for (uint64_t i = 0; code == 0 && i < QUEUE_ENTRIES; i++)
        code = queue_list_append(list, &(struct queue_entry){i, i, 100, 0}, fault);
    if (code == 0)
        code = queue_list_flush(list, fault);
    if (code == 0)
        code = queue_list_discard(list, QUEUE_ENTRIES - 10, fault);
    if (code == 0)
        code = queue_list_truncate(list, QUEUE_ENTRIES - 5, fault);
    int closed = queue_list_close(list, code == 0 ? fault : NULL);
    return code == 0 ? closed : code;
}

/* Written, found, and removed again. */
static int use_id_run(struct life *life)
{
    static const struct id_entry entry = {.key = 7, .check = 8, .content = 9, .sequence = 1, .time_ns = 5};
    const struct id_run_content content = {.facts = {1, 1, 5, 5, 1}, .entries = &entry, .filter = bytes_string("f")};
    struct truc_fault *fault = &life->fixture.fault;
    BUFFER_CLEANUP struct buffer filter = {0};
    struct id_run_writer *writer = NULL;
    struct id_run *run = NULL;
    struct id_entry found;
    int more = id_run_write_begin(&life->disk.disk, "/journal", "test-bus", &content, &writer, fault);
    if (more == 0)
        do
            more = id_run_write_step(writer, fault);
        while (more > 0);
    id_run_write_end(writer);
    if (more == 0)
        more = id_run_open(&life->disk.disk, "/journal", "test-bus", &content.facts, &run, &filter, fault);
    if (more == 0 && (more = id_run_find(run, entry.key, entry.check, &found, fault)) == 1)
        more = 0;
    id_run_close(run);
    return more == 0 ? id_run_remove(&life->disk.disk, "/journal", 1, fault) : more;
}

static int play(struct life *life)
{
    struct journal_fixture *fixture = &life->fixture;
    int code = fixture_open(fixture, &life->journal);
    if (code == 0)
        code = write_much(life);
    if (code == 0)
        code = read_and_prove(life);
    if (code == 0)
        code = erase_some(life);
    int closed = journal_close(life->journal, 1, code == 0 ? &fixture->fault : NULL);
    life->journal = NULL;
    if (code < 0 || closed < 0)
        return code < 0 ? code : closed;
    if ((code = fixture_open(fixture, &life->journal)) == 0)
        code = append(life, 1);
    closed = journal_close(life->journal, 1, code == 0 ? &fixture->fault : NULL);
    life->journal = NULL;
    code = code < 0 ? code : closed;
    if (code == 0)
        code = use_queue_list(life);
    return code == 0 ? use_id_run(life) : code;
}

/* ---- one call fails ---- */

/* The place is in the fault: the file, or of a file that is replaced its folder. */
static void check_told(const struct life *life, int code)
{
    const struct truc_fault *fault = &life->fixture.fault;
    const char *path = life->disk.path, *name = strrchr(path, '/');
    char folder[DISK_PATH_BYTES_MAX];
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
    if (fault->code != code || (strstr(fault->where, name + 1) == NULL && strstr(fault->where, folder) == NULL))
        fail_msg("%s of %s: %s: '%s' at '%s'", disk_call_name(life->disk.call), path, truc_error_name(code),
                 fault->text, fault->where);
    assert_true(fault->text[0] != '\0');
}

static void start_again(struct life *life)
{
    struct journal_fixture *fixture = &life->fixture;
    fixture->options.disk = memory_disk_interface(fixture->disk);
    struct journal *journal = fixture_must_open(fixture);
    if (journal_next_sequence(journal) < life->acknowledged)
        fail_msg("%s of %s: %llu acknowledged, %llu there", disk_call_name(life->disk.call), life->disk.path,
                 (unsigned long long)life->acknowledged, (unsigned long long)journal_next_sequence(journal));
    if (journal_verify_all(journal, NULL, NULL, &fixture->fault) != 0)
        fail_msg("%s of %s: %s %s", disk_call_name(life->disk.call), life->disk.path, fixture->fault.text,
                 fixture->fault.where);
    fixture_must_append(fixture, journal, 1);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
}

static bool is_expected(int code)
{
    return code == TRUC_E_IO || code == TRUC_E_JOURNAL_FULL || code == TRUC_E_JOURNAL_FAILED;
}

/* Plays it with the n-th call failing. false: there was no such call, and all went well. */
static bool play_failing(enum disk_call call, uint64_t n, int error)
{
    struct life life = {.acknowledged = 0};
    fixture_begin(&life.fixture);
    failing_disk_begin(&life.disk, memory_disk_interface(life.fixture.disk));
    life.disk.call = call;
    life.disk.nth = n;
    life.disk.error = error;
    life.fixture.options.disk = &life.disk.disk;
    int code = play(&life);
    bool was_called = life.disk.path[0] != '\0';
    if (code < 0 && !is_expected(code))
        fail_msg("%s of %s: %s: %s %s", disk_call_name(call), life.disk.path, truc_error_name(code),
                 life.fixture.fault.text, life.fixture.fault.where);
    if (code < 0)
        check_told(&life, code);
    assert_true(code <= 0 && (was_called || code == 0));
    memory_disk_crash(life.fixture.disk, n);
    start_again(&life);
    fixture_end(&life.fixture);
    return was_called;
}

static uint64_t fail_each(enum disk_call call, int error)
{
    uint64_t n = 1;
    while (n < CALLS_MAX && play_failing(call, n, error))
        n++;
    assert_true(n < CALLS_MAX);
    return n - 1;
}

static void each_failing_call_is_told_and_survived(void **state)
{
    static const struct {
        enum disk_call call;
        int errors[3];
    } cases[] = {
        {DISK_CALL_OPEN, {-EIO, -ENOSPC, -EMFILE}},
        {DISK_CALL_LOCK, {-EIO, -ENOSPC}},
        {DISK_CALL_READ, {-EIO}},
        {DISK_CALL_SIZE, {-EIO}},
        {DISK_CALL_TRUNCATE, {-EIO, -ENOSPC}},
        {DISK_CALL_RENAME, {-EIO, -ENOSPC}},
        {DISK_CALL_UNLINK, {-EIO}},
        {DISK_CALL_MAKE_DIRECTORY, {-EIO, -ENOSPC}},
        {DISK_CALL_LIST, {-EIO}},
        {DISK_CALL_SYNC_DIRECTORY, {-EIO}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t e = 0; e < COUNT_OF(cases[i].errors) && cases[i].errors[e] != 0; e++) {
            uint64_t calls = fail_each(cases[i].call, cases[i].errors[e]);
            print_message("%s: %llu calls\n", disk_call_name(cases[i].call), (unsigned long long)calls);
            assert_true(calls > 0); /* the life has some of each kind */
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_failing_call_is_told_and_survived)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
