/* test_policy_text.c - what is in force as text, and what a new configuration changes.
 * Not: the report of mistakes (test_policy_mistakes.c).
 * In the flow: `truc route show`, reload. */
#include "policy_fixture.h"

#include "policy_text.h"

#include <stdio.h>
#include <stdlib.h>

static void test_rules_are_shown_with_their_defaults(void **state)
{
    struct policy *policy = fixture_load(*state);
    struct buffer text BUFFER_CLEANUP = {0};
    policy_text_route(policy_route_by_name(policy, bytes_string("online-to-onestop")), &text);
    assert_string_equal(buffer_string(&text), "  title            Hồ sơ trực tuyến về Một cửa\n"
                                              "  from             portal, national-portal\n"
                                              "  type             dossier.submitted\n"
                                              "  match            body.procedure.service: full or partial\n"
                                              "  match            body.agency.code: an agency under H56\n"
                                              "  to               onestop\n"
                                              "  order-by         dossier\n"
                                              "  retry            first 2s, factor 1.50, at most 1m, for 12h\n");
    buffer_clear(&text);
    policy_text_agreement(policy_agreement_by_name(policy, bytes_string("population-verifies")), &text);
    assert_string_equal(buffer_string(&text), "  provider         population\n"
                                              "  consumer         onestop\n"
                                              "  types            citizen.verify\n"
                                              "  purpose          Xác thực công dân\n"
                                              "  basis            mandatory\n"
                                              "  legal-basis      Luật Căn cước 2023\n"
                                              "  requires         officer\n"
                                              "  requires         dossier\n"
                                              "  requires         procedure\n"
                                              "  reply-fields     exists\n"
                                              "  rate             50 in 1s\n"
                                              "  rate per officer 30 in 1m\n"
                                              "  from             2026-01-01\n"
                                              "  until            2026-12-31\n");
    policy_free(policy);
}

/* Loads the fixture as it is now and says what differs from @before. */
static void check_difference(struct policy_fixture *fixture, const struct policy *before, const char *expected,
                             struct policy_difference counts)
{
    struct policy *after = fixture_load(fixture);
    struct buffer text BUFFER_CLEANUP = {0};
    struct policy_difference difference;
    assert_int_equal(policy_text_difference(before, after, &text, &difference), 0);
    assert_string_equal(buffer_string(&text), expected);
    assert_memory_equal(&difference, &counts, sizeof counts);
    policy_free(after);
}

static void test_a_moved_line_is_no_change(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy *before = fixture_load(fixture);
    fixture_put(
        fixture, "routes/population.yaml",
        "# a comment\nroutes:\n\n  - {type: citizen.verify, name: verify-citizen, within: 5s, to: [population], "
        "from: [onestop], retry: {for: 1d}}\n");
    check_difference(fixture, before, "", (struct policy_difference){0, 0, 0});
    policy_free(before);
    fixture_reset(fixture);
}

static void test_changes_are_named_with_their_lines(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy *before = fixture_load(fixture);
    fixture_put(
        fixture, "routes/population.yaml",
        "routes:\n  - {name: verify-citizen, from: onestop, type: citizen.verify, to: population, within: 10s}\n"
        "  - {name: more, from: [portal, national-portal], type: dossier.submitted, to: onestop}\n");
    fixture_put(fixture, "routes/dossiers.yaml", NULL);
    fixture_put(fixture, "systems/portal.yaml",
                "id: portal\ntitle: Cổng dịch vụ công tỉnh\nsuspended: true\ntransport-keys: keys/portal.pub\n"
                "certificates: certs/portal.pem\n");
    fixture_put(fixture, "agreements/new.yaml",
                "agreements:\n  - name: new\n    provider: onestop\n    consumer: portal\n    types: dossier.progress\n"
                "    purpose: Công khai\n    basis: agreement\n    valid: {from: 2026-01-01}\n");
    check_difference(fixture, before,
                     "~ system portal  systems/portal.yaml:1\n"
                     "    - suspended        false\n"
                     "    + suspended        true\n"
                     "- route online-to-onestop  routes/dossiers.yaml:2\n"
                     "- route received-to-portals  routes/dossiers.yaml:11\n"
                     "~ route verify-citizen  routes/population.yaml:2\n"
                     "    - within           5s\n"
                     "    + within           10s\n"
                     "+ route more  routes/population.yaml:3\n"
                     "+ agreement new  agreements/new.yaml:2\n",
                     (struct policy_difference){2, 2, 2});
    policy_free(before);
    fixture_reset(fixture);
}

static void test_a_new_limit_is_a_change_of_the_bus(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy *before = fixture_load(fixture);
    fixture_put(fixture, "bus.yaml",
                "bus: thanhhoa\ntitle: Trục thử nghiệm\nlisten: [\"tcp://127.0.0.1:7400\"]\n"
                "ca: certs/ca.pem\nschemas: truc.descriptors\nlimits: {sessions: 9}\n");
    check_difference(fixture, before, "~ bus\n    - sessions         256\n    + sessions         9\n",
                     (struct policy_difference){0, 0, 1});
    policy_free(before);
    fixture_reset(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_are_shown_with_their_defaults),
        cmocka_unit_test(test_a_moved_line_is_no_change),
        cmocka_unit_test(test_changes_are_named_with_their_lines),
        cmocka_unit_test(test_a_new_limit_is_a_change_of_the_bus),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
