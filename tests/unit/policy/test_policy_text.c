/* test_policy_text.c - what is in force as text, and what a new configuration changes.
 * Not: the report of mistakes (test_policy_mistakes.c).
 * In the flow: `truc config diff`. */
#include "policy_fixture.h"

#include "policy_difference.h"
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

/* "~ route verify-citizen within: 5s > 10s @ routes/population.yaml:2" */
static int write_change(void *context, const struct policy_change *change)
{
    buffer_printf(context, "%c %s%s%s", "+-~"[change->kind], change -> what, change -> name[0] ? " " : "",
                  change->name);
    if (change->key.size > 0)
        buffer_printf(context, " %.*s", BYTES_PRINTF(change->key));
    buffer_printf(context, ": %.*s > %.*s", BYTES_PRINTF(change->before), BYTES_PRINTF(change->after));
    if (change->place != NULL)
        buffer_printf(context, " @ %s:%u", change->place->file, change->place->line);
    buffer_printf(context, "%s\n", change->needs_restart ? " (restart)" : "");
    return 0;
}

/* Loads the fixture as it is now and says what differs from @before. */
static void check_difference(struct policy_fixture *fixture, const struct policy *before, const char *expected)
{
    struct policy *after = fixture_load(fixture);
    struct buffer text BUFFER_CLEANUP = {0};
    assert_int_equal(policy_differ(before, after, write_change, &text), 0);
    assert_string_equal(text.size > 0 ? buffer_string(&text) : "", expected);
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
    check_difference(fixture, before, "");
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
                     "~ system portal suspended: false > true @ systems/portal.yaml:1\n"
                     "- route online-to-onestop: dossier.submitted: portal, national-portal → onestop >  @ "
                     "routes/dossiers.yaml:2\n"
                     "- route received-to-portals: dossier.received: onestop → portal, national-portal >  @ "
                     "routes/dossiers.yaml:11\n"
                     "~ route verify-citizen within: 5s > 10s @ routes/population.yaml:2\n"
                     "+ route more:  > dossier.submitted: portal, national-portal → onestop @ "
                     "routes/population.yaml:3\n"
                     "+ agreement new:  > onestop → portal: dossier.progress @ agreements/new.yaml:2\n");
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
    check_difference(fixture, before, "~ bus sessions: 256 > 9\n");
    policy_free(before);
    fixture_reset(fixture);
}

static void test_another_address_needs_a_restart(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy *before = fixture_load(fixture);
    fixture_put(fixture, "bus.yaml",
                "bus: thanhhoa\ntitle: Trục thử nghiệm\nlisten: [\"tcp://127.0.0.1:7400\", \"tcp://127.0.0.1:7401\"]\n"
                "ca: certs/ca.pem\nschemas: truc.descriptors\n");
    check_difference(fixture, before,
                     "~ bus listen: tcp://127.0.0.1:7400 > tcp://127.0.0.1:7400, tcp://127.0.0.1:7401 (restart)\n");
    policy_free(before);
    fixture_reset(fixture);
}

/* A line of a key that has several is compared with the line in its place; one that is alone comes or goes. */
static void test_keys_with_several_lines_are_paired(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy *before = fixture_load(fixture);
    fixture_put(
        fixture, "routes/dossiers.yaml",
        "routes:\n  - {name: online-to-onestop, title: Hồ sơ trực tuyến về Một cửa, type: dossier.submitted,\n"
        "     from: [portal, national-portal], to: onestop,\n"
        "     match: {body.procedure.service: full, body.agency.code: {agency-under: H56}, header.historical: "
        "false},\n     retry: {first: 2s, factor: 1.5, at-most: 1m, for: 12h}}\n"
        "  - {name: received-to-portals, from: onestop, type: dossier.received, to: [portal, national-portal],\n"
        "     order-by: ordering-key}\n");
    check_difference(fixture, before,
                     "~ route online-to-onestop match: body.procedure.service: full or partial > "
                     "body.procedure.service: full @ routes/dossiers.yaml:2\n"
                     "~ route online-to-onestop match:  > header.historical: false @ routes/dossiers.yaml:2\n"
                     "~ route received-to-portals expire: 30d >  @ routes/dossiers.yaml:6\n");
    policy_free(before);
    fixture_reset(fixture);
}

/* The new value of a person's data is not told; that it is another is. */
static void test_a_personal_condition_changes_without_being_shown(void **state)
{
    static const char *const names[] = {"An", "Bình"};
    struct policy_fixture *fixture = *state;
    struct policy *policies[2];
    static char yaml[256];
    for (size_t i = 0; i < 2; i++) {
        snprintf(yaml, sizeof yaml,
                 "routes:\n  - {name: r, from: onestop, type: dossier.received, to: portal, match: "
                 "{body.received_by.name: %s}}\n",
                 names[i]);
        fixture_put(fixture, "routes/dossiers.yaml", yaml);
        policies[i] = fixture_load(fixture);
    }
    struct buffer text BUFFER_CLEANUP = {0};
    assert_int_equal(policy_differ(policies[0], policies[1], write_change, &text), 0);
    assert_non_null(strstr(buffer_string(&text), "~ route r match: body.received_by.name: another value (#"));
    assert_null(strstr(buffer_string(&text), "Bình"));
    policy_free(policies[0]);
    policy_free(policies[1]);
    fixture_reset(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_are_shown_with_their_defaults),
        cmocka_unit_test(test_a_moved_line_is_no_change),
        cmocka_unit_test(test_changes_are_named_with_their_lines),
        cmocka_unit_test(test_a_new_limit_is_a_change_of_the_bus),
        cmocka_unit_test(test_another_address_needs_a_restart),
        cmocka_unit_test(test_keys_with_several_lines_are_paired),
        cmocka_unit_test(test_a_personal_condition_changes_without_being_shown),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
