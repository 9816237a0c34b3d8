/* test_files.c - what becomes of files in the drop folder, and of messages that are to be files, also when everything stops in between.
 * With the stand-in of the bus; a real one is tests/integration/connectors/test_files.py.
 * Promise: a file is one message however often it is picked up, a message one file; what may be secret goes to quarantine alone. */
#include "files_world.h"

#include "files_candidates.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- from files to messages ------------------------------------------------------------------------------------ */

static void a_file_is_a_message_and_goes_to_done(void **state)
{
    struct files_world *world = *state;
    files_world_start(world, "");
    files_world_drop(world, "in/a.json", FILES_EVENT("H56-1"));
    files_world_wait(world, "done/a.json");
    assert_int_equal(fake_sdk_sent_count(world->bus), 1);
    assert_string_equal(fake_sdk_sent(world->bus, 0)->subject, "H56-1");
    files_world_drop(world, "in/b.xml", "<HoSo><MaHoSo>H56-2</MaHoSo><DoMat>Thường</DoMat></HoSo>");
    files_world_wait(world, "done/b.xml");
    assert_string_equal(fake_sdk_sent(world->bus, 1)->subject, "H56-2");
    files_world_drop(world, "in/a.json", FILES_EVENT("H56-3")); /* another file of that name */
    files_world_wait(world, "done/a.json~2");
    assert_int_equal(files_world_count(world, "in") + files_world_count(world, "work"), 0);
}

static void files_that_lay_there_before_are_found(void **state)
{
    struct files_world *world = *state;
    files_world_start(world, "");
    files_world_stop(world);
    files_world_drop(world, "in/a.json", FILES_EVENT("H56-1"));
    files_world_drop(world, "work/b.json", FILES_EVENT("H56-2")); /* left by a run that was killed */
    files_world_start(world, "stable-for: 20ms, ");
    files_world_wait(world, "done/a.json");
    files_world_wait(world, "done/b.json");
    assert_int_equal(fake_sdk_sent_count(world->bus), 2);
}

/* Killed after the bus has it and before the file is moved: the second message has the first one's id, and the bus knows it. */
static void a_file_picked_up_again_is_the_same_message(void **state)
{
    struct files_world *world = *state;
    char id[FAKE_SDK_TEXT_BYTES];
    files_world_start(world, "");
    fake_sdk_hold(world->bus, true);
    files_world_drop(world, "in/a.json", FILES_EVENT("H56-1"));
    while (fake_sdk_sent_count(world->bus) == 0)
        files_world_step(world);
    snprintf(id, sizeof(id), "%s", fake_sdk_sent(world->bus, 0)->id);
    files_world_stop(world);
    assert_true(files_world_has(world, "work/a.json"));
    files_world_start(world, "");
    files_world_wait(world, "done/a.json");
    assert_string_equal(fake_sdk_sent(world->bus, 0)->id, id);
}

static void a_file_waits_for_the_one_before_it_of_its_name(void **state)
{
    struct files_world *world = *state;
    files_world_start(world, "");
    fake_sdk_hold(world->bus, true);
    files_world_drop(world, "in/a.json", FILES_EVENT("H56-1"));
    files_world_wait(world, "work/a.json");
    files_world_drop(world, "in/a.json", FILES_EVENT("H56-2"));
    files_world_drop(world, "in/b.json", FILES_EVENT("H56-3"));
    files_world_wait(world, "work/b.json"); /* a look through the folder that found both */
    assert_string_equal(files_world_read(world, "work/a.json"), FILES_EVENT("H56-1"));
    assert_true(files_world_has(world, "in/a.json"));
    fake_sdk_hold(world->bus, false);
    files_world_wait(world, "done/a.json~2");
    assert_string_equal(files_world_read(world, "done/a.json~2"), FILES_EVENT("H56-2"));
}

static void half_a_file_waits_for_its_end(void **state)
{
    static const char *const rules[] = {"stable-for: 1h, ", "ready: done-file, "};
    struct files_world *world = *state;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        files_world_start(world, rules[i]);
        FILE *stream = fopen(files_world_path(world, "in/half.json"), "wb");
        assert_true(fputs("{\"MaHoSo\": ", stream) >= 0 && fflush(stream) == 0);
        files_world_drop(world, "in/whole.json", FILES_EVENT("H56-1"));
        if (i == 1)
            files_world_drop(world, "in/whole.json.done", "");
        files_world_wait(world, i == 0 ? "done/whole.json" : "done/whole.json~2");
        assert_false(files_world_has(world, "in/whole.json.done"));
        assert_true(files_world_has(world, "in/half.json"));
        fclose(stream);
        unlink(files_world_path(world, "in/half.json"));
        files_world_stop(world);
    }
}

static bool is_whole(struct files_candidates *candidates, const struct files_adapter *adapter, off_t size,
                     time_t modified, uint64_t now_ms)
{
    struct stat status = {.st_size = size, .st_mtim.tv_sec = modified};
    files_candidates_begin(candidates);
    bool whole = files_candidates_is_whole(candidates, adapter, "a", &status, false, now_ms);
    files_candidates_end(candidates);
    return whole;
}

static void a_file_is_whole_when_it_was_quiet_or_closed(void **state)
{
    struct files_adapter adapter = {.ready = FILES_READY_STABLE, .stable_for_ms = 5000};
    struct files_candidates candidates = {0};
    (void)state;
    assert_false(is_whole(&candidates, &adapter, 10, 1, 1000));
    assert_int_equal(candidates.next_look_ms, 6000);
    assert_false(is_whole(&candidates, &adapter, 11, 1, 5999)); /* it grew */
    assert_false(is_whole(&candidates, &adapter, 11, 2, 9999)); /* it was written over */
    assert_false(is_whole(&candidates, &adapter, 11, 2, 14998));
    assert_true(is_whole(&candidates, &adapter, 11, 2, 14999));
    files_candidates_closed(&candidates, "a");
    assert_false(is_whole(&candidates, &adapter, 12, 2, 15000)); /* closed says nothing where quiet is asked for */
    adapter.ready = FILES_READY_CLOSED;
    assert_true(is_whole(&candidates, &adapter, 13, 2, 15001));
    files_candidates_begin(&candidates);
    files_candidates_end(&candidates); /* a look that does not find it */
    assert_int_equal(candidates.names.count, 0);
    files_candidates_free(&candidates);
}

static void what_is_refused_is_failed_with_its_reason(void **state)
{
    struct files_world *world = *state;
    files_world_start(world, "");
    files_world_drop(world, "in/wrong.json",
                     "{\"MaHoSo\": \"H56-1\", \"ThoiDiem\": \"yesterday\", \"DoMat\": \"Thường\"}");
    files_world_wait(world, "failed/wrong.json");
    assert_non_null(strstr(files_world_read(world, "failed/wrong.json.reason"), "\"where\":\"$.ThoiDiem\""));
    fake_sdk_answer(world->bus, TRUC_E_NO_ROUTE, "", bytes_of(NULL, 0));
    files_world_drop(world, "in/a.json", FILES_EVENT("H56-1"));
    files_world_wait(world, "failed/a.json");
    assert_non_null(strstr(files_world_read(world, "failed/a.json.reason"), "\"code\":\"NO_ROUTE\""));
}

static void a_passing_trouble_is_tried_again(void **state)
{
    struct files_world *world = *state;
    files_world_start(world, "");
    fake_sdk_answer(world->bus, TRUC_E_BLOCKED, "", bytes_of(NULL, 0));
    files_world_drop(world, "in/a.json", FILES_EVENT("H56-1"));
    files_world_wait_log(world, "a.json: again in 1000 ms");
    fake_sdk_answer(world->bus, 0, "", bytes_of(NULL, 0));
    files_world_wait(world, "done/a.json");
    assert_int_equal(fake_sdk_sent_count(world->bus), 2);
}

/* No descriptor left, a part removed: the file stays, and each try is in the log. */
static void trouble_of_the_system_is_tried_again(void **state)
{
    struct files_world *world = *state;
    struct rlimit before, none;
    files_world_start(world, "");
    fake_sdk_answer(world->bus, TRUC_E_BLOCKED, "", bytes_of(NULL, 0));
    files_world_drop(world, "in/a.json", FILES_EVENT("H56-1"));
    files_world_wait_log(world, "a.json: again in 1000 ms");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){3, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    files_world_wait_log(world, "a.json: again in 2000 ms: a file can't be opened in work/: ");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    fake_sdk_answer(world->bus, 0, "", bytes_of(NULL, 0));
    assert_int_equal(rmdir(files_world_path(world, "done")), 0);
    files_world_wait_log(world, "a.json: again in 4000 ms: a file can't be moved in done/: ");
    assert_true(files_world_has(world, "work/a.json"));
}

/* Secret, of unknown secrecy, or not to be read at all: nothing of it anywhere but in quarantine. */
static void what_may_be_secret_goes_to_quarantine(void **state)
{
    static const struct {
        const char *name, *content, *code;
    } files[] = {
        {"secret.json", "{\"MaHoSo\": \"tuyệt mật 17\", \"ThoiDiem\": \"20261123140307\", \"DoMat\": \"Mật\"}",
         "SECRET"},
        {"unsaid.json", "{\"MaHoSo\": \"tuyệt mật 17\", \"ThoiDiem\": \"20261123140307\"}", "SECRET"},
        {"broken.json", "{\"MaHoSo\": \"tuyệt mật 17\"", "PAYLOAD"},
        {"cut.xml", "<HoSo><MaHoSo>tuyệt mật 17</MaHoSo>", "PAYLOAD"},
        {"bomb.xml", "<!DOCTYPE a [<!ENTITY b \"tuyệt mật 17\">]><HoSo>&b;</HoSo>", "PAYLOAD"},
        {"other.doc", "tuyệt mật 17", "NOT_FOUND"},
    };
    struct files_world *world = *state;
    files_world_start(world, "file-size: 1KiB, ");
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char path[64], code[64];
        snprintf(path, sizeof(path), "in/%s", files[i].name);
        files_world_drop(world, path, files[i].content);
        snprintf(path, sizeof(path), "quarantine/%s", files[i].name);
        files_world_wait(world, path);
        assert_string_equal(files_world_read(world, path), files[i].content);
        strncat(path, ".reason", sizeof(path) - strlen(path) - 1);
        snprintf(code, sizeof(code), "\"code\":\"%s\"", files[i].code);
        const char *reason = files_world_read(world, path);
        if (!strstr(reason, code) || strstr(reason, "tuyệt"))
            fail_msg("%s: %s", files[i].name, reason);
    }
    assert_null(strstr(world->log, "tuyệt"));
    assert_int_equal(files_world_count(world, "failed") + files_world_count(world, "done"), 0);
    assert_int_equal(fake_sdk_sent_count(world->bus), 0);
    struct stat status;
    assert_int_equal(stat(files_world_path(world, "quarantine"), &status), 0);
    assert_int_equal(status.st_mode & 077, 0);
}

static void links_and_special_files_lead_nowhere(void **state)
{
    struct files_world *world = *state;
    char large[2048], target[128];
    files_world_start(world, "file-size: 1KiB, stable-for: 20ms, ");
    files_world_drop(world, "target.json", FILES_EVENT("H56-1"));
    snprintf(target, sizeof(target), "%s", files_world_path(world, "target.json"));
    assert_int_equal(symlink(target, files_world_path(world, "in/soft.json")), 0);
    assert_int_equal(link(target, files_world_path(world, "in/hard.json")), 0);
    assert_int_equal(mkfifo(files_world_path(world, "in/pipe.json"), 0600), 0);
    assert_int_equal(mkdir(files_world_path(world, "in/directory"), 0700), 0);
    memset(large, ' ', sizeof(large));
    large[sizeof(large) - 1] = 0;
    files_world_drop(world, "in/large.json", large);
    files_world_wait(world, "quarantine/soft.json");
    files_world_wait(world, "quarantine/hard.json");
    files_world_wait(world, "quarantine/pipe.json");
    files_world_wait(world, "quarantine/large.json");
    assert_non_null(strstr(files_world_read(world, "quarantine/large.json.reason"), "TOO_LARGE"));
    assert_true(files_world_has(world, "in/directory"));
    assert_int_equal(fake_sdk_sent_count(world->bus), 0);
}

static void more_files_than_go_at_once_all_go(void **state)
{
    struct files_world *world = *state;
    files_world_start(world, "in-flight: 2, ");
    for (unsigned i = 0; i < 20; i++) {
        char path[32];
        snprintf(path, sizeof(path), "in/%u.json", i);
        files_world_drop(world, path, FILES_EVENT("H56-1"));
    }
    while (files_world_count(world, "done") < 20) {
        files_world_step(world);
        assert_true(files_world_count(world, "work") <= 2);
    }
}

static void a_vanished_folder_ends_the_connector(void **state)
{
    struct files_world *world = *state;
    struct truc_fault fault = {0};
    char moved[128];
    files_world_start(world, "");
    snprintf(moved, sizeof(moved), "%s", files_world_path(world, "moved"));
    assert_int_equal(rename(files_world_path(world, "in"), moved), 0);
    int result = 0;
    for (unsigned i = 0; i < 100 && result == 0; i++)
        result = files_engine.step(world->running, -1, &fault);
    assert_int_equal(result, TRUC_E_IO);
    assert_string_equal(fault.text, "in/ was moved or removed");
}

/* ---- from messages to files ------------------------------------------------------------------------------------ */

static void a_message_is_a_whole_file(void **state)
{
    struct files_world *world = *state;
    struct fake_settlement settlement;
    files_world_start(world, "");
    files_world_deliver(world, "m-1", "H56-1", &settlement);
    assert_int_equal(settlement.how, FAKE_DONE);
    assert_string_equal(files_world_read(world, "out/H56-1.json"), "{\"MaHoSo\":\"H56-1\",\"LyDo\":\"vì thế\"}\n");
}

/* Its reader has taken it away; the bus delivers it again. */
static void the_same_message_is_written_once(void **state)
{
    struct files_world *world = *state;
    struct fake_settlement settlement;
    files_world_start(world, "");
    files_world_deliver(world, "m-1", "H56-1", &settlement);
    assert_int_equal(unlink(files_world_path(world, "out/H56-1.json")), 0);
    files_world_stop(world);
    files_world_start(world, "");
    files_world_deliver(world, "m-1", "H56-1", &settlement);
    assert_int_equal(settlement.how, FAKE_DONE);
    assert_int_equal(files_world_count(world, "out"), 0);
    files_world_deliver(world, "m-2", "H56-1", &settlement); /* another message may have that name now */
    assert_int_equal(settlement.how, FAKE_DONE);
    assert_int_equal(files_world_count(world, "out"), 1);
}

static void another_messages_file_is_never_overwritten(void **state)
{
    struct files_world *world = *state;
    struct fake_settlement settlement;
    files_world_start(world, "");
    files_world_drop(world, "out/H56-1.json", "somebody's");
    files_world_deliver(world, "m-1", "H56-1", &settlement);
    assert_int_equal(settlement.how, FAKE_REJECT);
    assert_string_equal(settlement.reason, "NAME_TAKEN");
    assert_string_equal(files_world_read(world, "out/H56-1.json"), "somebody's");
    assert_int_equal(files_world_count(world, "sent"), 0);
}

static void a_name_leads_nowhere_else(void **state)
{
    static const char *const codes[] = {"../evil", "a/b", ".hidden", "line\nend"};
    struct files_world *world = *state;
    files_world_start(world, "");
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct fake_settlement settlement;
        files_world_deliver(world, "m-1", codes[i], &settlement);
        assert_int_equal(settlement.how, FAKE_REJECT);
        assert_string_equal(settlement.reason, "MAPPING");
    }
    assert_int_equal(files_world_count(world, "out"), 0);
}

/* RLIMIT_FSIZE stands for a full disk: the write fails in the middle. */
static void a_full_disk_is_retried_and_leaves_nothing_half(void **state)
{
    struct files_world *world = *state;
    struct fake_settlement settlement;
    struct rlimit before, small;
    files_world_start(world, "");
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){10, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    files_world_deliver(world, "m-1", "H56-1", &settlement);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(settlement.how, FAKE_RETRY);
    assert_non_null(strstr(settlement.text, "a file can't be written in sent/: "));
    assert_int_equal(files_world_count(world, "out") + files_world_count(world, "sent"), 0);
    files_world_deliver(world, "m-1", "H56-1", &settlement);
    assert_int_equal(settlement.how, FAKE_DONE);
}

/* Ended after the content was staged, and after it was said to be on its way: the next delivery ends what was begun. */
static void a_write_that_was_cut_off_is_ended(void **state)
{
    struct files_world *world = *state;
    struct fake_settlement settlement;
    files_world_start(world, "");
    files_world_deliver(world, "m-1", "H56-1", &settlement);
    /* back to the state before the rename: the marker is there, the content lies beside it */
    char command[512];
    snprintf(command, sizeof(command), "cd %s && mv out/H56-1.json sent/$(ls sent).file", world->directory);
    assert_int_equal(system(command), 0);
    files_world_stop(world);
    files_world_start(world, "");
    files_world_deliver(world, "m-1", "H56-1", &settlement);
    assert_int_equal(settlement.how, FAKE_DONE);
    assert_true(files_world_has(world, "out/H56-1.json"));
    assert_int_equal(files_world_count(world, "sent"), 1);
}

static void what_was_written_long_ago_is_forgotten(void **state)
{
    struct files_world *world = *state;
    struct fake_settlement settlement;
    char command[512];
    files_world_start(world, "");
    files_world_deliver(world, "m-1", "H56-1", &settlement);
    files_world_deliver(world, "m-2", "H56-2", &settlement);
    snprintf(command, sizeof(command), "touch -d '8 days ago' \"%s/sent/$(ls %s/sent | head -n 1)\"", world->directory,
             world->directory);
    assert_int_equal(system(command), 0);
    files_world_stop(world);
    files_world_start(world, "");
    files_world_step(world);
    assert_int_equal(files_world_count(world, "sent"), 1);
}

#define FILES_TEST(test) cmocka_unit_test_setup_teardown(test, files_world_make, files_world_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(a_file_is_a_message_and_goes_to_done),
        FILES_TEST(files_that_lay_there_before_are_found),
        FILES_TEST(a_file_picked_up_again_is_the_same_message),
        FILES_TEST(a_file_waits_for_the_one_before_it_of_its_name),
        FILES_TEST(half_a_file_waits_for_its_end),
        cmocka_unit_test(a_file_is_whole_when_it_was_quiet_or_closed),
        FILES_TEST(what_is_refused_is_failed_with_its_reason),
        FILES_TEST(a_passing_trouble_is_tried_again),
        FILES_TEST(trouble_of_the_system_is_tried_again),
        FILES_TEST(what_may_be_secret_goes_to_quarantine),
        FILES_TEST(links_and_special_files_lead_nowhere),
        FILES_TEST(more_files_than_go_at_once_all_go),
        FILES_TEST(a_vanished_folder_ends_the_connector),
        FILES_TEST(a_message_is_a_whole_file),
        FILES_TEST(the_same_message_is_written_once),
        FILES_TEST(another_messages_file_is_never_overwritten),
        FILES_TEST(a_name_leads_nowhere_else),
        FILES_TEST(a_full_disk_is_retried_and_leaves_nothing_half),
        FILES_TEST(a_write_that_was_cut_off_is_ended),
        FILES_TEST(what_was_written_long_ago_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
