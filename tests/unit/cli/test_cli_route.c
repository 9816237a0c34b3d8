/* test_cli_route.c - route list, route explain and schema show say what the configuration says, and why.
 * Over the example configuration, without keys and without a broker.
 * What the decision is belongs to the policy's tests; here it is how it is asked for and told. */
#include "cli_bench.h"

#include <string.h>

#define CONFIG "--config", TRUC_EXAMPLE_CONFIG, "--schemas", TRUC_DESCRIPTORS

static void test_list_shows_every_route_and_selects(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "route", "list", CONFIG), CLI_OK);
    cli_bench_expect(bench->out, "online-dossier-to-onestop");
    cli_bench_expect(bench->out, "routes/population.yaml:");
    assert_int_equal(RUN(bench, "route", "list", "--to", "population", CONFIG, "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench), *routes = json_object_get(document, "routes");
    assert_int_equal(json_array_size(routes), 1);
    json_t *route = json_array_get(routes, 0);
    assert_string_equal(json_string_value(json_object_get(route, "name")), "verify-citizen");
    assert_string_equal(json_string_value(json_object_get(route, "kind")), "request");
    assert_int_equal(json_integer_value(json_object_get(route, "within_ms")), 5000);
    json_decref(document);
    assert_int_equal(RUN(bench, "route", "list", "--from", "nobody", CONFIG), CLI_OK);
    assert_string_equal(bench->out, "no route is so; truc route list shows all\n");
}

static void test_explain_tells_why_no_route_matches(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "route", "explain", "--from", "portal", "--type", "dossier.submitted", "--field",
                         "procedure.service=none", "--field", "body.agency.code=H56.14", CONFIG),
                     CLI_NOT_SO);
    assert_string_equal(
        bench->out,
        "  authenticated  as portal\n"
        "  schema         dossier.submitted v1, valid\n"
        "  route          none matches\n"
        "    online-dossier-to-onestop           body.procedure.service is 'none', the route asks for full or partial\n"
        "  outcome        refused: NO_ROUTE\n");
}

static void test_explain_tells_route_and_agreement(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "route", "explain", "--from", "portal", "--type", "dossier.submitted", "--field",
                         "procedure.service=full", "--field", "agency.code=000.00.06.H56", CONFIG),
                     CLI_OK);
    cli_bench_expect(bench->out, "  authenticated  as portal\n"
                                 "  schema         dossier.submitted v1, valid\n"
                                 "  route          online-dossier-to-onestop (routes/dossiers.yaml:");
    cli_bench_expect(bench->out, "  agreement      portal-gives-dossiers-to-onestop, until 2028-12-31, for onestop\n"
                                 "  outcome        accepted, to onestop\n");
}

static void test_explain_looks_at_the_time_it_is_given(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "route", "explain", "--from", "portal", "--type", "dossier.submitted", "--field",
                         "procedure.service=full", "--field", "agency.code=H56", "--at", "2029-01-01", CONFIG),
                     CLI_NOT_SO);
    cli_bench_expect(bench->out, "refused: AGREEMENT_LAPSED");
    cli_bench_expect(bench->out, "  agreement      none serves\n    portal-gives-dossiers-to-onestop");
}

static void test_explain_takes_header_fields(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "route", "explain", "--from", "onestop", "--type", "citizen.verify", CONFIG),
                     CLI_NOT_SO);
    cli_bench_expect(bench->out, "refused: PURPOSE");
    assert_int_equal(RUN(bench, "route", "explain", "--from", "onestop", "--type", "citizen.verify", "--header",
                         "purpose.officer=CB01", "--header", "purpose.dossier=H56.14-261123-0042", "--header",
                         "purpose.procedure=1.005129", CONFIG, "--output", "json"),
                     CLI_OK);
    json_t *document = cli_bench_json(bench), *delivery = json_array_get(json_object_get(document, "deliveries"), 0);
    assert_string_equal(json_string_value(json_object_get(document, "outcome")), "ACCEPTED");
    assert_string_equal(json_string_value(json_object_get(delivery, "to")), "population");
    assert_string_equal(json_string_value(json_object_get(delivery, "agreement")), "population-verifies-for-onestop");
    json_decref(document);
}

static void test_explain_answers_mistakes_with_the_right_word(void **state)
{
    static const struct {
        const char *arguments[4];
        const char *text;
    } rows[] = {
        {{"--from", "potral", "--type", "dossier.submitted"}, "did you mean 'portal'?"},
        {{"--from", "portal", "--type", "dossier.submited"}, "did you mean 'dossier.submitted'?"},
        {{"--from", "portal", "--output", "text"}, "add --type TYPE"},
        {{"--type", "dossier.submitted", "--output", "text"}, "add --from SYSTEM"},
    };
    static const struct {
        const char *option, *value, *text;
    } values[] = {
        {"--field", "procedure.servise=full", "did you mean 'service'"},
        {"--field", "procedure.service=ful", "one of: unspecified, none, partial, full"},
        {"--field", "procedure", "NAME=VALUE is needed"},
        {"--header", "urgenci=1", "did you mean urgency?"},
        {"--header", "urgency=9", "normal, urgent, very-urgent or express"},
        {"--header", "historical=maybe", "true or false"},
    };
    struct cli_bench *bench = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *const *given = rows[i].arguments;
        assert_int_equal(RUN(bench, "route", "explain", given[0], given[1], given[2], given[3], CONFIG), CLI_WRONG_USE);
        cli_bench_expect(bench->err, rows[i].text);
    }
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        assert_int_equal(RUN(bench, "route", "explain", "--from", "portal", "--type", "dossier.submitted",
                             values[i].option, values[i].value, CONFIG),
                         CLI_WRONG_USE);
        cli_bench_expect(bench->err, values[i].text);
    }
}

static void test_explain_fills_lists_truths_and_instants(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "route", "explain", "--from", "portal", "--type", "dossier.submitted", "--field",
                         "procedure.service=full", "--field", "agency.code=H56", "--field",
                         "applicant.verified_by_vneid=true", "--field", "submitted_at=2026-11-23T14:03:07+07:00",
                         "--field", "documents.id=1", CONFIG),
                     CLI_OK);
    assert_int_equal(RUN(bench, "route", "explain", "--from", "portal", "--type", "dossier.submitted", "--field",
                         "applicant.verified_by_vneid=yes", CONFIG),
                     CLI_WRONG_USE);
    assert_int_equal(RUN(bench, "route", "explain", "--from", "portal", "--type", "dossier.submitted", "--field",
                         "code=1", "--field", "code=2", CONFIG),
                     CLI_WRONG_USE);
    cli_bench_expect(bench->err, "field 'code' is given twice");
}

static void test_observers_are_listed_and_explained_apart_from_destinations(void **state)
{
    static const char agreement[] = "agreements:\n  - {name: watch, provider: portal, consumer: national-portal, "
                                    "types: dossier.submitted, observes: true, purpose: x, basis: agreement, "
                                    "requires: [officer], valid: {from: 2026-01-01}}\n";
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    cli_bench_write(cli_bench_path(bench, "bus/config/agreements/watch.yaml"), agreement, strlen(agreement));
    cli_bench_replace(bench, "bus/config/routes/dossiers.yaml", "from: [portal, national-portal]",
                      "observe: national-portal\n    from: portal");
    assert_int_equal(
        RUN(bench, "route", "list", "--to", "national-portal", "--type", "dossier.submitted", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "OBSERVED BY");
    cli_bench_expect(bench->out, "online-dossier-to-onestop");
    assert_int_equal(RUN(bench, "route", "explain", "--from", "portal", "--type", "dossier.submitted", "--field",
                         "procedure.service=full", "--field", "agency.code=H56", "--header", "purpose.officer=CB01",
                         "--state", bus),
                     CLI_OK);
    cli_bench_expect(bench->out, "  outcome        accepted, to onestop, observed by national-portal\n");
    assert_int_equal(RUN(bench, "route", "explain", "--from", "portal", "--type", "dossier.submitted", "--field",
                         "procedure.service=full", "--field", "agency.code=H56", "--state", bus),
                     CLI_OK);
    cli_bench_expect(bench->out, "accepted, to onestop, observed by national-portal (misses it: PURPOSE)\n");
}

static void test_schemas_are_shown(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "schema", "show", "--schemas", TRUC_DESCRIPTORS), CLI_OK);
    cli_bench_expect(bench->out, "citizen.verify");
    assert_int_equal(RUN(bench, "schema", "show", "citizen.verify", "--schemas", TRUC_DESCRIPTORS), CLI_OK);
    cli_bench_expect(bench->out, "Số định danh [identity number]");
    assert_int_equal(RUN(bench, "schema", "show", "citizen.verify", "--schemas", TRUC_DESCRIPTORS, "--output", "json"),
                     CLI_OK);
    json_t *document = cli_bench_json(bench), *field = json_array_get(json_object_get(document, "fields"), 0);
    assert_true(json_is_true(json_object_get(field, "identity")));
    json_decref(document);
    assert_int_equal(RUN(bench, "schema", "show", "citizen.verify", "--schemas", TRUC_DESCRIPTORS, "--lang", "vi"),
                     CLI_OK);
    cli_bench_expect(bench->out, "có dữ liệu cá nhân");
    assert_int_equal(RUN(bench, "schema", "show", "citizen.verfy", "--schemas", TRUC_DESCRIPTORS), CLI_NOT_SO);
    cli_bench_expect(bench->err, "did you mean 'citizen.verify'?");
}

static void test_schemas_that_came_with_the_program_need_no_option(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "schema", "show", "citizen.verify"), CLI_OK);
    cli_bench_expect(bench->out, "Số định danh [identity number]");
    assert_int_equal(RUN(bench, "schema", "show", "--state", "/nowhere"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "--schemas");
}

static void test_without_a_configuration_it_says_where_it_looked(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "route", "list", "--state", "/nowhere"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "there is no configuration '/nowhere/config'");
    cli_bench_expect(bench->err, "--state");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_bench_setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_list_shows_every_route_and_selects),
        TEST(test_explain_tells_why_no_route_matches),
        TEST(test_explain_tells_route_and_agreement),
        TEST(test_explain_looks_at_the_time_it_is_given),
        TEST(test_explain_takes_header_fields),
        TEST(test_explain_answers_mistakes_with_the_right_word),
        TEST(test_explain_fills_lists_truths_and_instants),
        TEST(test_observers_are_listed_and_explained_apart_from_destinations),
        TEST(test_schemas_are_shown),
        TEST(test_schemas_that_came_with_the_program_need_no_option),
        TEST(test_without_a_configuration_it_says_where_it_looked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
