/* test_cli_system.c - system list and system show say who is on the bus, with which keys, routes and agreements.
 * Over the example configuration with the keys `truc init` made, and without any.
 * Whether a key or an agreement holds is the policy's decision and tested there; here it is that it is told. */
#include "cli_bench.h"

#include <string.h>

#define CONFIG "--config", TRUC_EXAMPLE_CONFIG, "--schemas", TRUC_DESCRIPTORS

static json_t *system_of(json_t *document, const char *id)
{
    size_t i;
    json_t *system;
    json_array_foreach(json_object_get(document, "systems"), i, system)
        if (strcmp(json_string_value(json_object_get(system, "system")), id) == 0)
            return system;
    fail_msg("%s is not listed", id);
    return NULL;
}

static void test_list_says_role_state_and_keys_of_everyone(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    cli_bench_replace(bench, "bus/config/systems/portal.yaml", "id: portal", "suspended: true\nid: portal");
    assert_int_equal(RUN(bench, "system", "list", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "SIGNS UNTIL");
    cli_bench_expect(bench->out, "suspended");
    assert_null(strstr(bench->out, "can't sign"));
    assert_int_equal(RUN(bench, "system", "list", "--state", bus, "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench), *portal = system_of(document, "portal");
    assert_int_equal(json_array_size(json_object_get(document, "systems")), 5);
    assert_true(json_is_true(json_object_get(portal, "suspended")));
    assert_true(json_is_false(json_object_get(system_of(document, "onestop"), "suspended")));
    assert_string_equal(json_string_value(json_object_get(system_of(document, "operator"), "role")), "operator");
    json_t *key = json_array_get(json_object_get(portal, "signing_keys"), 0);
    assert_string_equal(json_string_value(json_object_get(key, "algorithm")), "Ed25519");
    assert_true(json_is_true(json_object_get(key, "may_sign")));
    json_decref(document);
}

static void test_without_keys_it_says_who_cannot_sign(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "system", "list", CONFIG), CLI_OK);
    cli_bench_expect(bench->out, "can't sign");
    assert_int_equal(RUN(bench, "system", "show", "portal", CONFIG), CLI_OK);
    cli_bench_expect(bench->out, "none: it can't sign (truc issue makes one)");
    cli_bench_expect(bench->out, "0: it can't connect (truc issue makes one)");
}

static void test_show_tells_keys_routes_and_agreements(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "system", "show", "onestop", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "declared at     systems/onestop.yaml:2\n");
    cli_bench_expect(bench->out, ": may sign\n");
    cli_bench_expect(bench->out, "  sends           citizen.verify by verify-citizen, to population\n");
    cli_bench_expect(bench->out, "  receives        dossier.submitted by online-dossier-to-onestop, from ");
    cli_bench_expect(bench->out, "  agreement       ");
    assert_int_equal(RUN(bench, "system", "show", "population", "--state", bus, "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench);
    assert_string_equal(json_string_value(json_array_get(json_object_get(document, "receives"), 0)), "verify-citizen");
    assert_int_equal(json_array_size(json_object_get(document, "sends")), 0);
    json_t *agreement = json_array_get(json_object_get(document, "agreements"), 0);
    assert_string_equal(json_string_value(json_object_get(agreement, "provider")), "population");
    assert_true(json_is_true(json_object_get(agreement, "in_force")));
    json_decref(document);
}

static void test_show_says_why_a_key_or_an_agreement_does_not_hold(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    cli_bench_replace(bench, "bus/config/systems/portal.yaml", "certificates: [certs/portal.pem]",
                      "certificates: [{file: certs/portal.pem, revoked: \"2026-01-01T00:00:00+07:00\"}]");
    cli_bench_replace(bench, "bus/config/agreements/population.yaml", "until: 2028-12-31", "until: 2026-01-31");
    assert_int_equal(RUN(bench, "system", "show", "portal", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "the signing key is revoked since 2026-01-01");
    assert_int_equal(RUN(bench, "system", "list", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "can't sign");
    assert_int_equal(RUN(bench, "system", "show", "population", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "ended on 2026-01-31");
}

static void test_an_unknown_system_is_named(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "system", "show", "nobody", CONFIG), CLI_NOT_SO);
    cli_bench_expect(bench->err, "there is no system 'nobody'");
    cli_bench_expect(bench->err, "truc system list");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_bench_setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_list_says_role_state_and_keys_of_everyone),
        TEST(test_without_keys_it_says_who_cannot_sign),
        TEST(test_show_tells_keys_routes_and_agreements),
        TEST(test_show_says_why_a_key_or_an_agreement_does_not_hold),
        TEST(test_an_unknown_system_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
