/* test_ids_are_known_from_disk.c - one effect, with more ids than memory holds: a repeat is one however long ago it was accepted.
 * Tables of four ids, so that nearly all are in runs on disk; whatever happens to a run, no known id is taken for a new one.
 * The run's file by itself: tests/unit/journal/test_journal_id_run.c. */
#include <stdio.h>

#include "core_driver.h"

enum { IDS = 30, YOUNG_MAX = 4 };

struct scene {
    struct driver driver;
    struct peer alpha;
    char ids[IDS][16];
    struct test_message messages[IDS];
    uint64_t sequences[IDS];
};

static void open_scene(struct scene *scene, const char *limits, size_t runs_max)
{
    driver_open(&scene->driver, &(struct driver_config){.limits = limits});
    driver_kill(&scene->driver); /* no snapshot yet */
    scene->driver.ids_young_max = YOUNG_MAX;
    scene->driver.ids_runs_max = runs_max;
    driver_start(&scene->driver);
    scene->alpha = driver_connect(&scene->driver, ALPHA, 0);
}

static void accept(struct scene *scene, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        (void)snprintf(scene->ids[i], sizeof scene->ids[i], "m%u", i);
        scene->messages[i] = peer_message(&scene->alpha, scene->ids[i], "dossier.progress", scene->ids[i]);
        struct outcome outcome = peer_publish_one(&scene->alpha, &scene->messages[i]);
        assert_int_equal(outcome.code, 0);
        assert_false(outcome.repeat);
        scene->sequences[i] = outcome.sequence;
    }
}

static void expect_known(struct scene *scene, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        struct outcome outcome = peer_publish_one(&scene->alpha, &scene->messages[i]);
        assert_int_equal(outcome.code, 0);
        assert_true(outcome.repeat);
        assert_int_equal(outcome.sequence, scene->sequences[i]);
        struct test_message other = scene->messages[i];
        other.header.subject = bytes_string("H56-other");
        assert_int_equal(peer_publish_one(&scene->alpha, &other).code, -TRUC_E_CONFLICT);
    }
}

static size_t run_files(const struct scene *scene, const char **ret_first)
{
    size_t count = 0;
    const char *path;
    for (size_t n = 0; (path = memory_disk_path(scene->driver.disk, n)) != NULL; n++)
        if (strstr(path, ".ids") && count++ == 0 && ret_first)
            *ret_first = path;
    return count;
}

static void start_again(struct scene *scene)
{
    driver_start(&scene->driver);
    scene->alpha = driver_connect(&scene->driver, ALPHA, 0);
}

static uint64_t restored(const struct scene *scene)
{
    return engine_opened(scene->driver.engine)->restored_sequence;
}

static bool was_logged(struct scene *scene, const char *text)
{
    return strstr(buffer_string(&scene->driver.log), text) != NULL;
}

/* ---- known, whatever way it was read back ---- */

static void test_a_repeat_is_known_from_disk_and_a_conflict_too(void **state)
{
    struct scene scene = {0};
    (void)state;
    open_scene(&scene, NULL, 0);
    accept(&scene, 0, IDS);
    assert_true(run_files(&scene, NULL) >= IDS / YOUNG_MAX - 1);
    assert_int_equal(core_id_run_count(engine_core(scene.driver.engine)), run_files(&scene, NULL));
    expect_known(&scene, 0, IDS);
    driver_close(&scene.driver);
}

static void test_restarts_forget_nothing(void **state)
{
    struct scene scene = {0};
    (void)state;
    open_scene(&scene, NULL, 0);
    accept(&scene, 0, 14);
    driver_kill(&scene.driver); /* replayed */
    start_again(&scene);
    assert_int_equal(restored(&scene), 0);
    expect_known(&scene, 0, 14);
    driver_stop(&scene.driver);
    start_again(&scene);
    assert_true(restored(&scene) > 0);
    accept(&scene, 14, 10);
    expect_known(&scene, 0, 24);
    driver_power_cut(&scene.driver);
    start_again(&scene);
    expect_known(&scene, 0, 24);
    accept(&scene, 24, 6);
    expect_known(&scene, 0, IDS);
    driver_close(&scene.driver);
}

/* The first file of ids is spoiled in one way; the snapshot is then of no use, and everything is read again. */
static void spoil(struct scene *scene, unsigned way)
{
    const char *path = NULL;
    assert_true(run_files(scene, &path) > 0);
    struct buffer *content = memory_disk_content(scene->driver.disk, path);
    char name[DISK_PATH_BYTES_MAX];
    (void)snprintf(name, sizeof name, "%s", path); /* what memory_disk_path gave lives until the next change */
    if (way == 0)
        memory_disk_remove(scene->driver.disk, name);
    else if (way == 1)
        content->size -= 1;
    else
        content->data[way == 2 ? 20 : content->size - 1] ^= 1; /* header, filter */
}

static void test_a_missing_or_damaged_run_is_made_anew(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        struct scene scene = {0};
        open_scene(&scene, NULL, 0);
        accept(&scene, 0, 14);
        driver_stop(&scene.driver);
        spoil(&scene, way);
        start_again(&scene);
        assert_int_equal(restored(&scene), 0);
        assert_true(was_logged(&scene, "is not used: "));
        assert_true(was_logged(&scene, "/journal/ids/"));
        expect_known(&scene, 0, 14);
        driver_stop(&scene.driver);
        start_again(&scene);
        assert_true(restored(&scene) > 0);
        expect_known(&scene, 0, 14);
        driver_close(&scene.driver);
    }
}

static void test_a_page_that_is_damaged_stops_the_broker_and_the_next_start_mends_it(void **state)
{
    enum { PAGE_BYTES = 4096 };
    struct scene scene = {0};
    const char *path = NULL;
    (void)state;
    open_scene(&scene, NULL, 0);
    accept(&scene, 0, 14);
    driver_stop(&scene.driver);
    assert_true(run_files(&scene, &path) > 0);
    memory_disk_content(scene.driver.disk, path)->data[PAGE_BYTES + 17] ^= 1;
    start_again(&scene);
    assert_true(restored(&scene) > 0); /* entries are looked at when they are asked for */
    struct outcome outcome;
    uint64_t number = peer_publish(&scene.alpha, &scene.messages[0], 1, NULL);
    assert_int_equal(driver_commit(&scene.driver), TRUC_E_IO); /* the journal is whole: start again */
    assert_non_null(strstr(scene.driver.fault.where, ".ids:4096"));
    assert_false(peer_outcomes(&scene.alpha, number, &outcome, 1));
    driver_kill(&scene.driver);
    start_again(&scene);
    assert_int_equal(restored(&scene), 0);
    expect_known(&scene, 0, 14);
    driver_close(&scene.driver);
}

static void test_a_disk_that_can_not_be_read_is_no_answer(void **state)
{
    struct scene scene = {0};
    struct outcome outcome;
    (void)state;
    open_scene(&scene, NULL, 0);
    accept(&scene, 0, 14);
    memory_disk_kill(scene.driver.disk); /* every open file is dead from here on */
    uint64_t number = peer_publish(&scene.alpha, &scene.messages[0], 1, NULL);
    assert_int_equal(driver_commit(&scene.driver), TRUC_E_IO);
    assert_false(peer_outcomes(&scene.alpha, number, &outcome, 1));
    driver_kill(&scene.driver);
    start_again(&scene);
    expect_known(&scene, 0, 14);
    driver_close(&scene.driver);
}

static void test_files_that_nothing_counts_on_are_removed_at_start(void **state)
{
    struct scene scene = {0};
    struct disk_file *file;
    (void)state;
    open_scene(&scene, NULL, 0);
    accept(&scene, 0, 14);
    driver_stop(&scene.driver);
    size_t before = run_files(&scene, NULL);
    assert_int_equal(disk_open(memory_disk_interface(scene.driver.disk), "/journal/ids/00000000000000999999.ids",
                               DISK_WRITE | DISK_CREATE, &file),
                     0);
    disk_close(file);
    start_again(&scene);
    assert_int_equal(run_files(&scene, NULL), before);
    assert_true(was_logged(&scene, "1 files of ids that nothing counts on were removed"));
    expect_known(&scene, 0, 14);
    driver_close(&scene.driver);
}

/* ---- the window ---- */

static void test_what_left_the_window_is_forgotten_with_its_files(void **state)
{
    struct scene scene = {0};
    (void)state;
    open_scene(&scene, "  dedupe-window: 1h\n", 0);
    accept(&scene, 0, 14);
    struct test_message first = scene.messages[0];
    driver_advance(&scene.driver, 7200 * SECOND);
    driver_advance(&scene.driver, SECOND);
    scene.alpha = driver_connect(&scene.driver, ALPHA, 0);
    assert_int_equal(core_id_run_count(engine_core(scene.driver.engine)), 0);
    assert_int_equal(peer_publish_one(&scene.alpha, &first).code, -TRUC_E_TOO_OLD);
    accept(&scene, 0, 14); /* the same ids, used again */
    expect_known(&scene, 0, 14);
    size_t before = run_files(&scene, NULL);
    for (unsigned snapshots = 0; snapshots < 2;
         snapshots++) { /* then neither of the two that are kept needs the old ones */
        driver_stop(&scene.driver);
        start_again(&scene);
        assert_true(restored(&scene) > 0);
    }
    assert_true(run_files(&scene, NULL) < before);
    assert_int_equal(run_files(&scene, NULL), core_id_run_count(engine_core(scene.driver.engine)));
    expect_known(&scene, 0, 14);
    driver_remove_files(&scene.driver, ".snap");
    driver_kill(&scene.driver);
    start_again(&scene); /* from the journal alone, which has each id twice */
    expect_known(&scene, 0, 14);
    driver_close(&scene.driver);
}

/* A snapshot counts on runs that were dropped since: they must still be there. */
static void test_a_run_stays_as_long_as_a_snapshot_counts_on_it(void **state)
{
    struct scene scene = {0};
    (void)state;
    open_scene(&scene, "  dedupe-window: 1h\n", 0);
    accept(&scene, 0, 14);
    driver_stop(&scene.driver);
    start_again(&scene);
    driver_advance(&scene.driver, 7200 * SECOND);
    driver_advance(&scene.driver, SECOND);
    assert_int_equal(core_id_run_count(engine_core(scene.driver.engine)), 0);
    driver_kill(&scene.driver);
    start_again(&scene);
    assert_true(restored(&scene) > 0);
    driver_close(&scene.driver);
}

static void test_past_the_bound_of_runs_the_window_shrinks(void **state)
{
    enum { RUNS_MAX = 2 };
    struct scene scene = {0};
    (void)state;
    open_scene(&scene, NULL, RUNS_MAX);
    for (unsigned i = 0; i < IDS; i++) {
        accept(&scene, i, 1);
        driver_advance(&scene.driver, SECOND);
        scene.alpha = driver_connect(&scene.driver, ALPHA, 0);
    }
    assert_int_equal(core_id_run_count(engine_core(scene.driver.engine)), RUNS_MAX);
    assert_int_equal(peer_publish_one(&scene.alpha, &scene.messages[0]).code, -TRUC_E_TOO_OLD);
    expect_known(&scene, IDS - YOUNG_MAX * RUNS_MAX, YOUNG_MAX * RUNS_MAX);
    driver_close(&scene.driver);
}

/* A bus that accepts little forgets as much as it learns: it needs no files. */
static void test_a_quiet_bus_writes_no_runs(void **state)
{
    struct scene scene = {0};
    (void)state;
    open_scene(&scene, "  dedupe-window: 1h\n", 0);
    for (unsigned i = 0; i < IDS; i++) {
        accept(&scene, i, 1);
        driver_advance(&scene.driver, 2400 * SECOND);
        scene.alpha = driver_connect(&scene.driver, ALPHA, 0);
    }
    assert_int_equal(run_files(&scene, NULL), 0);
    expect_known(&scene, IDS - 1, 1);
    driver_close(&scene.driver);
}

/* ---- while the disk is asked ---- */

static void test_order_is_kept_while_the_disk_is_asked(void **state)
{
    struct scene scene = {0};
    struct outcome outcomes[3];
    (void)state;
    open_scene(&scene, NULL, 0);
    accept(&scene, 0, 14);
    struct test_message first[] = {peer_message(&scene.alpha, "n1", "dossier.progress", "N"), scene.messages[0],
                                   scene.messages[5]};
    struct test_message second = peer_message(&scene.alpha, "n2", "dossier.progress", "N"),
                        third[] = {scene.messages[3], peer_message(&scene.alpha, "n3", "dossier.progress", "N")};
    uint64_t numbers[] = {peer_publish(&scene.alpha, first, 3, NULL), peer_publish(&scene.alpha, &second, 1, NULL),
                          peer_publish(&scene.alpha, third, 2, NULL)};
    driver_round(&scene.driver);
    assert_true(peer_outcomes(&scene.alpha, numbers[0], outcomes, 3));
    uint64_t n1 = outcomes[0].sequence;
    assert_false(outcomes[0].repeat);
    assert_true(outcomes[1].repeat && outcomes[1].sequence == scene.sequences[0]);
    assert_true(outcomes[2].repeat && outcomes[2].sequence == scene.sequences[5]);
    assert_true(peer_outcomes(&scene.alpha, numbers[1], outcomes, 1));
    uint64_t n2 = outcomes[0].sequence;
    assert_true(peer_outcomes(&scene.alpha, numbers[2], outcomes, 2));
    assert_true(outcomes[0].repeat && outcomes[0].sequence == scene.sequences[3]);
    assert_true(n1 < n2 && n2 < outcomes[1].sequence);
    driver_close(&scene.driver);
}

static void test_a_client_that_goes_while_the_disk_is_asked_comes_again(void **state)
{
    struct scene scene = {0};
    (void)state;
    open_scene(&scene, NULL, 0);
    accept(&scene, 0, 14);
    peer_publish(&scene.alpha, &scene.messages[0], 1, NULL);
    peer_lose(&scene.alpha); /* before the round in which it is answered */
    driver_round(&scene.driver);
    scene.alpha = driver_connect(&scene.driver, ALPHA, 0);
    expect_known(&scene, 0, 14);
    driver_close(&scene.driver);
}

static void test_a_broker_that_is_blocked_meanwhile_takes_it_later(void **state)
{
    struct scene scene = {0};
    struct outcome outcome;
    (void)state;
    open_scene(&scene, NULL, 0);
    accept(&scene, 0, 14);
    uint64_t number = peer_publish(&scene.alpha, &scene.messages[0], 1, NULL);
    assert_int_equal(engine_room(scene.driver.engine, true, "disk 91 % > 90 %", NULL), 0);
    driver_round(&scene.driver);
    assert_false(peer_outcomes(&scene.alpha, number, &outcome, 1));
    assert_int_equal(engine_room(scene.driver.engine, false, "", NULL), 0);
    driver_round(&scene.driver);
    assert_true(peer_outcomes(&scene.alpha, number, &outcome, 1));
    assert_true(outcome.repeat && outcome.sequence == scene.sequences[0]);
    driver_close(&scene.driver);
}

/* What the disk says is for the bundle it was asked for, though another came over the same connection meanwhile. */
static void test_an_answer_of_the_disk_meets_no_other_bundle(void **state)
{
    enum { FIRST = 14 };
    struct scene scene = {0};
    struct command hello, bye = {.kind = COMMAND_BYE};
    (void)state;
    open_scene(&scene, NULL, 0);
    accept(&scene, 0, FIRST);
    peer_publish(&scene.alpha, scene.messages, FIRST, NULL);
    peer_send(&scene.alpha, &bye);
    hello = driver_hello(&scene.alpha, 0);
    peer_send(&scene.alpha, &hello); /* all in one round */
    peer_publish(&scene.alpha, &scene.messages[3], 1, NULL);
    driver_round(&scene.driver);
    scene.alpha = driver_connect(&scene.driver, ALPHA, 0);
    expect_known(&scene, 0, FIRST);
    driver_close(&scene.driver);
}

static uint64_t stored_bytes(struct driver *driver)
{
    uint64_t bytes = 0;
    const char *path;
    for (size_t n = 0; (path = memory_disk_path(driver->disk, n)) != NULL; n++)
        bytes += memory_disk_content(driver->disk, path)->size;
    return bytes;
}

static void no_room_blocks_until_there_is_room(uint64_t room_bytes)
{
    struct scene scene = {0};
    struct command notice;
    open_scene(&scene, NULL, 0);
    driver_round(&scene.driver); /* the next segment is ready: what is short is room for ids */
    accept(&scene, 0, YOUNG_MAX - 1);
    memory_disk_set_faults(scene.driver.disk,
                           &(struct memory_disk_faults){.space_bytes = stored_bytes(&scene.driver) + room_bytes});
    accept(&scene, YOUNG_MAX - 1, 1);
    driver_round(&scene.driver);
    assert_true(peer_take(&scene.alpha, COMMAND_NOTICE, &notice));
    assert_int_equal(notice.error.code, -TRUC_E_BLOCKED);
    assert_true(bytes_equal_string(notice.error.text, "no room for the ids of accepted messages"));
    assert_true(engine_wake_up_ns(scene.driver.engine) >
                scene.driver.up_ns); /* it does not ask the disk all the time */
    memory_disk_set_faults(scene.driver.disk, &(struct memory_disk_faults){0});
    driver_advance(&scene.driver, SECOND);
    driver_round(&scene.driver);
    assert_true(peer_take(&scene.alpha, COMMAND_NOTICE, &notice));
    assert_int_equal(notice.error.code, 0);
    accept(&scene, YOUNG_MAX, 1);
    assert_int_equal(core_id_run_count(engine_core(scene.driver.engine)), 1);
    expect_known(&scene, 0, YOUNG_MAX + 1);
    driver_close(&scene.driver);
}

static void test_no_room_for_a_run_blocks_until_there_is_room(void **state)
{
    (void)state;
    no_room_blocks_until_there_is_room(4096); /* its header, and no more */
}

static void test_no_room_for_a_runs_first_page_blocks_too(void **state)
{
    (void)state;
    no_room_blocks_until_there_is_room(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_repeat_is_known_from_disk_and_a_conflict_too),
        cmocka_unit_test(test_restarts_forget_nothing),
        cmocka_unit_test(test_a_missing_or_damaged_run_is_made_anew),
        cmocka_unit_test(test_a_page_that_is_damaged_stops_the_broker_and_the_next_start_mends_it),
        cmocka_unit_test(test_a_disk_that_can_not_be_read_is_no_answer),
        cmocka_unit_test(test_files_that_nothing_counts_on_are_removed_at_start),
        cmocka_unit_test(test_what_left_the_window_is_forgotten_with_its_files),
        cmocka_unit_test(test_a_run_stays_as_long_as_a_snapshot_counts_on_it),
        cmocka_unit_test(test_past_the_bound_of_runs_the_window_shrinks),
        cmocka_unit_test(test_a_quiet_bus_writes_no_runs),
        cmocka_unit_test(test_order_is_kept_while_the_disk_is_asked),
        cmocka_unit_test(test_a_client_that_goes_while_the_disk_is_asked_comes_again),
        cmocka_unit_test(test_a_broker_that_is_blocked_meanwhile_takes_it_later),
        cmocka_unit_test(test_an_answer_of_the_disk_meets_no_other_bundle),
        cmocka_unit_test(test_no_room_for_a_run_blocks_until_there_is_room),
        cmocka_unit_test(test_no_room_for_a_runs_first_page_blocks_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
