/* test_rates_of_one_hold_up_no_other.c - officers are counted by names that a sender chooses: whoever makes up many fills the
 * table of the agreement at hand, and no other's.
 * Rates themselves are refused by name in test_refusals_are_named_and_journaled.c. */
#include "core_driver.h"
#include "rate.h"

#include <stdio.h>

#define TERMS                                                                                                           \
    "    purpose: Kiểm thử\n    basis: internal-rule\n    valid: {from: 2026-01-01}\n    requires: [officer]\n    " \
    "rate: {per-officer: 1/h}\n"

static const struct driver_config rated = {
    .only_agreements =
        "  - name: alpha-gamma\n    provider: alpha\n    consumer: gamma\n    types: [dossier.progress]\n" TERMS
        "  - name: alpha-beta\n    provider: alpha\n    consumer: beta\n    types: [dossier.received]\n" TERMS,
    .only_routes = "  - name: progress\n    from: alpha\n    type: dossier.progress\n    to: gamma\n"
                   "  - name: received\n    from: alpha\n    type: dossier.received\n    to: beta\n"};

static void make_up_officers(struct peer *alpha, size_t count)
{
    struct test_message messages[PROTOCOL_BUNDLE_MESSAGES_MAX];
    char names[PROTOCOL_BUNDLE_MESSAGES_MAX][16];
    for (size_t made = 0; made < count; made += COUNT_OF(messages)) {
        for (size_t i = 0; i < COUNT_OF(messages); i++) {
            (void)snprintf(names[i], sizeof names[i], "o%zu", made + i);
            messages[i] = peer_message(alpha, names[i], "dossier.progress", "");
            messages[i].header.purpose.officer = bytes_string(names[i]);
        }
        peer_publish(alpha, messages, COUNT_OF(messages), NULL);
        driver_round(alpha->driver);
    }
}

static struct outcome publish_by(struct peer *alpha, const char *type, const char *officer)
{
    struct outcome outcomes[1];
    struct command answered;
    while (peer_take(alpha, COMMAND_OUTCOMES, &answered))
        ; /* those of the officers made up */
    struct test_message message = peer_message(alpha, officer, type, "");
    message.header.purpose.officer = bytes_string(officer);
    uint64_t number = peer_publish(alpha, &message, 1, NULL);
    driver_round(alpha->driver);
    assert_true(peer_outcomes(alpha, number, outcomes, 1));
    return outcomes[0];
}

static void test_officers_made_up_under_one_agreement(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, &rated);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    make_up_officers(&alpha, 100000);
    assert_int_equal(publish_by(&alpha, "dossier.progress", "one more").code, -TRUC_E_RATE);
    assert_int_equal(publish_by(&alpha, "dossier.received", "an honest one").code, 0);
    driver_connect(&driver, GAMMA, 0); /* nor does it keep anybody from connecting */
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_officers_made_up_under_one_agreement)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
