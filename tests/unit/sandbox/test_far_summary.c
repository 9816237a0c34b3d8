/* test_far_summary.c - the account finds what is missing, doubled, leaked, unexpected or out of order, by name.
 * The stores are filled by hand; how they fill in a run is in the other tests. */
#include "far_summary.h"
#include "far_test.h"

#include <stdlib.h>

struct fixture {
    struct far_test *test;
    struct far_store portal, onestop, national;
};

/* One dossier that went well: submitted, at the desk, one event, known everywhere. */
static const char well_portal[] = "INSERT INTO submissions (number, code, class, submitted_ns, state, http, "
                                  "error_code) VALUES (1, 'D-1', 0, 1, 'accepted', 202, '0');"
                                  "INSERT INTO statuses (code, status, at, content, message_id, received_ns) VALUES "
                                  "('D-1', 2, '20261123140000', 'x', 'a', 1);";
static const char well_onestop[] =
    "INSERT INTO dossiers (arrival, code, body, message_id, plan, state, ended, received_ns) VALUES (0, 'D-1', '{}', "
    "'m', 0, 'ended', '10', 1);"
    "INSERT INTO posts (code, plan, place, kind, status, at, content, message_id, body, state)"
    " VALUES ('D-1', 0, 1, 'received', 2, '20261123140000', 'x', 'p1', '{}', 'accepted');";
static const char well_national[] = "INSERT INTO statuses (code, service, status, at, content, message_id, received_ns)"
                                    " VALUES ('D-1', 'CapNhatTienDoHoSoMC', 2, '20261123140000', 'x', 'a', 1);";

static void change(struct far_store *store, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(store->database, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
}

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->test = far_test_begin();
    *state = fixture;
    for (size_t i = 0; i < far_side_kinds_count(); i++) { /* makes the four stores */
        struct far_side side = {0};
        assert_int_equal(far_side_open(far_side_kind_at(i), &fixture->test->world, 0, &side, NULL), 0);
        far_side_close(&side);
    }
    assert_int_equal(far_store_open(&fixture->portal, fixture->test->directory, "portal", well_portal, NULL), 0);
    assert_int_equal(far_store_open(&fixture->onestop, fixture->test->directory, "onestop", well_onestop, NULL), 0);
    assert_int_equal(
        far_store_open(&fixture->national, fixture->test->directory, "national-portal", well_national, NULL), 0);
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    far_store_close(&fixture->portal);
    far_store_close(&fixture->onestop);
    far_store_close(&fixture->national);
    far_test_end(fixture->test);
    free(fixture);
    return 0;
}

static json_t *account(struct fixture *fixture, bool *ret_complete)
{
    struct far_summary summary = {0};
    json_t *root = NULL;
    struct truc_fault fault = {0};
    int64_t unfinished = -1;
    assert_int_equal(far_summary_open(fixture->test->directory, &summary, &fault), 0);
    if (far_summary_write(&summary, &root, ret_complete, &fault) < 0 ||
        far_summary_unfinished(&summary, &unfinished, &fault) < 0)
        fail_msg("%s", fault.text);
    json_t *list = json_object_get(root, "unfinished");
    assert_int_equal(json_integer_value(json_object_get(list, "count")), unfinished);
    far_summary_close(&summary);
    return root;
}

/* Only this list holds something: one entry, with this text. */
static void assert_only(struct fixture *fixture, const char *name, const char *what)
{
    static const char *const lists[] = {"unfinished", "doubled", "leaked", "out-of-order", "unexpected"};
    bool complete = true;
    json_t *root = account(fixture, &complete);
    assert_false(complete);
    assert_true(json_is_false(json_object_get(root, "complete")));
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const json_t *list = json_object_get(root, lists[i]);
        bool is_it = strcmp(lists[i], name) == 0;
        assert_int_equal(json_integer_value(json_object_get(list, "count")), is_it ? 1 : 0);
        if (!is_it)
            continue;
        const json_t *entry = json_array_get(json_object_get(list, "names"), 0);
        assert_string_equal(json_string_value(json_object_get(entry, "what")), what);
    }
    json_decref(root);
}

static void all_well_is_complete(void **state)
{
    struct fixture *fixture = *state;
    bool complete = false;
    json_t *root = account(fixture, &complete);
    assert_true(complete);
    const json_t *plain = json_object_get(json_object_get(root, "classes"), "plain");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(plain, "answers"), "202")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(plain, "ended"), "10")), 1);
    const json_t *statuses = json_object_get(root, "statuses-at-portal");
    assert_int_equal(json_integer_value(json_object_get(statuses, "2")), 1);
    json_decref(root);
}

static void a_submission_without_an_answer_is_unfinished(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->portal, "INSERT INTO submissions (number, code, class, submitted_ns) VALUES (2, 'D-2', 0, 1)");
    assert_only(fixture, "unfinished", "no answer to the submission");
}

static void an_accepted_dossier_that_never_came_is_unfinished(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->portal,
           "INSERT INTO submissions (number, code, class, submitted_ns, state) VALUES (2, 'D-2', 0, 1, 'accepted')");
    assert_only(fixture, "unfinished", "accepted, but not at the one-stop desk");
}

static void an_open_dossier_is_unfinished(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->onestop, "UPDATE dossiers SET state = 'open', place = 3");
    assert_only(fixture, "unfinished", "open at the one-stop desk, step 3");
}

static void a_status_the_portal_misses_is_unfinished(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->portal, "DELETE FROM statuses");
    assert_only(fixture, "unfinished", "the portal misses status 2 (received)");
}

static void a_status_the_national_portal_misses_is_unfinished(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->national, "DELETE FROM statuses");
    assert_only(fixture, "unfinished", "the national portal misses status 2 (received)");
}

static void one_event_under_two_messages_is_doubled(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->portal, "INSERT INTO statuses (code, status, at, content, message_id, received_ns)"
                             " VALUES ('D-1', 2, '20261123140000', 'x', 'b', 1)");
    assert_only(fixture, "doubled", "portal: status 2 of 20261123140000");
}

static void one_dossier_under_two_messages_is_doubled(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->onestop, "UPDATE dossiers SET other_ids = 1, repeats = 4");
    assert_only(fixture, "doubled", "one-stop desk: the dossier came as 2 messages");
}

static void a_refused_dossier_at_the_desk_is_leaked(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->portal,
           "UPDATE submissions SET state = 'refused', class = 4, http = 403, error_code = 'NO_ROUTE'");
    assert_only(fixture, "leaked", "was refused at the door, yet is at the one-stop desk");
}

static void a_secret_at_the_desk_is_leaked(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->onestop, "UPDATE dossiers SET secret = 1");
    assert_only(fixture, "leaked", "a secret dossier is at the one-stop desk");
}

static void a_later_event_before_an_earlier_is_out_of_order(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->portal, "INSERT INTO statuses (code, status, at, content, message_id, received_ns)"
                             " VALUES ('D-1', 4, '20261123135959', 'y', 'b', 1)");
    assert_only(fixture, "out-of-order", "portal: 20261123135959 came after 20261123140000");
}

static void a_right_dossier_refused_is_unexpected(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->portal, "INSERT INTO submissions (number, code, class, submitted_ns, state, http, error_code)"
                             " VALUES (2, 'D-2', 0, 1, 'refused', 403, 'NO_ROUTE')");
    assert_only(fixture, "unexpected", "class 0: answered 403 NO_ROUTE");
}

static void a_known_citizen_not_found_is_unexpected(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->onestop, "UPDATE dossiers SET plan = 6, ended = '3'");
    assert_only(fixture, "unexpected", "a known citizen was not found");
}

static void an_unknown_citizen_received_is_unexpected(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->portal, "UPDATE submissions SET class = 1");
    assert_only(fixture, "unexpected", "an unknown citizen ended as 10");
}

static void a_refused_event_is_unexpected(void **state)
{
    struct fixture *fixture = *state;
    change(&fixture->onestop, "UPDATE posts SET state = 'refused', http = 403, error_code = 'NO_ROUTE'");
    assert_only(fixture, "unexpected", "received: refused 403 NO_ROUTE");
}

static void a_missing_store_is_an_error(void **state)
{
    (void)state;
    struct far_summary summary = {0};
    assert_int_equal(far_summary_open("/nonexistent", &summary, NULL), TRUC_E_IO);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(all_well_is_complete),
        CASE(a_submission_without_an_answer_is_unfinished),
        CASE(an_accepted_dossier_that_never_came_is_unfinished),
        CASE(an_open_dossier_is_unfinished),
        CASE(a_status_the_portal_misses_is_unfinished),
        CASE(a_status_the_national_portal_misses_is_unfinished),
        CASE(one_event_under_two_messages_is_doubled),
        CASE(one_dossier_under_two_messages_is_doubled),
        CASE(a_refused_dossier_at_the_desk_is_leaked),
        CASE(a_secret_at_the_desk_is_leaked),
        CASE(a_later_event_before_an_earlier_is_out_of_order),
        CASE(a_right_dossier_refused_is_unexpected),
        CASE(a_known_citizen_not_found_is_unexpected),
        CASE(an_unknown_citizen_received_is_unexpected),
        CASE(a_refused_event_is_unexpected),
        cmocka_unit_test(a_missing_store_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
