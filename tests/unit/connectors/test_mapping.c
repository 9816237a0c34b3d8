/* test_mapping.c - the mapping language: every function, every operator, every mistake with its exact text and place.
 * Expressions only; whole mappings are test_mapping_template.c.
 * Promise: what compiles has a meaning for every input, and what does not says where and what to write. */
#include "connector_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "mapping_expression.h"
#include "mapping_functions.h"

static const char input[] = "{\"name\": \"Lê Thị Ánh\", \"nfd\": \"Le\\u0302\", \"n\": 42, \"real\": 1.5, \"text42\": "
                            "\"42\", \"yes\": true, \"none\": null,"
                            " \"empty\": \"\", \"list\": [\"a\", \"b\", \"c\"], \"mixed\": [1, \"x\", true], \"rows\": "
                            "[{\"k\": 1}, {\"k\": 2}],"
                            " \"when\": \"20261123140307\", \"đường\": \"lạ\", \"code\": \"005\", \"no\": []}";

struct world {
    struct arena arena;
    struct mapping_tables tables;
    struct mapping_scope scope;
    struct mapping_values values;
    struct schema_set *schemas;
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct mapping_table *table;
    assert_non_null(world);
    world->schemas = connector_test_schemas();
    assert_int_equal(mapping_tables_add(&world->tables, bytes_string("channel"), &world->arena, &table, NULL), 0);
    assert_int_equal(mapping_table_add(table, bytes_string("1"), bytes_string("direct"), &world->arena, NULL), 0);
    assert_int_equal(mapping_table_add(table, bytes_string("42"), bytes_string("online"), &world->arena, NULL), 0);
    const struct schema_message *message = schema_set_find_type(world->schemas, bytes_string("dossier.submitted"));
    world->scope.tables = &world->tables;
    mapping_scope_add(&world->scope, "$", mapping_type_of(MAPPING_ANY));
    mapping_scope_add(&world->scope, "body", mapping_type_of_message(message));
    mapping_scope_add(&world->scope, "headers", (struct mapping_type){.kind = MAPPING_ANY, .folded = true});
    world->values.roots[0] = json_loads(input, 0, NULL);
    world->values.roots[1] = json_pack("{s:s, s:I, s:{s:s}, s:[{s:s}], s:{s:s}}", "status", "received", "submitted_at",
                                       (json_int_t)1795503787118000000, "agency", "code", "H56.14", "documents", "name",
                                       "Đơn.pdf", "applicant", "name", "An");
    world->values.roots[2] = json_pack("{s:s}", "retry-after", "120");
    assert_non_null(world->values.roots[0]);
    assert_non_null(world->values.roots[1]);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < 3; i++)
        json_decref(world->values.roots[i]);
    arena_free(&world->arena);
    schema_set_free(world->schemas);
    free(world);
    return 0;
}

static int compile(struct world *world, const char *text, const struct mapping_expression **ret_expression,
                   struct truc_fault *fault)
{
    struct mapping_place place = {"a.yaml", 7, 10};
    return mapping_expression_compile(bytes_string(text), &world->scope, &place, &world->arena, ret_expression, fault);
}

/* The value as JSON text, or "! " and the fault's text, where in brackets. */
static char *evaluate(struct world *world, const char *text)
{
    const struct mapping_expression *expression;
    struct truc_fault fault = {0};
    json_t *value;
    BUFFER_CLEANUP struct buffer out = {0};
    if (compile(world, text, &expression, &fault) < 0) {
        print_error("%s: %s %s (%s)\n", text, fault.where, fault.text, fault.hint);
        return NULL;
    }
    if (mapping_expression_evaluate(expression, &world->values, &value, &fault) < 0) {
        buffer_printf(&out, "! %s [%s]", fault.text, fault.where);
        return strdup(buffer_string(&out));
    }
    char *result = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    return result;
}

struct value_case {
    const char *expression, *value;
};

static void check_values(struct world *world, const struct value_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *value = evaluate(world, cases[i].expression);
        if (!value || strcmp(value, cases[i].value) != 0)
            fail_msg("%s gives %s, not %s", cases[i].expression, value ? value : "nothing", cases[i].value);
        free(value);
    }
}

static void functions_over_texts(void **state)
{
    static const struct value_case cases[] = {
        {"upper($.name)", "\"LÊ THỊ ÁNH\""},
        {"lower(\"ĐẮK LẮK\")", "\"đắk lắk\""},
        {"trim(\"  a b \\n\")", "\"a b\""},
        {"concat($.name, \" \", $.n, \" \", $.yes, $.none)", "\"Lê Thị Ánh 42 true\""},
        {"join($.list, \", \")", "\"a, b, c\""},
        {"join($.mixed, \"-\")", "\"1-x-true\""},
        {"split(\"a,b,,c\", \",\")", "[\"a\",\"b\",\"\",\"c\"]"},
        {"split(\"a\", \"\")", "! split: a text can't be cut at an empty text []"},
        {"replace(\"1990-01-02\", \"-\", \"\")", "\"19900102\""},
        {"replace(\"aaa\", \"\", \"x\")", "\"aaa\""},
        {"slice($.name, 3, 3)", "\"Thị\""},
        {"slice($.name, 7)", "\"Ánh\""},
        {"slice($.name, 99, 2)", "\"\""},
        {"slice($.name, -1, 2)", "! slice: characters are counted from 0 [$.name]"},
        {"pad($.n, 6, \"0\")", "\"000042\""},
        {"pad(\"Á\", 2, \"·\")", "\"·Á\""},
        {"pad($.n, 6, \"ab\")", "! pad: the width is 0 to 256, the fill one character [$.n]"},
        {"nfc($.nfd)", "\"Lê\""},
        {"fold(\"  ĐỖ  Văn Ánh \")", "\"do van anh\""},
        {"contains($.name, \"Thị\")", "true"},
        {"starts_with($.name, \"Lê\")", "true"},
        {"ends_with($.name, \"Lê\")", "false"},
        {"ends_with(\"h\", $.name)", "false"},
        {"base64(\"Thanh Hóa\")", "\"VGhhbmggSMOzYQ==\""},
        {"unbase64(\"VGhhbmggSMOzYQ==\")", "\"Thanh Hóa\""},
        {"unbase64(\"/w==\")", "! unbase64: the result is no text []"},
        {"unbase64(\"***\")", "! unbase64: the text is not of the form it should be []"},
        {"sha256(\"abc\")", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""},
        {"base64_of_hex(\"00ff\")", "\"AP8=\""},
        {"hex_of_base64(\"AP8=\")", "\"00ff\""},
        {"hex_of_base64($.none)", "null"},
        {"upper($.n)", "! upper: wants a text [$.n]"},
        {"length($.name)", "10"},
        {"length($.list)", "3"},
    };
    check_values(*state, cases, COUNT_OF(cases));
}

static void functions_over_values(void **state)
{
    static const struct value_case cases[] = {
        {"int($.text42)", "42"},
        {"int(\"-7\")", "-7"},
        {"int(true)", "1"},
        {"int(3.0)", "3"},
        {"int($.real)", "! int: the number is not a whole one [$.real]"},
        {"int($.name)", "! int: the text is no whole number of 1 to 18 digits [$.name]"},
        {"int(\"1234567890123456789\")", "! int: the text is no whole number of 1 to 18 digits []"},
        {"int($.list)", "! int: wants a text, number or bool [$.list]"},
        {"int($.none)", "null"},
        {"number(\"2.5\")", "2.5"},
        {"number(\"0x10\")", "! number: the text is no number []"},
        {"number(\"1e999\")", "! number: the text is no number []"},
        {"number(\"nan\")", "! number: the text is no number []"},
        {"string($.n)", "\"42\""},
        {"string($.yes)", "\"true\""},
        {"string($.real)", "\"1.5\""},
        {"bool(\"True\")", "true"},
        {"bool(0)", "false"},
        {"bool(\"có\")", "! bool: the value is none of true, false, 1, 0 []"},
        {"first($.list)", "\"a\""},
        {"last($.list)", "\"c\""},
        {"first($.no)", "null"},
        {"last($.no)", "null"},
        {"first($.n)", "42"},
        {"required($.name)", "\"Lê Thị Ánh\""},
        {"required($.empty)", "! required: a value is missing [$.empty]"},
        {"required($.nothing.at.all)", "! required: a value is missing [$.nothing.at.all]"},
        {"after(\"90\")", "\"90s\""},
        {"after(5m)", "\"5m\""},
        {"after($.n)", "\"42s\""},
        {"after(headers.Retry-After default 30s)", "\"120s\""},
        {"after($.none default 30s)", "\"30s\""},
        {"after($.name)", "! after: the value is no span of time: seconds, or 30s, 5m [$.name]"},
    };
    check_values(*state, cases, COUNT_OF(cases));
}

static void times_by_pattern(void **state)
{
    static const struct value_case cases[] = {
        {"time(body.submitted_at, \"yyyyMMddHHmmss\")", "\"20261124140307\""},
        {"time(body.submitted_at, \"yyyyMMddHHmmss\", \"Z\")", "\"20261124070307\""},
        {"time(body.submitted_at, \"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\", \"-03:30\")", "\"2026-11-24T03:33:07.118-03:30\""},
        {"time(body.submitted_at, \"dd/MM/yyyy\")", "\"24/11/2026\""},
        {"parse_time($.when, \"yyyyMMddHHmmss\")", "1795417387000000000"},
        {"parse_time(\"2026-11-23T14:03:07+07:00\", \"yyyy-MM-dd'T'HH:mm:ssXXX\")", "1795417387000000000"},
        {"parse_time(\"2024-02-29\", \"yyyy-MM-dd\", \"Z\")", "1709164800000000000"},
        {"parse_time(\"2026-02-29\", \"yyyy-MM-dd\")", "! parse_time: the text is no time of the form yyyy-MM-dd []"},
        {"parse_time(\"20261301000000\", \"yyyyMMddHHmmss\")",
         "! parse_time: the text is no time of the form yyyyMMddHHmmss []"},
        {"parse_time(\"2026112314030\", \"yyyyMMddHHmmss\")",
         "! parse_time: the text is no time of the form yyyyMMddHHmmss []"},
        {"parse_time(\"202611231403071\", \"yyyyMMddHHmmss\")",
         "! parse_time: the text is no time of the form yyyyMMddHHmmss []"},
        {"parse_time(\"19691231000000\", \"yyyyMMddHHmmss\")",
         "! parse_time: the text is no time of the form yyyyMMddHHmmss []"},
        {"parse_time($.none, \"yyyyMMdd\")", "null"},
        {"time(parse_time(\"22611231235959\", \"yyyyMMddHHmmss\"), \"yyyyMMddHHmmss\")", "\"22611231235959\""},
    };
    check_values(*state, cases, COUNT_OF(cases));
}

static void operators(void **state)
{
    static const struct value_case cases[] = {
        {"$.n == 42", "true"},
        {"$.n == \"42\"", "false"},
        {"$.n == 42.0", "true"},
        {"$.none == null", "true"},
        {"$.gone == null", "true"},
        {"$.name != \"x\"", "true"},
        {"$.n > 41 and $.n <= 42", "true"},
        {"$.n < \"a\"", "false"},
        {"$.text42 >= \"41\"", "true"},
        {"$.code in [\"004\", \"005\"]", "true"},
        {"$.n in [\"42\"]", "false"},
        {"not $.yes", "false"},
        {"not $.none", "true"},
        {"$.yes or $.name == 1", "true"},
        {"$.none and $.name", "false"},
        {"$.name and $.yes", "! a condition is neither true nor false [$.name]"},
        {"$.none default $.empty default \"x\"", "\"\""},
        {"$.none default 0 == 0", "true"},
        {"if($.n == 42, \"a\", \"b\")", "\"a\""},
        {"if($.n == 43, \"a\")", "null"},
        {"if($.none, \"a\", \"b\")", "\"b\""},
        {"lookup(channel, $.n)", "\"online\""},
        {"lookup(channel, \"9\", \"other\")", "\"other\""},
        {"lookup(channel, $.none)", "null"},
        {"lookup(channel, $.name)", "! lookup: table 'channel' does not know this value [$.name]"},
        {"reverse_lookup(channel, \"direct\")", "\"1\""},
        {"$.rows[1].k", "2"},
        {"$.rows[9].k", "null"},
        {"$[\"đường\"]", "\"lạ\""},
        {"$.list[0]", "\"a\""},
        {"body.documents[0].name", "\"Đơn.pdf\""},
        {"body.documents[0].digitised", "false"},
        {"body.applicant.verified_by_vneid", "false"},
        {"body.submitter.verified_by_vneid", "null"},
        {"body.status == \"received\"", "true"},
        {"'single' ", "\"single\""},
        {"\"a\\\"b\\\\\"", "\"a\\\"b\\\\\""},
        {"[1, null, \"x\"]", "[1,null,\"x\"]"},
    };
    check_values(*state, cases, COUNT_OF(cases));
}

static void mistakes_say_where_and_what(void **state)
{
    static const struct {
        const char *expression, *where, *text, *hint;
    } cases[] = {
        {"uper($.name)", "a.yaml:7:10", "there is no function 'uper'", "did you mean 'upper'?"},
        {"upper(bdy.name)", "a.yaml:7:16", "nothing is called 'bdy' here", "did you mean 'body'?"},
        {"upper(body.agancy.code)", "a.yaml:7:21", "dossier.submitted has no field 'agancy'", "did you mean 'agency'?"},
        {"body.agency.kode", "a.yaml:7:22", "truc.common.v1.Agency has no field 'kode'", "did you mean 'code'?"},
        {"body.code.x", "a.yaml:7:20", "text has no members", ""},
        {"body.documents.name", "a.yaml:7:25", "this is a list of truc.dossier.v1.Document, which has no members",
         "take one with [0], first() or last(), or all with each:"},
        {"body.code[0]", "a.yaml:7:20", "this is no list but text", "name a member"},
        {"lookup(chanel, $.n)", "a.yaml:7:17", "there is no table 'chanel'", "did you mean 'channel'?"},
        {"lookup(\"channel\", $.n)", "a.yaml:7:17", "lookup wants the name of a table first",
         "without quotes: lookup(channel, $.KenhThucHien)"},
        {"lookup(channel, body.channel)", "a.yaml:7:10",
         "table 'channel' has no line for 'direct' of truc.dossier.v1.Channel",
         "add the line, or a third value that is used instead"},
        {"upper(body.submitted_at)", "a.yaml:7:16", "upper wants a text here, not time", "write upper(text)"},
        {"upper($.a, $.b)", "a.yaml:7:10", "upper takes 1 value, not 2", "write upper(text)"},
        {"time(body.submitted_at)", "a.yaml:7:10", "time takes 2 to 3 values, not 1",
         "write time(time, pattern, zone)"},
        {"time(body.submitted_at, \"YYYY\")", "a.yaml:7:34", "'Y' is no part of a time pattern",
         "known are yyyy MM dd HH mm ss SSS XXX; other letters stand in single quotes, 'T'"},
        {"parse_time($.a, \"HHmm\")", "a.yaml:7:26", "a time can't be read by a pattern without yyyy, MM and dd",
         "e.g. \"yyyyMMddHHmmss\""},
        {"time(body.submitted_at, \"yyyy\", \"GMT+7\")", "a.yaml:7:42", "'GMT+7' is no offset from UTC",
         "write \"+07:00\" or \"Z\""},
        {"time(body.submitted_at, $.pattern)", "a.yaml:7:34", "time wants a time pattern in quotes here, not any value",
         "write time(time, pattern, zone)"},
        {"body.status == \"recieved\"", "a.yaml:7:25", "truc.dossier.v1.Status has no value 'recieved'",
         "did you mean 'received'?"},
        {"body.status in [\"received\", \"dunno\"]", "a.yaml:7:38", "truc.dossier.v1.Status has no value 'dunno'",
         "truc schema show lists its values"},
        {"body.code == 1", "a.yaml:7:10", "text and integer are never equal",
         "bring both to one kind with string(), int() or parse_time()"},
        {"if(body.code, 1, 2)", "a.yaml:7:13", "if wants a condition here", "compare: if(a == b, then, else)"},
        {"body.code and true", "a.yaml:7:10", "a condition should stand here", "compare: a == b"},
        {"$.a in $.b.c == 1", "a.yaml:7:23", "the expression should have ended here",
         "a constant text stands in quotes"},
        {"$.a = 1", "a.yaml:7:14", "'=' alone means nothing here", "compare with =="},
        {"$.a !1", "a.yaml:7:14", "'!' alone means nothing here", "write 'not', or compare with !="},
        {"\"open", "a.yaml:7:10", "this text has no closing quote", "end it with \""},
        {"\"\\x\"", "a.yaml:7:10", "a backslash before a character that needs none", "known are \\\" \\' \\\\ \\n \\t"},
        {"upper($.a", "a.yaml:7:19", "')' or ',' is missing here",
         "every bracket that opens must close; between YAML's own { } a comma ends the value: give it a line of its "
         "own"},
        {"concat($.a,)", "a.yaml:7:21", "a value is missing after the comma", "remove the comma or add the value"},
        {"$.a.", "a.yaml:7:14", "a name must follow the dot", "for a name with other characters write [\"the name\"]"},
        {"$[-1]", "a.yaml:7:12", "in brackets stands a number from 0 or a name in quotes", "write [0] or [\"name\"]"},
        {"Thường", "a.yaml:7:12", "this character has no place in an expression", "constant texts stand in quotes"},
        {"thuong", "a.yaml:7:10", "nothing is called 'thuong' here", "known here: $, body, headers"},
        {"", "a.yaml:7:10", "a value is missing here", "write a path, a call, a number or a text in quotes"},
        {"default 1", "a.yaml:7:10", "a value is missing before this word",
         "write value default value, or a == b and c == d"},
        {"3x", "a.yaml:7:10", "'3x' is no span of time", "write 250ms, 5s, 5m, 24h or 7d"},
        {"99999999999999999999", "a.yaml:7:10", "the number 99999999999999999999 is too large", NULL},
        {"concat(\"Đơn\", uper(\"x\"))", "a.yaml:7:24", "there is no function 'uper'", "did you mean 'upper'?"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct mapping_expression *expression;
        struct truc_fault fault = {0};
        int result = compile(*state, cases[i].expression, &expression, &fault);
        if (result != TRUC_E_CONFIG || strcmp(fault.where, cases[i].where) != 0 ||
            strcmp(fault.text, cases[i].text) != 0 || (cases[i].hint && strcmp(fault.hint, cases[i].hint) != 0))
            fail_msg("%s:\n %d %s\n %s\n %s", cases[i].expression, result, fault.where, fault.text, fault.hint);
    }
}

static void depth_and_size_are_bounded(void **state)
{
    const struct mapping_expression *expression;
    struct truc_fault fault = {0};
    char deep[256];
    memset(deep, '(', 200);
    deep[200] = 0;
    assert_int_equal(compile(*state, deep, &expression, &fault), TRUC_E_CONFIG);
    assert_string_equal(fault.text, "an expression nested deeper than 24");
    char *large = malloc(MAPPING_EXPRESSION_BYTES_MAX + 2);
    assert_non_null(large);
    memset(large, 'a', MAPPING_EXPRESSION_BYTES_MAX + 1);
    large[MAPPING_EXPRESSION_BYTES_MAX + 1] = 0;
    assert_int_equal(compile(*state, large, &expression, &fault), TRUC_E_LIMIT);
    free(large);
}

static void every_function_is_tried_above(void **state)
{
    (void)state;
    static const char *const tried[] = {
        "upper",         "lower",         "trim",     "concat",   "join",        "split",     "replace", "slice",
        "pad",           "nfc",           "fold",     "contains", "starts_with", "ends_with", "base64",  "unbase64",
        "base64_of_hex", "hex_of_base64", "sha256",   "int",      "number",      "string",    "bool",    "length",
        "first",         "last",          "required", "time",     "parse_time",  "after",
    };
    size_t count = 0;
    for (const struct mapping_function *function; (function = mapping_function_at(count)); count++)
        assert_string_equal(function->name, tried[count]);
    assert_int_equal(count, COUNT_OF(tried));
}

static void the_manual_lists_every_function(void **state)
{
    (void)state;
    static char manual[64 * 1024];
    FILE *stream = fopen(MANUAL, "rb");
    assert_non_null(stream);
    size_t size = fread(manual, 1, sizeof(manual) - 1, stream);
    fclose(stream);
    manual[size] = 0;
    for (size_t i = 0; mapping_function_at(i); i++) {
        char line[256];
        const struct mapping_function *function = mapping_function_at(i);
        snprintf(line, sizeof(line), "| `%s` | %s |\n", function->usage, function->what);
        if (!strstr(manual, line))
            fail_msg("docs/mapping.md lacks: %s", line);
    }
}

static void a_fault_never_quotes_a_value(void **state)
{
    char *value = evaluate(*state, "parse_time(\"038990000017\", \"yyyyMMddHHmmss\")");
    assert_non_null(value);
    assert_null(strstr(value, "0389"));
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(functions_over_texts, make_world, free_world),
        cmocka_unit_test_setup_teardown(functions_over_values, make_world, free_world),
        cmocka_unit_test_setup_teardown(times_by_pattern, make_world, free_world),
        cmocka_unit_test_setup_teardown(operators, make_world, free_world),
        cmocka_unit_test_setup_teardown(mistakes_say_where_and_what, make_world, free_world),
        cmocka_unit_test_setup_teardown(depth_and_size_are_bounded, make_world, free_world),
        cmocka_unit_test(every_function_is_tried_above),
        cmocka_unit_test(the_manual_lists_every_function),
        cmocka_unit_test_setup_teardown(a_fault_never_quotes_a_value, make_world, free_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
