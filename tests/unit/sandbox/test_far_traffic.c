/* test_far_traffic.c - citizens submit what the plan says, each dossier is in the ledger with its answer, and no post
 * is lost over an outage or a restart. A stub stands where the portal's adapter would be. */
#include "far_portal.h"
#include "far_test.h"
#include "far_traffic.h"

#include <stdlib.h>
#include <stdio.h>

struct fixture {
    struct far_test *test;
    struct far_stub *stub;
    struct far_side side;
    struct far_traffic *traffic;
};

static void open_with(struct fixture *fixture, far_script script)
{
    if (fixture->stub)
        far_stub_stop(fixture->stub);
    fixture->stub = far_stub_start(script);
    fixture->test->world.portal_adapter.text = far_stub_url(fixture->stub);
    if (!fixture->side.kind)
        assert_int_equal(far_side_open(&far_portal_kind, &fixture->test->world, 0, &fixture->side, NULL), 0);
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
    far_traffic_stop(fixture->traffic);
    far_side_close(&fixture->side);
    if (fixture->stub)
        far_stub_stop(fixture->stub);
    far_test_end(fixture->test);
    free(fixture);
    return 0;
}

static void start(struct fixture *fixture, uint64_t count, double wrong_share)
{
    const struct far_traffic_plan plan = {.mix = {7, 50, wrong_share}, .rate = 500, .count = count, .first = 1};
    struct far_store *portal = far_portal_store(fixture->side.state);
    assert_int_equal(far_traffic_start(portal, &fixture->test->world, &plan, &fixture->traffic, NULL), 0);
}

static void stop(struct fixture *fixture)
{
    far_traffic_stop(fixture->traffic);
    fixture->traffic = NULL;
}

/* Until no submission of these numbers waits for its answer to be written down. */
static void stop_when_answered(struct fixture *fixture, int64_t count)
{
    far_test_await(fixture->test, "portal", "SELECT count(*) FROM submissions WHERE state <> 'waiting'", count);
    stop(fixture);
}

static int64_t number_of(struct fixture *fixture, const char *sql)
{
    return far_test_number(far_portal_store(fixture->side.state), sql);
}

static unsigned accept(const struct far_call *call, size_t place, struct buffer *out)
{
    (void)call, (void)place;
    buffer_append_string(out, "{\"error_code\":\"0\"}");
    return 202;
}

static void the_count_is_kept_and_every_answer_noted(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, accept);
    start(fixture, 25, 0);
    stop_when_answered(fixture, 25);
    assert_int_equal(far_stub_count(fixture->stub), 25);
    assert_int_equal(number_of(fixture, "SELECT count(*) FROM submissions WHERE state = 'accepted' AND http = 202"),
                     25);
}

/* As the portal's adapter does: breaks, secrets and what nobody may send are refused. */
static unsigned judge(const struct far_call *call, size_t place, struct buffer *out)
{
    if (strcmp(call->path, "/dossiers/forbidden") == 0) {
        buffer_append_string(out, "{\"error_code\":\"NO_ROUTE\"}");
        return 403;
    }
    json_t *root = json_loads(call->body, 0, NULL);
    bool secret = root && strcmp(json_string_value(json_object_get(root, "DoMat")), "Thường") != 0;
    bool broken = root == NULL;
    json_decref(root);
    if (!secret && !broken)
        return accept(call, place, out);
    buffer_append_string(out, secret ? "{\"error_code\":\"SECRET\"}" : "{\"error_code\":\"PAYLOAD\"}");
    return secret ? 403 : 400;
}

static void every_wrong_dossier_gets_its_own_refusal(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, judge);
    const struct far_mix mix = {7, 50, 1};
    unsigned expected[FAR_DOSSIER_CLASSES] = {0};
    for (uint64_t number = 1; number <= 60; number++)
        expected[far_dossier_class_of(&mix, number)]++;
    start(fixture, 60, 1);
    stop_when_answered(fixture, 60);
    static const struct {
        enum far_dossier_class class;
        const char *sql;
    } answers[] = {
        {FAR_DOSSIER_MALFORMED,
         "SELECT count(*) FROM submissions WHERE class = 2 AND http = 400 AND error_code = 'PAYLOAD'"},
        {FAR_DOSSIER_SECRET,
         "SELECT count(*) FROM submissions WHERE class = 3 AND http = 403 AND error_code = 'SECRET'"},
        {FAR_DOSSIER_FORBIDDEN,
         "SELECT count(*) FROM submissions WHERE class = 4 AND http = 403 AND error_code = 'NO_ROUTE'"},
        {FAR_DOSSIER_UNKNOWN_CITIZEN, "SELECT count(*) FROM submissions WHERE class = 1 AND state = 'accepted'"},
        {FAR_DOSSIER_REPEATED, "SELECT count(*) FROM submissions WHERE class = 5 AND state = 'accepted'"},
    };
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        assert_true(expected[answers[i].class] > 0);
        assert_int_equal(number_of(fixture, answers[i].sql), expected[answers[i].class]);
    }
    assert_int_equal(far_stub_count(fixture->stub), 60 + expected[FAR_DOSSIER_REPEATED]);
}

static unsigned busy_at_first(const struct far_call *call, size_t place, struct buffer *out)
{
    return place == 0 ? 503 : accept(call, place, out);
}

static void what_was_not_taken_is_posted_again_byte_for_byte(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, busy_at_first);
    start(fixture, 1, 0);
    stop_when_answered(fixture, 1);
    assert_string_equal(far_stub_call(fixture->stub, 0)->message_id, far_stub_call(fixture->stub, 1)->message_id);
    assert_string_equal(far_stub_call(fixture->stub, 0)->body, far_stub_call(fixture->stub, 1)->body);
    assert_int_equal(number_of(fixture, "SELECT attempts FROM submissions WHERE state = 'accepted'"), 2);
}

static unsigned always_busy(const struct far_call *call, size_t place, struct buffer *out)
{
    (void)call, (void)place, (void)out;
    return 503;
}

static void a_restart_posts_what_had_no_answer_and_goes_on_with_new_numbers(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, always_busy);
    start(fixture, 3, 0);
    far_stub_await(fixture->stub, 3);
    stop(fixture);
    char first[160];
    snprintf(first, sizeof first, "%s", far_stub_call(fixture->stub, 0)->message_id);
    assert_int_equal(number_of(fixture, "SELECT count(*) FROM submissions WHERE state = 'waiting'"), 3);
    open_with(fixture, accept);
    start(fixture, 2, 0);
    stop_when_answered(fixture, 5);
    assert_int_equal(number_of(fixture, "SELECT count(*) FROM submissions WHERE state = 'accepted'"), 5);
    assert_int_equal(number_of(fixture, "SELECT max(number) FROM submissions"), 5);
    unsigned again = 0;
    for (size_t i = 0; i < 5; i++)
        again += strcmp(far_stub_call(fixture->stub, i)->message_id, first) == 0;
    assert_int_equal(again, 1);
}

static void a_rate_that_cannot_be_kept_is_refused(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, accept);
    static const double rates[] = {0, -1, FAR_RATE_MAX + 1};
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        const struct far_traffic_plan plan = {.rate = rates[i], .first = 1};
        struct far_traffic *traffic = NULL;
        struct far_store *portal = far_portal_store(fixture->side.state);
        assert_int_equal(far_traffic_start(portal, &fixture->test->world, &plan, &traffic, NULL), TRUC_E_ARGUMENT);
        assert_null(traffic);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_count_is_kept_and_every_answer_noted, begin, end),
        cmocka_unit_test_setup_teardown(every_wrong_dossier_gets_its_own_refusal, begin, end),
        cmocka_unit_test_setup_teardown(what_was_not_taken_is_posted_again_byte_for_byte, begin, end),
        cmocka_unit_test_setup_teardown(a_restart_posts_what_had_no_answer_and_goes_on_with_new_numbers, begin, end),
        cmocka_unit_test_setup_teardown(a_rate_that_cannot_be_kept_is_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
