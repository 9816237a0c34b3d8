/* test_mapping_template.c - whole mappings: objects, lists, each, choices, shared parts, payloads and where a fault points.
 * Through YAML, as adapter files have them; single expressions are test_mapping.c.
 * Promise: what is missing is left out, nothing is cut or made up, and a wrong value names its source. */
#include "connector_test.h"

#include <stdlib.h>

#include "mapping_payload.h"
#include "mapping_template.h"

struct world {
    struct arena arena;
    struct policy_report report;
    struct mapping_tables tables;
    struct mapping_scope scope;
    struct mapping_values values;
    struct schema_set *schemas;
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->schemas = connector_test_schemas();
    world->scope.tables = &world->tables;
    mapping_scope_add(&world->scope, "$", mapping_type_of(MAPPING_ANY));
    world->values.roots[0] =
        json_loads("{\"a\": \"x\", \"rows\": [{\"k\": \"p\", \"n\": 1, \"in\": [7, 8]}, {\"k\": \"q\", \"n\": 2}],"
                   " \"one\": {\"k\": \"only\"}, \"big\": \"9007199254740993\", \"yes\": true, \"phone\": 84}",
                   0, NULL);
    assert_non_null(world->values.roots[0]);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    json_decref(world->values.roots[0]);
    policy_report_free(&world->report);
    arena_free(&world->arena);
    schema_set_free(world->schemas);
    free(world);
    return 0;
}

static int compile(struct world *world, const char *yaml, const struct mapping_type *target,
                   const struct mapping_template **ret_template, struct truc_fault *fault)
{
    struct yaml_node *root;
    assert_int_equal(yaml_document_read(&world->arena, "m.yaml", bytes_string(yaml), &world->report, &root), 0);
    struct mapping_context context = {&world->scope, yaml_get(root, "shared"), &world->arena};
    return mapping_template_compile(yaml_get(root, "map"), &context, target, ret_template, fault);
}

static char *run(struct world *world, const char *yaml)
{
    struct mapping_type any = mapping_type_of(MAPPING_ANY);
    const struct mapping_template *template;
    struct truc_fault fault = {0};
    json_t *value;
    if (compile(world, yaml, &any, &template, &fault) < 0)
        fail_msg("%s\n%s %s", yaml, fault.where, fault.text);
    if (mapping_template_run(template, &world->values, &value, &fault) < 0)
        fail_msg("%s\n%s %s", yaml, fault.where, fault.text);
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    return text;
}

static void forms_make_what_they_say(void **state)
{
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"map: {b: $.a, a: \"text\", n: 42, gone: $.nothing}", "{\"b\":\"x\",\"a\":\"text\",\"n\":42}"},
        {"map: {a: {b: {c: $.nothing}}}", "{}"},
        {"map: [$.a, $.nothing, \"y\"]", "[\"x\",\"y\"]"},
        {"map: {a.b: $.a}", "{\"a.b\":\"x\"}"},
        {"map:\n  l: {each: $.rows, map: item.k}", "{\"l\":[\"p\",\"q\"]}"},
        {"map:\n  l: {each: $.rows, as: row, when: row.n > 1, map: {K: row.k, A: $.a}}",
         "{\"l\":[{\"K\":\"q\",\"A\":\"x\"}]}"},
        {"map:\n  l: {each: $.rows, as: row, map: {each: row.in, as: n, map: {n: n, k: row.k}}}",
         "{\"l\":[[{\"n\":7,\"k\":\"p\"},{\"n\":8,\"k\":\"p\"}]]}"},
        {"map:\n  l: {each: $.one, map: item.k}", "{\"l\":[\"only\"]}"},
        {"map:\n  l: {each: $.nothing, map: item.k}", "{}"},
        {"map: {c: {when: $.yes, then: {t: $.a}, else: \"no\"}}", "{\"c\":{\"t\":\"x\"}}"},
        {"map: {c: {when: $.nothing, then: $.a, else: \"no\"}}", "{\"c\":\"no\"}"},
        {"map: {c: {when: $.nothing, then: $.a}}", "{}"},
        {"map: {c: {use: part}, d: {use: part}}\nshared: {part: {t: $.a}}",
         "{\"c\":{\"t\":\"x\"},\"d\":{\"t\":\"x\"}}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *text = run(*state, cases[i].yaml);
        if (strcmp(text, cases[i].json) != 0)
            fail_msg("%s\ngives %s\nnot %s", cases[i].yaml, text, cases[i].json);
        free(text);
    }
}

static void a_shared_part_that_uses_itself_is_refused(void **state)
{
    struct mapping_type any = mapping_type_of(MAPPING_ANY);
    const struct mapping_template *template;
    struct truc_fault fault = {0};
    assert_int_equal(compile(*state, "map: {use: a}\nshared: {a: {x: {use: a}}}", &any, &template, &fault),
                     TRUC_E_CONFIG);
    assert_string_equal(fault.text, "a mapping nested too deep");
}

/* ---- payloads ------------------------------------------------------------------------------------------------- */

static int make_payload(struct world *world, const char *yaml, struct buffer *out, struct truc_fault *fault)
{
    const struct schema_message *message = schema_set_find_type(world->schemas, bytes_string("dossier.submitted"));
    struct mapping_type target = mapping_type_of_message(message);
    const struct mapping_template *template;
    json_t *tree;
    int result = compile(world, yaml, &target, &template, fault);
    if (result == 0)
        result = mapping_template_run(template, &world->values, &tree, fault);
    if (result < 0)
        return result;
    result = mapping_payload_write(message, tree, template, out, fault);
    json_decref(tree);
    return result;
}

static void a_payload_survives_both_ways(void **state)
{
    struct world *world = *state;
    BUFFER_CLEANUP struct buffer payload = {0};
    struct truc_fault fault = {0};
    json_t *tree;
    static const char yaml[] =
        "map:\n  code: $.a\n  procedure.code: \"1.1\"\n  procedure.service: \"full\"\n  status: \"received\"\n"
        "  submitted_at: parse_time(\"20261123140307\", \"yyyyMMddHHmmss\")\n"
        "  fees: [{amount_vnd: int($.big), paid: $.yes}]\n";
    if (make_payload(world, yaml, &payload, &fault) < 0)
        fail_msg("%s %s", fault.where, fault.text);
    const struct schema_message *message = schema_set_find_type(world->schemas, bytes_string("dossier.submitted"));
    assert_int_equal(mapping_payload_read(message, buffer_view(&payload), &tree, &fault), 0);
    char *text = json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, "{\"code\":\"x\",\"fees\":[{\"amount_vnd\":9007199254740993,\"paid\":true}],"
                              "\"procedure\":{\"code\":\"1.1\",\"service\":\"full\"},\"status\":\"received\","
                              "\"submitted_at\":1795417387000000000}");
    free(text);
    json_decref(tree);
}

static void a_value_of_the_wrong_kind_names_its_source(void **state)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    struct truc_fault fault = {0};
    int result = make_payload(*state, "map:\n  code: $.a\n  applicant: {phone: $.phone}\n", &payload, &fault);
    assert_int_equal(result, TRUC_E_PAYLOAD);
    assert_string_equal(fault.where, "$.phone");
    assert_int_equal(
        make_payload(*state, "map:\n  documents: {each: $.rows, as: row, map: {name: row.n}}\n", &payload, &fault),
        TRUC_E_PAYLOAD);
    assert_string_equal(fault.where, "row.n");
}

static void a_payload_that_is_none_is_refused(void **state)
{
    struct world *world = *state;
    const struct schema_message *message = schema_set_find_type(world->schemas, bytes_string("dossier.submitted"));
    json_t *tree;
    struct truc_fault fault = {0};
    assert_int_equal(mapping_payload_read(message, bytes_string("\xff\xff"), &tree, &fault), TRUC_E_PAYLOAD);
}

/* A far side may answer with a text or a list where an object is meant. */
static void a_whole_that_is_no_object_is_no_message(void **state)
{
    static const char *const wholes[] = {"map: $.a", "map: $.rows", "map: $.nothing", "map: $.yes"};
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        BUFFER_CLEANUP struct buffer payload = {0};
        struct truc_fault fault = {0};
        int result = make_payload(*state, wholes[i], &payload, &fault);
        assert_int_equal(result, TRUC_E_PAYLOAD);
        assert_string_equal(fault.text, "the whole mapping makes no object, which a message is");
    }
}

/* ---- hostile input -------------------------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Expressions put together from pieces: most are wrong, none may do more than say so. */
static void any_text_compiles_or_is_refused(void **state)
{
    static const char *const pieces[] = {"$",       ".a", "[0]",   "[\"k\"]", "(",       ")",   "first(", "if(",
                                         "lookup(", ",",  "==",    "and",     "or",      "not", "in",     "\"x\"",
                                         "30s",     "-1", "1.5",   "null",    "true",    " ",   "\\",     "'",
                                         "[",       "]",  "time(", "Đ",       "default", "."};
    struct world *world = *state;
    struct mapping_place place = {"m.yaml", 1, 1};
    uint32_t seed = 20261123;
    unsigned compiled = 0;
    for (unsigned round = 0; round < 20000; round++) {
        BUFFER_CLEANUP struct buffer text = {0};
        struct arena arena = {.used_bytes_max = 64 * 1024};
        const struct mapping_expression *expression;
        struct truc_fault fault = {0};
        json_t *value;
        for (unsigned count = 1 + next_random(&seed) % 10; count > 0; count--)
            buffer_append_string(&text, pieces[next_random(&seed) % COUNT_OF(pieces)]);
        int result = mapping_expression_compile(buffer_view(&text), &world->scope, &place, &arena, &expression, &fault);
        if (result == 0 && mapping_expression_evaluate(expression, &world->values, &value, &fault) == 0)
            json_decref(value);
        compiled += result == 0;
        assert_true(result == 0 || (result == TRUC_E_CONFIG && fault.where[0] && fault.text[0]));
        arena_free(&arena);
    }
    assert_true(compiled > 100);
}

static void too_little_memory_is_an_error(void **state)
{
    struct world *world = *state;
    struct mapping_place place = {"m.yaml", 1, 1};
    static const char text[] = "if($.a == \"x\", concat($.a, \"-\", [1, 2, 3][0]) default \"y\", lower($.rows[0].k))";
    static const char right[] = "if($.a == \"x\", concat($.a, \"-\") default \"y\", lower($.rows[0].k))";
    const struct mapping_expression *expression;
    int result = TRUC_E_MEMORY;
    unsigned failed = 0;
    for (size_t most = 16; result == TRUC_E_MEMORY; most += 16) {
        struct arena arena = {.used_bytes_max = most};
        result = mapping_expression_compile(bytes_string(right), &world->scope, &place, &arena, &expression, NULL);
        failed += result == TRUC_E_MEMORY;
        arena_free(&arena);
    }
    assert_int_equal(result, 0);
    assert_true(failed > 10);
    assert_int_equal(
        mapping_expression_compile(bytes_string(text), &world->scope, &place, &world->arena, &expression, NULL),
        TRUC_E_CONFIG); /* a list has no elements by number here: only paths do */
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(forms_make_what_they_say),          WITH_WORLD(a_shared_part_that_uses_itself_is_refused),
        WITH_WORLD(a_payload_survives_both_ways),      WITH_WORLD(a_value_of_the_wrong_kind_names_its_source),
        WITH_WORLD(a_payload_that_is_none_is_refused), WITH_WORLD(any_text_compiles_or_is_refused),
        WITH_WORLD(too_little_memory_is_an_error),     WITH_WORLD(a_whole_that_is_no_object_is_no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
