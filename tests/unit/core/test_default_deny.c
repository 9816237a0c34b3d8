/* test_default_deny.c - nothing flows without a route and an agreement, asked again when the message leaves.
 * Not the loader's own refusal of routes without agreements (tests/unit/policy).
 * Through reloads between acceptance and delivery. */
#include "core_driver.h"

#define TERMS "    purpose: Kiểm thử\n    basis: internal-rule\n"
static const char progress_to_beta[] =
    "  - name: alpha-progress\n    from: alpha\n    type: dossier.progress\n    to: beta\n";

static int outcome_of(struct peer *peer, const char *type)
{
    struct test_message message = peer_message(peer, "m1", type, "A");
    return -(int)peer_publish_one(peer, &message).code;
}

static void test_what_no_route_names_goes_nowhere(void **state)
{
    static const enum driver_system senders[] = {BETA, GAMMA, DELTA};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    for (size_t i = 0; i < COUNT_OF(senders); i++) {
        struct peer peer = driver_connect(&driver, senders[i], 0);
        assert_int_equal(outcome_of(&peer, "dossier.progress"), TRUC_E_NO_ROUTE);
    }
    struct peer alpha = driver_connect(&driver, ALPHA, 0), gamma = driver_connect(&driver, GAMMA, DRIVER_CREDIT_BYTES);
    assert_int_equal(outcome_of(&alpha, "dossier.received"), 0); /* beta's alone */
    peer_expect_nothing(&gamma);
    assert_int_equal(driver_record_count(&driver, RECORD_ACCEPTED), 1);
    driver_close(&driver);
}

static void expect_dead(struct driver *driver, int code)
{
    struct journal_record record;
    struct record_fate fate;
    assert_true(driver_record(driver, RECORD_DEAD, 0, &record));
    assert_int_equal(record_fate_decode(record.body, &fate, NULL), 0);
    assert_string_equal(truc_error_name(-(int)fate.code), truc_error_name(code));
}

static void test_an_agreement_that_lapses_while_a_message_waits_stops_it(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(
        &driver,
        &(struct driver_config){
            .only_routes = progress_to_beta,
            .only_agreements =
                "  - name: short\n    provider: alpha\n    consumer: beta\n    types: [dossier.progress]\n" TERMS
                "    valid: {from: 2026-01-01, until: 2026-12-31}\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    peer_lose(&alpha);
    driver_advance(&driver, 60 * DAY);
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_expect_nothing(&beta);
    expect_dead(&driver, TRUC_E_AGREEMENT_LAPSED);
    driver_close(&driver);
}

static void test_a_withdrawn_agreement_stops_what_waits(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    driver_reload(
        &driver,
        &(struct driver_config){
            .only_routes = "  - name: other\n    from: alpha\n    type: dossier.received\n    to: beta\n",
            .only_agreements =
                "  - name: other\n    provider: alpha\n    consumer: beta\n    types: [dossier.received]\n" TERMS
                "    valid: {from: 2026-01-01}\n"});
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_expect_nothing(&beta);
    expect_dead(&driver, TRUC_E_NO_AGREEMENT);
    driver_close(&driver);
}

static void test_what_waits_longer_than_its_route_allows_expires(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(
        &driver,
        &(struct driver_config){
            .only_routes = "  - name: r\n    from: alpha\n    type: dossier.progress\n    to: beta\n    expire: 1h\n",
            .only_agreements =
                "  - name: a\n    provider: alpha\n    consumer: beta\n    types: [dossier.progress]\n" TERMS
                "    valid: {from: 2026-01-01}\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m1", "A");
    driver_advance(&driver, 3500 * SECOND);
    alpha = driver_connect(&driver, ALPHA, 0);
    peer_accepted(&alpha, "m2", "B");
    driver_advance(&driver, 200 * SECOND);
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_expect_one(&beta, "m2");
    assert_int_equal(driver_record_count(&driver, RECORD_EXPIRED), 1);
    driver_close(&driver);
}

#define VERIFY_UNTIL(date)                                                                                             \
    {                                                                                                                  \
        .only_routes =                                                                                                 \
            "  - name: verify\n    from: alpha\n    type: citizen.verify\n    to: delta\n    within: 20s\n",           \
        .only_agreements =                                                                                             \
            "  - name: verify\n    provider: delta\n    consumer: alpha\n    types: [citizen.verify]\n" TERMS          \
            "    valid: {from: 2026-01-01, until: " date "}\n"                                                         \
    }
static const struct driver_config in_force = VERIFY_UNTIL("2026-12-31"), lapsed = VERIFY_UNTIL("2026-01-02");

static void test_a_reply_is_refused_when_its_agreement_has_lapsed(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, &in_force);
    struct peer alpha = driver_connect(&driver, ALPHA, DRIVER_CREDIT_BYTES),
                delta = driver_connect(&driver, DELTA, DRIVER_CREDIT_BYTES);
    peer_request(&alpha, "r1");
    struct taken request = peer_expect_one(&delta, "r1");
    driver_reload(&driver, &lapsed);
    struct test_message reply = peer_reply(&delta, "p1", &request);
    assert_int_equal(peer_publish_one(&delta, &reply).code, -TRUC_E_AGREEMENT_LAPSED);
    peer_expect_nothing(&alpha);
    driver_close(&driver);
}

static void test_a_reply_that_waits_is_stopped_too_and_its_asker_told(void **state)
{
    struct driver driver;
    struct command failed;
    (void)state;
    driver_open(&driver, &in_force);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), delta = driver_connect(&driver, DELTA, DRIVER_CREDIT_BYTES);
    uint64_t sequence = peer_request(&alpha, "r1");
    struct taken request = peer_expect_one(&delta, "r1");
    struct test_message reply = peer_reply(&delta, "p1", &request);
    assert_int_equal(peer_publish_one(&delta, &reply).code, 0);
    driver_reload(&driver, &lapsed);
    alpha = driver_connect(&driver, ALPHA, DRIVER_CREDIT_BYTES);
    peer_expect_nothing(&alpha);
    expect_dead(&driver, TRUC_E_AGREEMENT_LAPSED);
    assert_true(peer_take(&alpha, COMMAND_FAILED, &failed));
    assert_int_equal(failed.failed.code, -TRUC_E_AGREEMENT_LAPSED);
    assert_int_equal(failed.failed.sequence, sequence);
    assert_true(bytes_equal_string(failed.failed.request_id, "r1"));
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_no_route_names_goes_nowhere),
        cmocka_unit_test(test_an_agreement_that_lapses_while_a_message_waits_stops_it),
        cmocka_unit_test(test_a_withdrawn_agreement_stops_what_waits),
        cmocka_unit_test(test_what_waits_longer_than_its_route_allows_expires),
        cmocka_unit_test(test_a_reply_is_refused_when_its_agreement_has_lapsed),
        cmocka_unit_test(test_a_reply_that_waits_is_stopped_too_and_its_asker_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
