/* test_far_onestop.c - the one-stop desk: takes a dossier once, walks its plan, repeats what was not taken, and goes on
 * after a restart. A stub stands where its adapter would be. */
#include "far_test.h"

#include <stdio.h>
#include <stdlib.h>

struct fixture {
    struct far_test *test;
    struct far_stub *stub;
    struct far_side side;
};

static void open_with(struct fixture *fixture, far_script script)
{
    if (fixture->stub)
        far_stub_stop(fixture->stub);
    fixture->stub = far_stub_start(script);
    fixture->test->world.onestop_adapter.text = far_stub_url(fixture->stub);
    assert_int_equal(far_side_open(&far_onestop_kind, &fixture->test->world, 0, &fixture->side, NULL), 0);
}

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->test = far_test_begin();
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    far_side_close(&fixture->side);
    if (fixture->stub)
        far_stub_stop(fixture->stub);
    far_test_end(fixture->test);
    free(fixture);
    return 0;
}

static int send_dossier(struct fixture *fixture, const char *code, const char *message_id)
{
    char body[512];
    snprintf(
        body, sizeof body,
        "{\"MaHoSo\":\"%s\",\"MaTTHC\":\"1.001193\",\"ChuHoSo\":\"Lê Thị An\",\"SoGiayToChuHoSo\":\"038990000001\","
        "\"NgaySinhChuHoSo\":\"19900101\",\"MaDonVi\":\"H56.14\",\"DoMat\":\"Thường\"}",
        code);
    return far_test_post(fixture->test, &fixture->side, "/api/dossiers", message_id, body);
}

/* The answer is written down a moment after it was given. */
static void await_store(struct fixture *fixture, const char *sql, int64_t expected)
{
    far_test_await(fixture->test, "onestop", sql, expected);
}

static unsigned exists_and_accepted(const struct far_call *call, size_t place, struct buffer *out)
{
    (void)place;
    bool is_question = strcmp(call->path, "/citizens/verify") == 0;
    buffer_append_string(out, is_question ? "{\"TonTai\":true}" : "{\"error_code\":\"0\"}");
    return is_question ? 200 : 202;
}

static void a_straight_dossier_walks_2_4_9_10(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, exists_and_accepted);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    assert_string_equal(far_test_text(fixture->test, "MaHoSo"), "D-1");
    far_stub_await(fixture->stub, 5);
    static const char *const paths[] = {"/citizens/verify", "/events/received", "/events/progress",
                                        "/events/result-ready", "/events/result-delivered"};
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        assert_string_equal(far_stub_call(fixture->stub, i)->path, paths[i]);
    assert_non_null(strstr(far_stub_call(fixture->stub, 0)->body, "\"SoDinhDanh\":\"038990000001\""));
    await_store(fixture, "SELECT ended = '10' AND state = 'ended' FROM dossiers", 1);
}

static unsigned does_not_exist(const struct far_call *call, size_t place, struct buffer *out)
{
    (void)place;
    bool is_question = strcmp(call->path, "/citizens/verify") == 0;
    buffer_append_string(out, is_question ? "{\"TonTai\":false}" : "{}");
    return is_question ? 200 : 202;
}

static void an_unknown_citizen_is_refused_and_nothing_more(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, does_not_exist);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    far_stub_await(fixture->stub, 2);
    assert_string_equal(far_stub_call(fixture->stub, 1)->path, "/events/refused");
    await_store(fixture, "SELECT ended = '3' FROM dossiers", 1);
    assert_int_equal(far_stub_count(fixture->stub), 2);
}

/* The first three calls fail in three ways; only the fourth is an answer. */
static unsigned away_at_first(const struct far_call *call, size_t place, struct buffer *out)
{
    static const unsigned statuses[] = {503, 500, 429};
    if (place < COUNT_OF(statuses)) {
        buffer_append_string(out, "{\"error_code\":\"UNAVAILABLE\"}");
        return statuses[place];
    }
    return exists_and_accepted(call, place, out);
}

static void an_outage_is_never_not_found(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, away_at_first);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    far_stub_await(fixture->stub, 8);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(far_stub_call(fixture->stub, i)->path, "/citizens/verify");
        for (size_t j = 0; j < i; j++) /* answered questions are asked anew, as new messages, with the same content */
            assert_string_not_equal(far_stub_call(fixture->stub, i)->message_id,
                                    far_stub_call(fixture->stub, j)->message_id);
        assert_string_equal(far_stub_call(fixture->stub, i)->body, far_stub_call(fixture->stub, 0)->body);
    }
    assert_string_equal(far_stub_call(fixture->stub, 4)->path, "/events/received");
}

static unsigned says_nothing_then_exists(const struct far_call *call, size_t place, struct buffer *out)
{
    if (place == 0) {
        buffer_append_string(out, "{}");
        return 200;
    }
    return exists_and_accepted(call, place, out);
}

static void an_answer_without_the_answer_is_asked_again(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, says_nothing_then_exists);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    far_stub_await(fixture->stub, 6);
    assert_string_equal(far_stub_call(fixture->stub, 1)->path, "/citizens/verify");
    assert_string_equal(far_stub_call(fixture->stub, 2)->path, "/events/received");
}

static unsigned blocks_events_twice(const struct far_call *call, size_t place, struct buffer *out)
{
    if (place == 1 || place == 2) {
        buffer_append_string(out, "{\"error_code\":\"BLOCKED\"}");
        return 503;
    }
    return exists_and_accepted(call, place, out);
}

static void an_event_not_taken_is_repeated_byte_for_byte(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, blocks_events_twice);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    far_stub_await(fixture->stub, 4);
    for (size_t i = 2; i < 4; i++) {
        assert_string_equal(far_stub_call(fixture->stub, i)->path, "/events/received");
        assert_string_equal(far_stub_call(fixture->stub, i)->message_id, far_stub_call(fixture->stub, 1)->message_id);
        assert_string_equal(far_stub_call(fixture->stub, i)->body, far_stub_call(fixture->stub, 1)->body);
    }
}

static unsigned refuses_the_event(const struct far_call *call, size_t place, struct buffer *out)
{
    if (strcmp(call->path, "/events/progress") == 0) {
        buffer_append_string(out, "{\"error_code\":\"NO_ROUTE\"}");
        return 403;
    }
    return exists_and_accepted(call, place, out);
}

static void a_refused_event_is_recorded_by_name_and_the_dossier_goes_on(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, refuses_the_event);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    far_stub_await(fixture->stub, 5);
    await_store(fixture,
                "SELECT count(*) FROM posts WHERE state = 'refused' AND http = 403"
                " AND error_code = 'NO_ROUTE' AND kind = 'work'",
                1);
}

static unsigned refuses_the_question(const struct far_call *call, size_t place, struct buffer *out)
{
    (void)call, (void)place;
    buffer_append_string(out, "{\"error_code\":\"NO_AGREEMENT\"}");
    return 403;
}

static void a_refused_question_ends_the_dossier_unverified(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, refuses_the_question);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    far_stub_await(fixture->stub, 1);
    await_store(fixture, "SELECT ended = 'unverified' FROM dossiers", 1);
    assert_int_equal(far_stub_count(fixture->stub), 1);
}

static void a_dossier_is_taken_once(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, exists_and_accepted);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    assert_int_equal(send_dossier(fixture, "D-1", "m-2"), 200);
    far_stub_await(fixture->stub, 5);
    await_store(fixture, "SELECT repeats = 1 AND other_ids = 1 FROM dossiers", 1);
    assert_int_equal(far_stub_count(fixture->stub), 5);
}

static void a_dossier_a_clerk_cannot_work_with_is_refused(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, exists_and_accepted);
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/api/dossiers", "m",
                                   "{\"MaHoSo\":\"D\",\"MaTTHC\":\"1\",\"ChuHoSo\":\"An\",\"MaDonVi\":\"H56\"}"),
                     400);
    assert_string_equal(far_test_text(fixture->test, "where"), "SoGiayToChuHoSo");
    await_store(fixture, "SELECT count(*) FROM dossiers", 0);
}

static unsigned never_answers_events(const struct far_call *call, size_t place, struct buffer *out)
{
    return strcmp(call->path, "/citizens/verify") == 0 ? exists_and_accepted(call, place, out) : 503;
}

static void a_restart_goes_on_with_the_same_post(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, never_answers_events);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    far_stub_await(fixture->stub, 2);
    char message_id[160], body[2048];
    snprintf(message_id, sizeof message_id, "%s", far_stub_call(fixture->stub, 1)->message_id);
    snprintf(body, sizeof body, "%s", far_stub_call(fixture->stub, 1)->body);
    far_side_close(&fixture->side);
    open_with(fixture, exists_and_accepted);
    far_stub_await(fixture->stub, 4);
    assert_string_equal(far_stub_call(fixture->stub, 0)->path, "/events/received");
    assert_string_equal(far_stub_call(fixture->stub, 0)->message_id, message_id);
    assert_string_equal(far_stub_call(fixture->stub, 0)->body, body);
    await_store(fixture, "SELECT count(*) FROM dossiers WHERE ended = '10'", 1);
}

static void nobody_at_the_adapter_only_delays(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, exists_and_accepted);
    assert_int_equal(far_server_down(far_stub_server(fixture->stub), FAR_OUTAGE_REFUSED, NULL), 0);
    assert_int_equal(send_dossier(fixture, "D-1", "m-1"), 200);
    assert_int_equal(far_server_up(far_stub_server(fixture->stub), NULL), 0);
    far_stub_await(fixture->stub, 5);
    await_store(fixture, "SELECT count(*) FROM dossiers WHERE ended = '10'", 1);
}

static void a_reminder_is_kept_once(void **state)
{
    struct fixture *fixture = *state;
    const char *body = "{\"MaHoSo\":\"D-1\",\"LoaiNhacViec\":\"QuaHan\"}";
    open_with(fixture, exists_and_accepted);
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/api/reminders", "r-1", body), 200);
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/api/reminders", "r-1", body), 200);
    assert_int_equal(far_test_post(fixture->test, &fixture->side, "/api/reminders", "r-2", "{\"MaHoSo\":\"D-1\"}"),
                     400);
    await_store(fixture, "SELECT count(*) = 1 AND sum(repeats) = 1 FROM reminders WHERE kind = 'QuaHan'", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_straight_dossier_walks_2_4_9_10, begin, end),
        cmocka_unit_test_setup_teardown(an_unknown_citizen_is_refused_and_nothing_more, begin, end),
        cmocka_unit_test_setup_teardown(an_outage_is_never_not_found, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_without_the_answer_is_asked_again, begin, end),
        cmocka_unit_test_setup_teardown(an_event_not_taken_is_repeated_byte_for_byte, begin, end),
        cmocka_unit_test_setup_teardown(a_refused_event_is_recorded_by_name_and_the_dossier_goes_on, begin, end),
        cmocka_unit_test_setup_teardown(a_refused_question_ends_the_dossier_unverified, begin, end),
        cmocka_unit_test_setup_teardown(a_dossier_is_taken_once, begin, end),
        cmocka_unit_test_setup_teardown(a_dossier_a_clerk_cannot_work_with_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_restart_goes_on_with_the_same_post, begin, end),
        cmocka_unit_test_setup_teardown(nobody_at_the_adapter_only_delays, begin, end),
        cmocka_unit_test_setup_teardown(a_reminder_is_kept_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
