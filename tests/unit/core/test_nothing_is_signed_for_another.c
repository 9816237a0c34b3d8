/* test_nothing_is_signed_for_another.c - a signature counts for its bus, its kind of statement, its system and its deliveries alone.
 * A receipt is taken whole or not at all, and what is refused leaves no receipt in the journal.
 * Doubtful forms of signatures are refused in tests/unit/crypto. */
#include "core_driver.h"

static void test_a_bundle_counts_on_its_bus_and_as_a_bundle(void **state)
{
    static const struct publish_twist twists[] = {{.bus = "another"}, {.as_receipt = true}, {.bad_signature = true}};
    struct driver driver;
    struct outcome outcome;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "A");
    for (size_t i = 0; i < COUNT_OF(twists); i++) {
        uint64_t number = peer_publish(&alpha, &message, 1, &twists[i]);
        driver_round(&driver);
        assert_true(peer_outcomes(&alpha, number, &outcome, 1));
        assert_int_equal(outcome.code, -TRUC_E_SIGNATURE);
    }
    assert_int_equal(driver_record_count(&driver, RECORD_ACCEPTED), 0);
    assert_int_equal(peer_publish_one(&alpha, &message).code, 0);
    driver_close(&driver);
}

struct attempt {
    struct settlement settlements[2];
    size_t count;
    bool bad_signature;
    int code;
};

/* A receiver's new session: it gets `id`, tries this with it, and is sent away. */
static void try(struct driver *driver, enum driver_system who, const char *id, struct attempt *attempt, bool own)
{
    struct peer peer = driver_connect(driver, who, DRIVER_CREDIT_BYTES);
    struct taken taken = peer_expect_one(&peer, id);
    for (size_t i = 0; own && i < attempt->count; i++)
        attempt->settlements[i] = taken_settlement(&taken, SETTLED_DONE);
    peer_settle(&peer, attempt->settlements, attempt->count, attempt->bad_signature);
    peer_expect_error(&peer, attempt->code);
}

static void test_a_receipt_counts_for_what_is_out_to_its_signer(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_accepted(&alpha, "m1", "A");
    struct taken first = peer_expect_one(&beta, "m1");
    peer_settle_one(&beta, &first, SETTLED_DONE);
    peer_accepted(&alpha, "m2", "A");
    struct taken of_beta = peer_expect_one(&beta, "m2");
    struct attempt badly = {.count = 1, .bad_signature = true, .code = TRUC_E_SIGNATURE},
                   twice = {.count = 2, .code = TRUC_E_PROTOCOL},
                   again = {.count = 1,
                            .settlements = {taken_settlement(&first, SETTLED_DONE)},
                            .code = TRUC_E_PROTOCOL},
                   other = {
                       .count = 1, .settlements = {taken_settlement(&of_beta, SETTLED_DONE)}, .code = TRUC_E_PROTOCOL};
    other.settlements[0].message_leaf = first.message.header; /* the right position with another message's hash */
    try(&driver, BETA, "m2", &badly, true);
    try(&driver, BETA, "m2", &twice, true);
    try(&driver, BETA, "m2", &again, false);
    try(&driver, BETA, "m2", &other, false);
    struct attempt for_beta = {
        .count = 1, .settlements = {taken_settlement(&of_beta, SETTLED_DONE)}, .code = TRUC_E_PROTOCOL};
    struct peer delta = driver_connect(&driver, DELTA, DRIVER_CREDIT_BYTES); /* nothing is out to it at all */
    peer_settle(&delta, for_beta.settlements, 1, false);
    peer_expect_error(&delta, TRUC_E_PROTOCOL);
    assert_int_equal(driver_record_count(&driver, RECORD_SETTLED), 1);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bundle_counts_on_its_bus_and_as_a_bundle),
        cmocka_unit_test(test_a_receipt_counts_for_what_is_out_to_its_signer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
