/* test_policy_match.c - each kind of predicate, over every kind of field, and agency codes in both forms.
 * Not: whole decisions (test_policy_route.c).
 * In the flow: policy_route asks these. */
#include "policy_fixture.h"

#include "policy_match.h"
#include "schema.h"

#include <stdio.h>
#include <stdlib.h>

static void test_agencies_are_under_their_parents_in_both_forms(void **state)
{
    static const struct {
        const char *code, *under;
        bool is;
    } cases[] = {
        {"H56", "H56", true},
        {"H56.14", "H56", true},
        {"H56.14.2", "H56.14", true},
        {"000.00.00.H56", "H56", true},
        {"000.00.06.H56", "H56", true},
        {"012.03.06.H56", "000.00.06.H56", true},
        {"000.00.06.H56", "000.00.00.H56", true},
        {"H56.14", "000.00.00.H56", true},
        {"H56", "000.00.00.H56", true},
        {"H56.06", "000.00.06.H56", false}, /* numbers of the two forms differ: only a directory knows */
        {"000.00.14.H56", "H56.14", false},
        {"000.00.16.H56", "000.00.06.H56", false},
        {"000.00.106.H56", "000.00.06.H56", false},
        {"H560", "H56", false},
        {"H560.1", "H56", false},
        {"000.00.06.XH56", "H56", false},
        {"H15.14", "H56", false},
        {"H56", "H56.14", false},
        {"H56.1", "H56.14", false},
        {"", "H56", false},
        {"H56", "", false},
        {".H56", "H56", false},
        {"000", "H56", false},
        {"000.", "H56", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (policy_agency_is_under(bytes_string(cases[i].code), bytes_string(cases[i].under)) == cases[i].is)
            continue;
        print_error("%s under %s\n", cases[i].code, cases[i].under);
        fail();
    }
}

/* One predicate and a message: whether it holds, or what is found instead. */
struct match_case {
    const char *type, *match, *json;
    const char *found; /* NULL: it holds */
};

static const struct policy_header_view header = {
    .source = {(const uint8_t *)"onestop/desk-2", 14},
    .subject = {(const uint8_t *)"H56.14-261123-0042", 18},
    .purpose_procedure = {(const uint8_t *)"2.002622.H56", 12},
    .urgency = 2,
    .historical = true,
};

static const struct match_case match_cases[] = {
    /* enums: by word, name or number; what is absent is the first value */
    {"dossier.received", "body.procedure.service: full", "{\"procedure\":{\"service\":\"SERVICE_FULL\"}}", NULL},
    {"dossier.received", "body.procedure.service: SERVICE_FULL", "{\"procedure\":{\"service\":\"SERVICE_FULL\"}}",
     NULL},
    {"dossier.received", "body.procedure.service: [none, partial]", "{\"procedure\":{\"service\":\"SERVICE_FULL\"}}",
     "is 'full'"},
    {"dossier.received", "body.procedure.service: unspecified", "{}", NULL},
    {"dossier.received", "body.procedure.service: full", "{}", "is 'unspecified'"},
    /* texts */
    {"dossier.received", "body.code: A-1", "{\"code\":\"A-1\"}", NULL},
    {"dossier.received", "body.code: A-1", "{\"code\":\"A-12\"}", "is 'A-12'"},
    {"dossier.received", "body.code: A-1", "{}", "is not given"},
    {"dossier.received", "body.agency.name: Sở Tư pháp", "{\"agency\":{\"name\":\"Sở Tư pháp\"}}", NULL},
    /* truth and numbers */
    {"dossier.received", "body.has_digitised_parts: true", "{\"has_digitised_parts\":true}", NULL},
    {"dossier.received", "body.has_digitised_parts: true", "{}", "is false"},
    {"dossier.received", "body.has_digitised_parts: false", "{}", NULL},
    {"dossier.received", "body.procedure.service_level: [3, 4]", "{\"procedure\":{\"service_level\":4}}", NULL},
    {"dossier.received", "body.procedure.service_level: [3, 4]", "{\"procedure\":{\"service_level\":2}}", "is 2"},
    {"dossier.received", "body.due_at: 18446744073709551615", "{\"due_at\":\"18446744073709551615\"}", NULL},
    /* any value of a list */
    {"dossier.received", "body.documents.file.media_type: application/pdf",
     "{\"documents\":[{\"file\":{\"media_type\":\"text/plain\"}},{\"file\":{\"media_type\":\"application/pdf\"}}]}",
     NULL},
    {"dossier.received", "body.documents.file.media_type: image/png",
     "{\"documents\":[{\"file\":{\"media_type\":\"text/plain\"}},{\"file\":{\"media_type\":\"application/pdf\"}}]}",
     "is 'text/plain'"},
    {"dossier.received", "body.documents.file.media_type: image/png", "{}", "is not given"},
    /* personal values are never shown */
    {"dossier.received", "body.received_by.name: An", "{\"received_by\":{\"name\":\"Bình\"}}", "is another"},
    /* agencies */
    {"dossier.received", "body.agency.code: {agency-under: H56}", "{\"agency\":{\"code\":\"000.00.06.H56\"}}", NULL},
    {"dossier.received", "body.agency.code: {agency-under: [H15, H56]}", "{\"agency\":{\"code\":\"H15.2\"}}", NULL},
    {"dossier.received", "body.agency.code: {agency-under: H56}", "{\"agency\":{\"code\":\"H57\"}}", "is 'H57'"},
    {"dossier.received", "body.agency.code: {not: {agency-under: H56}}", "{\"agency\":{\"code\":\"H56.14\"}}",
     "is 'H56.14'"},
    {"dossier.received", "body.agency.code: {not: {agency-under: H56}}", "{}", NULL},
    /* what must not be: of a list, none of its values */
    {"dossier.received", "body.procedure.service: {not: [none, unspecified]}",
     "{\"procedure\":{\"service\":\"SERVICE_FULL\"}}", NULL},
    {"dossier.received", "body.procedure.service: {not: [none, unspecified]}", "{}", "is 'unspecified'"},
    {"dossier.received", "body.documents.file.media_type: {not: image/png}",
     "{\"documents\":[{\"file\":{\"media_type\":\"text/plain\"}},{\"file\":{\"media_type\":\"image/png\"}}]}",
     "is 'image/png'"},
    {"dossier.received", "body.documents.file.media_type: {not: image/png}", "{}", NULL},
    {"dossier.received", "body.received_by.name: {not: An}", "{\"received_by\":{\"name\":\"An\"}}", "is another"},
    /* numbers and instants */
    {"dossier.received", "body.procedure.service_level: {at-least: 3}", "{\"procedure\":{\"service_level\":3}}", NULL},
    {"dossier.received", "body.procedure.service_level: {at-least: 3}", "{\"procedure\":{\"service_level\":2}}",
     "is 2"},
    {"dossier.received", "body.procedure.service_level: {at-most: 3}", "{}", NULL},
    {"dossier.received", "body.procedure.service_level: {at-most: 3, at-least: 2}",
     "{\"procedure\":{\"service_level\":4}}", "is 4"},
    {"dossier.received", "body.procedure.service_level: {not: {at-least: 2, at-most: 3}}",
     "{\"procedure\":{\"service_level\":4}}", NULL},
    {"dossier.received", "body.due_at: {at-least: \"2026-01-01T00:00:00+07:00\"}",
     "{\"due_at\":\"1767200400000000000\"}", NULL},
    {"dossier.received", "body.due_at: {at-least: \"2026-01-01T00:00:00+07:00\"}",
     "{\"due_at\":\"1767200399999999999\"}", "is 1767200399999999999"},
    /* how a text begins */
    {"dossier.received", "body.code: {prefix: [H15., H56.]}", "{\"code\":\"H56.14-1\"}", NULL},
    {"dossier.received", "body.code: {prefix: H56.}", "{\"code\":\"H56\"}", "is 'H56'"},
    {"dossier.received", "body.code: {not: {prefix: H56.}}", "{}", NULL},
    /* given or not, as far as proto3 can tell */
    {"dossier.received", "body.code: {exists: true}", "{\"code\":\"A\"}", NULL},
    {"dossier.received", "body.code: {exists: true}", "{}", "is not given"},
    {"dossier.received", "body.code: {exists: false}", "{\"code\":\"A\"}", "is 'A'"},
    {"dossier.received", "body.agency: {exists: true}", "{\"agency\":{}}", NULL},
    {"dossier.received", "body.agency: {exists: true}", "{}", "is not given"},
    {"dossier.received", "body.agency: {exists: false}", "{\"agency\":{\"code\":\"H56\"}}", "is given"},
    {"dossier.received", "body.documents: {exists: true}", "{\"documents\":[{}]}", NULL},
    {"dossier.received", "body.documents: {exists: true}", "{}", "is not given"},
    {"dossier.received", "body.documents: {exists: false}", "{}", NULL},
    {"dossier.received", "body.procedure.service: {exists: true}", "{}", "is 'unspecified'"},
    {"dossier.received", "body.procedure.service_level: {exists: true}", "{}", "is 0"},
    {"dossier.received", "body.has_digitised_parts: {exists: true}", "{\"has_digitised_parts\":true}", NULL},
    {"dossier.received", "body.received_by.name: {exists: false}", "{\"received_by\":{\"name\":\"An\"}}", "is given"},
    {"dossier.received", "body.received_by.name: {exists: true}", "{}", "is not given"},
    /* the header */
    {"dossier.received", "header.urgency: {at-least: urgent}", "{}", NULL},
    {"dossier.received", "header.urgency: {at-least: very-urgent}", "{}", "is 'urgent'"},
    {"dossier.received", "header.purpose.dossier: {exists: false}", "{}", NULL},
    {"dossier.received", "header.subject: {prefix: H56.14-}", "{}", NULL},
    {"dossier.received", "header.source: onestop/desk-2", "{}", NULL},
    {"dossier.received", "header.subject: other", "{}", "is 'H56.14-261123-0042'"},
    {"dossier.received", "header.purpose.procedure: 2.002622.H56", "{}", NULL},
    {"dossier.received", "header.purpose.dossier: x", "{}", "is not given"},
    {"dossier.received", "header.urgency: [urgent, express]", "{}", NULL},
    {"dossier.received", "header.urgency: express", "{}", "is 'urgent'"},
    {"dossier.received", "header.historical: true", "{}", NULL},
    {"dossier.received", "header.historical: false", "{}", "is true"},
};

static void check_match(struct policy_fixture *fixture, const struct match_case *test)
{
    char yaml[512], found[128] = "";
    snprintf(yaml, sizeof yaml,
             "routes:\n  - name: r\n    from: onestop\n    type: %s\n    to: portal\n    match:\n      %s\n",
             test->type, test->match);
    fixture_put(fixture, "routes/dossiers.yaml", yaml);
    struct policy *policy = fixture_load(fixture);
    const struct policy_route *route = policy_route_by_name(policy, bytes_string("r"));
    assert_int_equal(route->matches_count, 1);
    struct buffer payload BUFFER_CLEANUP = {0};
    struct truc_fault fault = {0};
    int error = schema_from_json(route->message, bytes_string(test->json), &payload, &fault);
    if (error < 0)
        print_error("%s: %s %s\n", test->json, fault.where, fault.text);
    assert_int_equal(error, 0);
    int result = policy_match_holds(&route->matches[0], &header, buffer_view(&payload), NULL, found, sizeof found);
    if (result != (test->found == NULL) || strcmp(found, test->found == NULL ? "" : test->found) != 0)
        print_error("%s over %s\n", test->match, test->json);
    assert_string_equal(found, test->found == NULL ? "" : test->found);
    assert_int_equal(result, test->found == NULL);
    assert_int_equal(policy_match_holds(&route->matches[0], &header, buffer_view(&payload), NULL, NULL, 0), result);
    policy_free(policy);
}

static void test_predicates_compare_by_type(void **state)
{
    struct policy_fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(match_cases); i++)
        check_match(fixture, &match_cases[i]);
    fixture_reset(fixture);
}

static void test_a_long_value_is_cut_at_a_character(void **state)
{
    static const char json[] =
        "{\"agency\":{\"name\":\"Ủy ban nhân dân xã Quảng Thử huyện Thử Nghiệm tỉnh Thanh Hóa và các đơn vị\"}}";
    const struct match_case test = {"dossier.received", "body.agency.name: x", json,
                                    "is 'Ủy ban nhân dân xã Quảng Thử huyện Thử Nghiệm t…'"};
    check_match(*state, &test);
    fixture_reset(*state);
}

static void test_an_unreadable_payload_is_an_error(void **state)
{
    struct policy_fixture *fixture = *state;
    struct policy *policy = fixture_load(fixture);
    const struct policy_route *route = policy_route_by_name(policy, bytes_string("online-to-onestop"));
    static const uint8_t broken[] = {0x12, 0x7f, 0x01}; /* a field longer than what follows */
    assert_true(policy_match_holds(&route->matches[0], &header, bytes_of(broken, sizeof broken), NULL, NULL, 0) < 0);
    policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agencies_are_under_their_parents_in_both_forms),
        cmocka_unit_test(test_predicates_compare_by_type),
        cmocka_unit_test(test_a_long_value_is_cut_at_a_character),
        cmocka_unit_test(test_an_unreadable_payload_is_an_error),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
