/* test_cli_commands.c - the command table is whole, help comes from it, and mistakes are answered with a way on.
 * Commands that need nothing but themselves: help, version, explain.
 * Others have suites of their own. */
#include "cli_bench.h"

#include "policy_keys.h"
#include "policy_language.h"

#include "command_table.h"

#include <string.h>

static void test_every_command_explains_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_commands_count; i++) {
        const struct cli_command *command = &cli_commands[i];
        assert_non_null(command->run);
        assert_true(strlen(command->explanation) >= 10);
        assert_true(command->explanation[strlen(command->explanation) - 1] != '.');
        assert_true(command->operands_min <= command->operands_max);
        assert_true((command->operands_max > 0) == (*command->usage != '\0' && *command->usage != '-' &&
                                                    *command->usage != '(' && strncmp(command->usage, "[--", 3) != 0));
        for (const struct cli_option *option = command->options; option->name; option++) {
            assert_true(strlen(option->explanation) >= 5);
            for (const struct cli_option *common = cli_common_options; common->name; common++)
                assert_string_not_equal(option->name, common->name);
            for (const struct cli_option *other = command->options; other != option; other++)
                assert_string_not_equal(option->name, other->name);
        }
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(command->path, cli_commands[j].path);
    }
}

static void test_alone_it_lists_every_command(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(cli_bench_run(bench, (char *)NULL), CLI_OK);
    for (size_t i = 0; i < cli_commands_count; i++) {
        cli_bench_expect(bench->out, cli_commands[i].path);
        cli_bench_expect(bench->out, cli_commands[i].explanation);
    }
    assert_string_equal(bench->err, "");
}

static void test_help_shows_usage_and_every_option(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "help", "dead", "retry"), CLI_OK);
    cli_bench_expect(bench->out, "truc dead retry - queue dead letters again\n");
    cli_bench_expect(bench->out, "usage: truc dead retry (--destination SYSTEM");
    cli_bench_expect(bench->out, "--reason TEXT");
    cli_bench_expect(bench->out, "--output FORM");
    char *help = strdup(bench->out);
    assert_int_equal(RUN(bench, "dead", "retry", "--help"), CLI_OK);
    assert_string_equal(bench->out, help);
    free(help);
    assert_int_equal(RUN(bench, "help", "journal"), CLI_OK);
    cli_bench_expect(bench->out, "truc journal verify - ");
}

static void test_mistakes_get_a_way_on(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "chekc"), CLI_WRONG_USE);
    assert_string_equal(bench->err,
                        "truc: error: there is no command 'chekc' [ARGUMENT]\n  did you mean 'truc check'?\n");
    assert_string_equal(bench->out, "");
    assert_int_equal(RUN(bench, "jounal", "verify"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "did you mean 'truc journal verify'?");
    assert_int_equal(RUN(bench, "explain"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "usage: truc explain TOPIC");
    assert_int_equal(RUN(bench, "version", "now"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "'now' is one word too many");
    assert_int_equal(RUN(bench, "init"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "DIR is missing");
    assert_int_equal(RUN(bench, "stat"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "did you mean 'truc status'?");
    assert_int_equal(RUN(bench, "journal"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "'truc help journal' lists what follows 'journal'");
    assert_int_equal(RUN(bench, "journal", "proof", "--position", "x"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "'x' is not a whole number [ARGUMENT]\n  truc help journal proof\n");
    assert_int_equal(RUN(bench, "version", "--output", "xml"), CLI_WRONG_USE);
    assert_int_equal(RUN(bench, "help", "nothing-like-it"), CLI_NOT_SO);
}

static void test_mistakes_are_json_for_programs(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "--output", "json", "explain", "NO_ROUT"), CLI_NOT_SO);
    json_t *document = cli_bench_json(bench), *error = json_object_get(document, "error");
    assert_string_equal(json_string_value(json_object_get(error, "code")), "NOT_FOUND");
    assert_int_equal(json_integer_value(json_object_get(error, "number")), -TRUC_E_NOT_FOUND);
    assert_string_equal(json_string_value(json_object_get(error, "hint")), "did you mean NO_ROUTE?");
    assert_string_equal(bench->err, "");
    json_decref(document);
    assert_int_equal(RUN(bench, "no-such-thing", "--output", "json"), CLI_WRONG_USE);
    json_decref(cli_bench_json(bench));
    assert_int_equal(RUN(bench, "version", "--no-such", "--output=json"), CLI_WRONG_USE);
    json_decref(cli_bench_json(bench));
    assert_string_equal(bench->err, "");
}

static void test_help_is_json_for_programs(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "help", "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench);
    assert_int_equal(json_array_size(json_object_get(document, "commands")), cli_commands_count);
    json_decref(document);
    assert_int_equal(RUN(bench, "version", "--help", "--output", "json"), CLI_OK);
    document = cli_bench_json(bench);
    assert_string_equal(json_string_value(json_object_get(document, "command")), "version");
    json_decref(document);
    assert_int_equal(RUN(bench, "help", "dead", "--output", "json"), CLI_OK);
    document = cli_bench_json(bench);
    assert_int_equal(json_array_size(json_object_get(document, "commands")), 4);
    json_decref(document);
}

static void test_explain_knows_every_error_in_every_form(void **state)
{
    static const char *const forms[] = {"NO_ROUTE", "no_route", "no-route", "TRUC_E_NO_ROUTE", "47", "-47"};
    struct cli_bench *bench = *state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        assert_int_equal(RUN(bench, "explain", "--", forms[i]), CLI_OK);
        assert_string_equal(bench->out, "NO_ROUTE (47)\n  no route takes this message\n  whoever runs the bus sees "
                                        "with truc route explain what each route lacks\n");
    }
    assert_int_equal(RUN(bench, "explain", "9998"), CLI_NOT_SO);
    assert_int_equal(RUN(bench, "explain", "99999999999999999999"), CLI_NOT_SO);
}

static const char *text_member(const json_t *document, const char *name)
{
    const char *text = json_string_value(json_object_get(document, name));
    assert_non_null(text);
    return text;
}

static void test_explain_tells_all_of_every_error(void **state)
{
    static const struct {
        const char *name, *meaning, *hint;
        int number;
    } all[] = {
#define TRUC_ERROR(name, number, meaning, hint) {#name, meaning, hint, number},
#include <truc/error.def>
#undef TRUC_ERROR
    };
    struct cli_bench *bench = *state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s (%d)\n  %s\n  %s\n", all[i].name, all[i].number, all[i].meaning, all[i].hint);
        assert_int_equal(RUN(bench, "explain", all[i].name), CLI_OK);
        assert_int_equal(strncmp(bench->out, text, strlen(text)), 0); /* a key of that name may follow: RATE, rate */
        assert_int_equal(RUN(bench, "explain", all[i].name, "--output", "json"), CLI_OK);
        json_t *document = cli_bench_json(bench);
        assert_string_equal(text_member(document, "code"), all[i].name);
        assert_int_equal(json_integer_value(json_object_get(document, "number")), all[i].number);
        assert_string_equal(text_member(document, "meaning"), all[i].meaning);
        assert_string_equal(text_member(document, "hint"), all[i].hint);
        json_decref(document);
    }
}

static int explain_key(void *context, const struct policy_language_key *key)
{
    struct cli_bench *bench = context;
    const char *const forms[] = {key->path, strrchr(key->path, '.') + 1};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        assert_int_equal(RUN(bench, "explain", forms[i]), CLI_OK);
        cli_bench_expect(bench->out, key->key->explanation);
    }
    assert_int_equal(RUN(bench, "explain", key->path), CLI_OK);
    cli_bench_expect(bench->out, key->path);
    assert_int_equal(RUN(bench, "explain", key->path, "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench);
    cli_bench_expect(text_member(document, "configuration"), key->key->explanation);
    json_decref(document);
    char object[256];
    snprintf(object, sizeof object, "%.*s", (int)(strrchr(key->path, '.') - key->path), key->path);
    assert_int_equal(RUN(bench, "explain", object), CLI_OK); /* the object it is in lists it */
    cli_bench_expect(bench->out, key->key->explanation);
    return 0;
}

static void test_explain_knows_every_key_of_the_configuration(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(policy_language_each(explain_key, bench), 0);
    assert_int_equal(RUN(bench, "explain", "routes.order-by"), CLI_OK);
    assert_string_equal(bench->out,
                        "route.order-by: routes/*.yaml\n"
                        "  order-by         dossier, subject, ordering-key or none\n"
                        "                   what keeps its order: dossier (the subject), ordering-key, or none; "
                        "dossier when not given\n");
    assert_int_equal(RUN(bench, "explain", "rate"), CLI_OK); /* an error and a key */
    cli_bench_expect(bench->out, "RATE (");
    cli_bench_expect(bench->out, "agreement.rate: agreements/*.yaml\n");
    assert_int_equal(RUN(bench, "explain", "order-bye"), CLI_NOT_SO);
    cli_bench_expect(bench->err, "did you mean 'order-by'?");
}

static void test_explain_answers_programs(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "explain", "SECRET", "--output=json"), CLI_OK);
    json_t *document = cli_bench_json(bench);
    assert_string_equal(json_string_value(json_object_get(document, "code")), "SECRET");
    assert_int_equal(json_integer_value(json_object_get(document, "number")), 43);
    assert_true(json_is_string(json_object_get(document, "meaning")) &&
                json_is_string(json_object_get(document, "hint")));
    json_decref(document);
}

static void test_version_names_what_it_speaks(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "version"), CLI_OK);
    cli_bench_expect(bench->out, ", wire protocol 1, journal format 1\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_bench_setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_explains_itself),
        TEST(test_alone_it_lists_every_command),
        TEST(test_help_shows_usage_and_every_option),
        TEST(test_mistakes_get_a_way_on),
        TEST(test_mistakes_are_json_for_programs),
        TEST(test_help_is_json_for_programs),
        TEST(test_explain_knows_every_error_in_every_form),
        TEST(test_explain_tells_all_of_every_error),
        TEST(test_explain_knows_every_key_of_the_configuration),
        TEST(test_explain_answers_programs),
        TEST(test_version_names_what_it_speaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
