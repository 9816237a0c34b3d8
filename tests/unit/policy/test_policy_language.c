/* test_policy_language.c - the configuration language explains itself, and its JSON Schema knows every key.
 * Not: reading files. Compared with the loader through the tables they share.
 * In the flow: `truc explain`, editors. */
#include "policy_fixture.h"

#include "policy_keys.h"
#include "policy_language.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void test_keys_are_explained(void **state)
{
    static const struct {
        const char *path, *text;
    } cases[] = {
        {"", "  bus              bus.yaml\n  system           systems/ID.yaml\n"
             "  route            routes/*.yaml\n  agreement        agreements/*.yaml\n"},
        {"route.within", "route.within: routes/*.yaml\n"
                         "  within           a span like 5s, 15m, 24h or 7d, between 10ms and 1d\n"
                         "                   requests: the answer, or a named error, comes in this time\n"},
        {"agreement.basis", "agreement.basis: agreements/*.yaml\n"
                            "  basis            mandatory, agreement or internal-rule (required)\n"
                            "                   why it may be shared: by law, by agreement of two agencies, by an "
                            "internal rule\n"},
        {"system.certificates.revoked", "system.certificates.revoked: systems/ID.yaml\n"
                                        "  revoked          an instant like 2026-11-20T10:00:00+07:00\n"
                                        "                   from when on its signatures are not accepted; earlier ones "
                                        "stay provable\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer text BUFFER_CLEANUP = {0};
        assert_int_equal(policy_language_explain(bytes_string(cases[i].path), NULL, &text, NULL), 0);
        assert_string_equal(buffer_string(&text), cases[i].text);
    }
}

static void test_an_object_explains_all_its_keys(void **state)
{
    (void)state;
    struct buffer text BUFFER_CLEANUP = {0};
    assert_int_equal(policy_language_explain(bytes_string("agreement"), NULL, &text, NULL), 0);
    const struct yaml_object *agreement = policy_agreements_file.keys[0].object;
    for (uint32_t i = 0; i < agreement->keys_count; i++)
        assert_non_null(strstr(buffer_string(&text), agreement->keys[i].explanation));
    buffer_clear(&text);
    assert_int_equal(policy_language_explain(bytes_string("route.retry"), NULL, &text, NULL), 0);
    assert_non_null(strstr(buffer_string(&text), "when a failed delivery is tried again"));
    assert_non_null(strstr(buffer_string(&text), "the longest wait"));
}

static void test_what_is_no_key_gets_a_suggestion(void **state)
{
    static const struct {
        const char *path, *text, *hint;
    } cases[] = {
        {"rout", "'rout' is no key of the configuration", "did you mean 'route'?"},
        {"weather", "'weather' is no key of the configuration",
         "its objects: truc explain bus, system, route or agreement"},
        {"route.retri", "'route.retri' is no key of the configuration", "did you mean 'retry'?"},
        {"routes.zzzzzzzzz", "'route.zzzzzzzzz' is no key of the configuration",
         "its objects: truc explain bus, system, route or agreement"},
        {"name.x", "'name.x' is no key of the configuration", NULL},
        {"try.first", "'try.first' is no key of the configuration", "did you mean 'first'?"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer text BUFFER_CLEANUP = {0};
        struct truc_fault fault = {0};
        assert_int_equal(policy_language_explain(bytes_string(cases[i].path), NULL, &text, &fault), TRUC_E_NOT_FOUND);
        assert_string_equal(fault.text, cases[i].text);
        if (cases[i].hint != NULL)
            assert_string_equal(fault.hint, cases[i].hint);
        assert_int_equal(text.size, 0);
    }
}

/* The map among the forms a value may have. */
static const json_t *find_map(const json_t *schema)
{
    if (json_object_get(schema, "properties") != NULL)
        return schema;
    const json_t *forms = json_object_get(schema, "anyOf"), *found = NULL;
    for (size_t i = 0; i < json_array_size(forms) && found == NULL; i++)
        found = find_map(json_array_get(forms, i));
    return found;
}

static void check_object(const json_t *schema, const struct yaml_object *object)
{
    const json_t *map = find_map(schema);
    assert_non_null(map);
    assert_true(json_is_false(json_object_get(map, "additionalProperties")));
    size_t known = 0;
    for (uint32_t i = 0; i < object->keys_count; i++) {
        const struct yaml_key *key = &object->keys[i];
        const json_t *property = json_object_get(json_object_get(map, "properties"), key->name);
        assert_non_null(property);
        known++;
        assert_non_null(strstr(json_string_value(json_object_get(property, "description")), key->explanation));
        if (key->object != NULL)
            check_object(property, key->object);
    }
    assert_int_equal(json_object_size(json_object_get(map, "properties")), known);
}

static void test_the_json_schema_knows_every_key(void **state)
{
    (void)state;
    const struct yaml_object *files[] = {&policy_bus_file, &policy_system_file, &policy_routes_file,
                                         &policy_agreements_file};
    struct buffer text BUFFER_CLEANUP = {0};
    assert_int_equal(policy_language_schema(&text), 0);
    json_t *root = json_loads(buffer_string(&text), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    const json_t *either = json_object_get(root, "anyOf");
    assert_int_equal(json_array_size(either), COUNT_OF(files));
    for (size_t i = 0; i < COUNT_OF(files); i++)
        check_object(json_array_get(either, i), files[i]);
    json_decref(root);
}

/* config/truc.schema.json is what editors read: the very bytes of policy_language_schema. */
static void test_the_schema_beside_the_example_is_up_to_date(void **state)
{
    (void)state;
    struct buffer text BUFFER_CLEANUP = {0}, kept BUFFER_CLEANUP = {0};
    assert_int_equal(policy_language_schema(&text), 0);
    FILE *file = fopen(TRUC_EXAMPLE_CONFIG "/truc.schema.json", "rb");
    assert_non_null(file);
    uint8_t *at = buffer_extend(&kept, text.size + 1);
    assert_non_null(at);
    kept.size = fread(at, 1, text.size + 1, file);
    fclose(file);
    assert_true(bytes_equal(buffer_view(&text), buffer_view(&kept)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_explained),
        cmocka_unit_test(test_an_object_explains_all_its_keys),
        cmocka_unit_test(test_what_is_no_key_gets_a_suggestion),
        cmocka_unit_test(test_the_json_schema_knows_every_key),
        cmocka_unit_test(test_the_schema_beside_the_example_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
