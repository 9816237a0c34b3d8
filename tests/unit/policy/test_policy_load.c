/* test_policy_load.c - a right configuration becomes the policy that it describes, whole, and the same every time.
 * Not: mistakes (test_policy_mistakes.c), decisions (test_policy_route.c).
 * In the flow: loader → policy. */
#include "policy_fixture.h"

#include "certificate.h"
#include "schema.h"
#include "time_text.h"

#include <stdlib.h>

static void test_systems_have_their_keys(void **state)
{
    struct policy *policy = fixture_load(*state);
    assert_int_equal(policy->systems_count, 4);
    const struct policy_system *portal = policy_system_by_id(policy, bytes_string("portal"));
    assert_non_null(portal);
    assert_string_equal(portal->title, "Cổng dịch vụ công tỉnh");
    assert_int_equal(portal->role, POLICY_ROLE_SYSTEM);
    assert_false(portal->suspended);
    uint8_t key[POLICY_TRANSPORT_KEY_BYTES];
    memset(key, 1, sizeof key);
    assert_ptr_equal(policy_system_by_transport_key(policy, key), portal);
    memset(key, 99, sizeof key);
    assert_null(policy_system_by_transport_key(policy, key));
    assert_int_equal(portal->signing_keys_count, 1);
    const struct policy_signing_key *signing = &portal->signing_keys[0];
    assert_ptr_equal(policy_signing_key(portal, signing->key_id), signing);
    assert_null(policy_signing_key(policy_system_by_id(policy, bytes_string("onestop")), signing->key_id));
    assert_memory_equal(signing->key_id, signing->verify_key->id.bytes, POLICY_KEY_ID_BYTES);
    assert_null(policy_system_by_id(policy, bytes_string("nobody")));
    policy_free(policy);
}

static void test_routes_hold_what_is_written(void **state)
{
    struct policy *policy = fixture_load(*state);
    assert_int_equal(policy->routes_count, 3);
    const struct policy_route *route = policy_route_by_name(policy, bytes_string("online-to-onestop"));
    assert_non_null(route);
    assert_int_equal(route->kind, POLICY_KIND_EVENT);
    assert_int_equal(route->from_count, 2);
    assert_int_equal(route->to_count, 1);
    assert_int_equal(route->matches_count, 2);
    assert_int_equal(route->retry.first_ns, 2 * TIME_NS_PER_S);
    assert_int_equal(route->retry.factor_percent, 150);
    assert_int_equal(route->retry.at_most_ns, 60 * TIME_NS_PER_S);
    assert_int_equal(route->retry.for_ns, 12ull * 3600 * TIME_NS_PER_S);
    assert_string_equal(route->place.file, "routes/dossiers.yaml");
    assert_int_equal(route->place.line, 2);
    assert_int_equal(route->place.column, 5);
    route = policy_route_by_name(policy, bytes_string("received-to-portals"));
    assert_int_equal(route->order, POLICY_ORDER_KEY);
    assert_int_equal(route->expire_ns, 30ull * 86400 * TIME_NS_PER_S);
    assert_int_equal(route->retry.first_ns, TIME_NS_PER_S); /* not written: the default */
    route = policy_route_by_name(policy, bytes_string("verify-citizen"));
    assert_int_equal(route->kind, POLICY_KIND_REQUEST);
    assert_int_equal(route->within_ns, 5 * TIME_NS_PER_S);
    policy_free(policy);
}

static void test_agreements_hold_what_is_written(void **state)
{
    struct policy *policy = fixture_load(*state);
    const struct policy_agreement *agreement = policy_agreement_by_name(policy, bytes_string("population-verifies"));
    assert_non_null(agreement);
    assert_string_equal(agreement->provider->id, "population");
    assert_string_equal(agreement->consumer->id, "onestop");
    assert_int_equal(agreement->basis, POLICY_BASIS_MANDATORY);
    assert_int_equal(agreement->requires,
                     POLICY_REQUIRES_OFFICER | POLICY_REQUIRES_DOSSIER | POLICY_REQUIRES_PROCEDURE);
    assert_int_equal(agreement->rate_total.count, 50);
    assert_int_equal(agreement->rate_total.span_ns, TIME_NS_PER_S);
    assert_int_equal(agreement->rate_per_officer.count, 30);
    assert_int_equal(agreement->rate_per_officer.span_ns, 60 * TIME_NS_PER_S);
    assert_int_equal(agreement->reply_fields_count, 1);
    assert_int_equal(agreement->valid_from_ns, fixture_time("2026-01-01T00:00:00+07:00"));
    assert_int_equal(agreement->valid_until_ns, fixture_time("2027-01-01T00:00:00+07:00"));
    agreement = policy_agreement_by_name(policy, bytes_string("portal-to-onestop"));
    assert_true(agreement->valid_until_ns == POLICY_NEVER);
    assert_int_equal(agreement->rate_total.count, 0);
    policy_free(policy);
}

static void test_limits_have_defaults_and_can_be_set(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy *policy = fixture_load(fixture);
    assert_int_equal(policy->limits.message_bytes_max, 1024 * 1024);
    assert_int_equal(policy->limits.bundle_messages_max, 256);
    assert_int_equal(policy->limits.dedupe_window_ns, 30ull * 86400 * TIME_NS_PER_S);
    policy_free(policy);
    fixture_put(fixture, "bus.yaml",
                "bus: thanhhoa\ntitle: Trục\nlisten: [\"tcp://10.0.0.1:7400\", \"tcp://*:7401\"]\nca: certs/ca.pem\n"
                "schemas: s.bin\nlimits: {message-bytes: 2MiB, dedupe-window: 90d, requests-open: 7}\n");
    policy = fixture_load(fixture);
    assert_int_equal(policy->limits.message_bytes_max, 2 * 1024 * 1024);
    assert_int_equal(policy->limits.dedupe_window_ns, 90ull * 86400 * TIME_NS_PER_S);
    assert_int_equal(policy->limits.requests_open_max, 7);
    assert_int_equal(policy->limits.sessions_max, 256);
    assert_int_equal(policy->listen_count, 2);
    assert_string_equal(policy->listen[1], "tcp://*:7401");
    policy_free(policy);
    fixture_reset(fixture);
}

static void test_hash_covers_names_and_contents(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy *policy = fixture_load(fixture);
    struct sha256_digest first = policy->hash;
    policy_free(policy);
    struct policy_file swapped = fixture->files[0]; /* the order files are found in does not matter */
    fixture->files[0] = fixture->files[3];
    fixture->files[3] = swapped;
    policy = fixture_load(fixture);
    assert_true(sha256_equal(&first, &policy->hash));
    policy_free(policy);
    fixture_put(fixture, "routes/more.yaml", "routes: []\n");
    policy = fixture_load(fixture);
    assert_false(sha256_equal(&first, &policy->hash));
    policy_free(policy);
    fixture_reset(fixture);
    const struct policy_file one[] = {{"a", bytes_string("bc")}}, other[] = {{"ab", bytes_string("c")}};
    struct sha256_digest a = policy_hash_files(one, 1), b = policy_hash_files(other, 1);
    assert_false(sha256_equal(&a, &b));
}

static void test_a_policy_can_be_loaded_from_its_own_files(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy *first = fixture_load(fixture);
    struct policy_report report = {0};
    struct policy *again = NULL;
    assert_int_equal(policy_load_files(first->files, first->files_count, &fixture->options, &again, &report), 0);
    assert_true(sha256_equal(&first->hash, &again->hash));
    policy_report_free(&report);
    policy_free(first);
    policy_free(again);
}

static void test_signing_keys_end_and_are_revoked(void **state)
{
    struct policy_fixture *fixture = *state;
    fixture_put(fixture, "systems/portal.yaml",
                "id: portal\ntitle: Cổng\ntransport-keys: keys/portal.pub\ncertificates:\n"
                "  - {file: certs/portal.pem, revoked: 2026-06-01T12:00:00+07:00}\n  - certs/new.pem\n");
    fixture_put_certificate(fixture, "certs/new.pem", "thanhhoa", "portal", 77, fixture_time("2026-05-01T00:00:00Z"));
    struct policy *policy = fixture_load(fixture);
    const struct policy_system *portal = policy_system_by_id(policy, bytes_string("portal"));
    assert_int_equal(portal->signing_keys_count, 2);
    const struct policy_signing_key *old = &portal->signing_keys[0], *present = &portal->signing_keys[1];
    struct truc_fault fault = {0};
    assert_int_equal(policy_signing_key_check(old, fixture_time("2026-06-01T04:59:59Z"), &fault), 0);
    assert_int_equal(policy_signing_key_check(old, fixture_time("2026-06-01T05:00:00Z"), &fault), TRUC_E_SIGNING_KEY);
    assert_non_null(strstr(fault.text, "revoked since 2026-06-01 12:00:00"));
    assert_int_equal(policy_signing_key_check(present, fixture_time("2026-04-30T23:59:59Z"), &fault),
                     TRUC_E_SIGNING_KEY);
    assert_int_equal(policy_signing_key_check(present, present->not_after_ns, &fault), 0);
    assert_int_equal(policy_signing_key_check(present, present->not_after_ns + TIME_NS_PER_S, &fault),
                     TRUC_E_SIGNING_KEY);
    policy_free(policy);
    fixture_reset(fixture);
}

static void test_an_unreadable_schema_file_is_a_mistake(void **state)
{
    struct policy_fixture *fixture = *state;
    fixture->options.schemas = NULL;
    fixture_put(fixture, "truc.descriptors", "not a descriptor set");
    int result;
    char *report = fixture_report(fixture, &result);
    assert_int_equal(result, TRUC_E_CONFIG);
    assert_non_null(strstr(report, "config/bus.yaml:5:10: error: "));
    free(report);
    fixture_reset(fixture);
}

/* config/ of the project: only its keys are missing, which `truc init` makes. */
static void test_the_example_configuration_is_right(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy_load_options options = fixture->options;
    options.allow_missing_keys = true;
    struct policy_report report = {0};
    struct policy *policy = NULL;
    int error = policy_load_directory(TRUC_EXAMPLE_CONFIG, &options, &policy, &report);
    for (uint32_t i = 0; i < report.problems_count; i++)
        print_error("%s:%u: %s\n", report.problems[i]->file, report.problems[i]->line, report.problems[i]->text);
    assert_int_equal(error, 0);
    assert_int_equal(report.problems_count, 0);
    assert_int_equal(policy->systems_count, 6);
    assert_int_equal(policy_system_by_id(policy, bytes_string("operator"))->role, POLICY_ROLE_OPERATOR);
    policy_report_free(&report);
    policy_free(policy);
}

static void test_a_missing_directory_is_said(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy_report report = {0};
    struct policy *policy = NULL;
    assert_int_equal(policy_load_directory("/nonexistent/config", &fixture->options, &policy, &report), TRUC_E_CONFIG);
    assert_null(policy);
    assert_string_equal(report.problems[0]->file, "bus.yaml");
    assert_string_equal(report.problems[0]->text, "there is no file bus.yaml");
    policy_report_free(&report);
}

/* Rules grow stricter; what was in force must be read again all the same, or old decisions could not be judged. */
static void test_a_configuration_that_was_in_force_is_read_whatever_todays_rules_say(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy_report report = {0};
    struct policy *policy = NULL;
    fixture_put(fixture, "routes/dossiers.yaml",
                "routes:\n  - {name: dead, from: portal, type: dossier.submitted, to: population, "
                "match: {body.payable_online: {not: [true, false]}}}\n");
    assert_int_equal(policy_load_files(fixture->files, fixture->files_count, &fixture->options, &policy, &report),
                     TRUC_E_CONFIG);
    policy_report_free(&report);
    fixture->options.was_in_force = true;
    policy = fixture_load(fixture);
    assert_non_null(policy_route_by_name(policy, bytes_string("dead")));
    policy_free(policy);
    fixture_reset(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_systems_have_their_keys),
        cmocka_unit_test(test_routes_hold_what_is_written),
        cmocka_unit_test(test_agreements_hold_what_is_written),
        cmocka_unit_test(test_limits_have_defaults_and_can_be_set),
        cmocka_unit_test(test_hash_covers_names_and_contents),
        cmocka_unit_test(test_a_policy_can_be_loaded_from_its_own_files),
        cmocka_unit_test(test_signing_keys_end_and_are_revoked),
        cmocka_unit_test(test_an_unreadable_schema_file_is_a_mistake),
        cmocka_unit_test(test_the_example_configuration_is_right),
        cmocka_unit_test(test_a_missing_directory_is_said),
        cmocka_unit_test(test_a_configuration_that_was_in_force_is_read_whatever_todays_rules_say),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
