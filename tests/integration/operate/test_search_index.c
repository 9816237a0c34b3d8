/* test_search_index.c - a real trucd fills the search index behind its journal, says how far it is, and outlives whatever happens to it.
 * What is found is found with it and without it: the journal has everything.
 * The index's own promises are in tests/unit/journal/test_journal_index_answers.c. */
#include "cmocka_start.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "kit_bus.h"

enum { WAIT_S = 60, LOOK_AGAIN_MS = 50 };

#define DOSSIER                                                                                                        \
    "{\"code\":\"H56.14-261126-0001\",\"procedure\":{\"code\":\"1.005129\",\"service\":\"full\"},"                     \
    "\"agency\":{\"code\":\"H56.14\"},\"applicant\":{\"name\":\"Nguyễn Thị A\"}}"

struct searched {
    struct kit_bus bus;
    struct buffer output; /* of the last command */
    char index[KIT_PATH_BYTES], lock[KIT_PATH_BYTES];
};

static void assert_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static int run(struct searched *searched, const char *const arguments[])
{
    struct truc_fault fault = {0};
    buffer_clear(&searched->output);
    int status = kit_bus_truc(&searched->bus, arguments, &searched->output, &fault);
    assert_done(status, &fault);
    return status;
}
#define TRUC(searched, ...) run(searched, (const char *const[]){__VA_ARGS__, NULL})

static json_t *answer(struct searched *searched)
{
    json_t *document = json_loadb((const char *)searched->output.data, searched->output.size, 0, NULL);
    assert_non_null(document);
    return document;
}

static void start(struct searched *searched)
{
    struct truc_fault fault = {0};
    assert_done(kit_bus_start(&searched->bus, &fault), &fault);
}

static void stop(struct searched *searched)
{
    struct truc_fault fault = {0};
    assert_done(kit_bus_stop(&searched->bus, &fault), &fault);
}

static void send_message(struct searched *searched, const char *subject)
{
    struct truc_fault fault = {0};
    char settings[KIT_PATH_BYTES];
    assert_done(kit_bus_settings(&searched->bus, "portal", settings, &fault), &fault);
    assert_int_equal(TRUC(searched, "send", "dossier.submitted", "--settings", settings, "--classification",
                          "not-secret", "--subject", subject, "--json", DOSSIER),
                     0);
}

/* Until `truc status` says that what was durable at the first question is in the index; or, with `trouble`, that there is some. */
static void await_index(struct searched *searched, bool trouble)
{
    const struct timespec again = {.tv_nsec = LOOK_AGAIN_MS * 1000000};
    json_int_t wanted = -1;
    for (int left = WAIT_S * 1000 / LOOK_AGAIN_MS; left > 0; left--, nanosleep(&again, NULL)) {
        assert_int_equal(TRUC(searched, "status", "--output", "json"), 0);
        json_t *status = answer(searched);
        const json_t *index = json_object_get(status, "index");
        assert_non_null(index);
        if (wanted < 0)
            wanted = json_integer_value(json_object_get(status, "durable"));
        bool is_so = trouble ? *json_string_value(json_object_get(index, "trouble")) != 0
                             : json_integer_value(json_object_get(index, "records")) >= wanted;
        json_decref(status);
        if (is_so)
            return;
    }
    fail_msg("the index did not get there in %d s: %s", WAIT_S, buffer_string(&searched->output));
}

static void assert_found(struct searched *searched, const char *subject, size_t messages)
{
    int status = TRUC(searched, "journal", "find", "--dossier", subject, "--output", "json");
    assert_int_equal(status, messages ? 0 : 1);
    json_t *document = answer(searched);
    assert_int_equal(json_array_size(json_object_get(document, "messages")), messages);
    json_decref(document);
}

static bool log_has(const struct searched *searched, const char *part)
{
    BUFFER_CLEANUP struct buffer log = {0};
    FILE *file = fopen(searched->bus.log, "r");
    assert_non_null(file);
    for (int c; (c = fgetc(file)) != EOF;)
        buffer_append_byte(&log, (uint8_t)c);
    fclose(file);
    const char *text = buffer_string(&log);
    assert_non_null(text);
    return strstr(text, part) != NULL;
}

static int set_up(void **state)
{
    static struct searched searched;
    struct truc_fault fault = {0};
    *state = &searched;
    int code = kit_bus_make(&searched.bus, NULL, OPERATE_CONFIG, NULL, &fault);
    if (code == 0)
        code = kit_path(searched.index, &fault, "%s/journal/index/search.sqlite", searched.bus.state);
    if (code == 0)
        code = kit_path(searched.lock, &fault, "%s/journal/index/search.sqlite.lock", searched.bus.state);
    if (code == 0)
        code = kit_bus_start(&searched.bus, &fault);
    if (code == 0)
        return 0;
    print_error("%s: %s\n", truc_error_name(fault.code), fault.text);
    kit_bus_remove(&searched.bus);
    return -1;
}

static int tear_down(void **state)
{
    struct searched *searched = *state;
    buffer_free(&searched->output);
    kit_bus_remove(&searched->bus);
    return 0;
}

static void the_broker_fills_the_index_and_says_how_far_it_is(void **state)
{
    struct searched *searched = *state;
    send_message(searched, "D-1");
    assert_found(searched, "D-1", 1); /* also what the index has not taken in yet */
    await_index(searched, false);
    assert_found(searched, "D-1", 1);
    assert_found(searched, "D-2", 0);
    TRUC(searched, "doctor", "--output", "json");
    assert_non_null(strstr(buffer_string(&searched->output), "\"index\""));
}

static void a_damaged_index_is_made_anew_and_the_log_says_so(void **state)
{
    struct searched *searched = *state;
    stop(searched);
    int file = open(searched->index, O_WRONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, "no database", 11, 0), 11);
    close(file);
    start(searched);
    await_index(searched, false);
    assert_found(searched, "D-1", 1);
    assert_true(log_has(searched, "the search index was damaged or not of this journal"));
}

static void while_another_fills_the_index_the_broker_serves_and_tries_again(void **state)
{
    struct searched *searched = *state;
    stop(searched);
    int lock = open(searched->lock, O_RDWR | O_CLOEXEC);
    assert_true(lock >= 0);
    assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
    start(searched);
    send_message(searched, "D-3");
    await_index(searched, true);
    assert_found(searched, "D-3", 1);
    TRUC(searched, "doctor");
    assert_non_null(strstr(buffer_string(&searched->output), "another process is filling the search index"));
    close(lock);
    await_index(searched, false);
    assert_found(searched, "D-3", 1);
    assert_true(log_has(searched, "the search index takes nothing in: another process is filling the search index"));
}

static void without_a_broker_the_index_is_filled_by_who_searches(void **state)
{
    struct searched *searched = *state;
    stop(searched);
    assert_int_equal(unlink(searched->index), 0);
    assert_found(searched, "D-3", 1);
    assert_int_equal(access(searched->index, F_OK), 0);
    start(searched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_broker_fills_the_index_and_says_how_far_it_is),
        cmocka_unit_test(a_damaged_index_is_made_anew_and_the_log_says_so),
        cmocka_unit_test(while_another_fills_the_index_the_broker_serves_and_tries_again),
        cmocka_unit_test(without_a_broker_the_index_is_filled_by_who_searches),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
