/* Promise: a path that compiles reads what stands there, and one that doesn't says what was meant. */
#include "schema_test_set.h"

static struct schema_set *set, *real;
static const struct schema_message *every;

static int setup(void **state)
{
    (void)state;
    set = test_set("test");
    real = test_set(NULL);
    every = schema_set_find_version(set, bytes_string("test.every"), 1);
    return every == NULL;
}

static int teardown(void **state)
{
    (void)state;
    schema_set_free(set);
    schema_set_free(real);
    return 0;
}

static struct schema_path compiled(const struct schema_message *message, const char *text)
{
    struct schema_path path = {.step_count = 0};
    struct truc_fault fault = {0};
    if (schema_path_compile(message, bytes_string(text), &path, &fault) < 0)
        fail_msg("%s: %s", text, fault.text);
    return path;
}

static void test_compiled_paths_know_their_type(void **state)
{
    (void)state;
    const struct schema_message *submitted = test_type(real, "dossier.submitted");
    struct schema_path path = compiled(submitted, "procedure.service");
    assert_int_equal(path.step_count, 2);
    assert_false(path.repeated);
    assert_int_equal(schema_path_field(&path)->type, SCHEMA_ENUM);
    assert_string_equal(schema_path_field(&path)->title, "toàn trình / một phần");
    path = compiled(submitted, "documents.file.name");
    assert_true(path.repeated);
    assert_string_equal(schema_path_field(&path)->parent->full_name, "truc.common.v1.File");
}

static void test_wrong_paths_say_what_was_meant(void **state)
{
    (void)state;
    const struct schema_message *submitted = test_type(real, "dossier.submitted");
    struct schema_path path;
    struct truc_fault fault = {0};
    assert_int_equal(schema_path_compile(submitted, bytes_string("procedure.servise"), &path, &fault), TRUC_E_CONFIG);
    assert_non_null(strstr(fault.text, "has no field 'servise'"));
    assert_string_equal(fault.hint, "did you mean 'service' (enum, \"toàn trình / một phần\")?");
    assert_int_equal(schema_path_compile(submitted, bytes_string("agensy.code"), &path, &fault), TRUC_E_CONFIG);
    assert_string_equal(fault.text, "dossier.submitted has no field 'agensy.code'");
    assert_non_null(strstr(fault.hint, "'agency'"));
    assert_int_equal(schema_path_compile(submitted, bytes_string("zzzzzzzz"), &path, &fault), TRUC_E_CONFIG);
    assert_string_equal(fault.hint, "its fields: truc schema show dossier.submitted");
    assert_int_equal(schema_path_compile(submitted, bytes_string("code.letters"), &path, &fault), TRUC_E_CONFIG);
    assert_string_equal(fault.text, "'code' is of type string, so it has no field 'letters'");
}

static void test_malformed_paths_are_refused(void **state)
{
    (void)state;
    static const char too_long[] = "f_message.part.part.part.part.part.part.part.part.part.part.part.part.part."
                                   "part.part.part";
    static const char *const texts[] = {"",     ".",     "f_message.", ".f_message", "f_message..text", "f_message\n",
                                        "\xff", too_long};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct schema_path path = {.step_count = 99};
        assert_int_equal(schema_path_compile(every, bytes_string(texts[i]), &path, NULL), TRUC_E_CONFIG);
        assert_int_equal(path.step_count, 99); /* untouched */
    }
}

static void test_values_of_every_type_are_read(void **state)
{
    (void)state;
    struct buffer payload = test_payload(
        every,
        "{\"f_double\": 1.5, \"f_int64\": \"-9223372036854775808\", \"f_uint64\": \"18446744073709551615\","
        "\"f_sint32\": -3, \"f_sfixed32\": -4, \"f_bool\": true, \"f_string\": \"Thị xã\", \"f_enum\": \"dark-blue\","
        "\"f_message\": {\"part\": {\"text\": \"trong\"}}, \"f_bytes\": \"AAE=\", \"f_float\": 0.25}");
    struct schema_value value;
    struct schema_path path = compiled(every, "f_double");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_true(value.present && value.kind == SCHEMA_VALUE_REAL && value.real == 1.5);
    path = compiled(every, "f_float");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_true(value.kind == SCHEMA_VALUE_REAL && value.real == 0.25);
    path = compiled(every, "f_int64");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_true(value.kind == SCHEMA_VALUE_SIGNED && value.number == INT64_MIN);
    path = compiled(every, "f_uint64");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_true(value.kind == SCHEMA_VALUE_UNSIGNED && value.unsigned_number == UINT64_MAX);
    path = compiled(every, "f_sint32");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_int_equal(value.number, -3);
    path = compiled(every, "f_sfixed32");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_int_equal(value.number, -4);
    path = compiled(every, "f_bool");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_true(value.kind == SCHEMA_VALUE_BOOL && value.truth);
    path = compiled(every, "f_enum");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_string_equal(value.enum_value->word, "dark-blue");
    path = compiled(every, "f_message.part.text");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_true(value.kind == SCHEMA_VALUE_TEXT && bytes_equal_string(value.bytes, "trong"));
    path = compiled(every, "f_bytes");
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_true(value.kind == SCHEMA_VALUE_BYTES && bytes_equal(value.bytes, BYTES_LITERAL("\0\1")));
    buffer_free(&payload);
}

static void test_absent_values_are_defaults(void **state)
{
    (void)state;
    struct schema_value value;
    struct schema_path path = compiled(every, "f_enum");
    assert_int_equal(schema_path_read(&path, BYTES_EMPTY, &value), 0);
    assert_false(value.present);
    assert_string_equal(value.enum_value->word, "unspecified");
    path = compiled(every, "f_message.part.text");
    assert_int_equal(schema_path_read(&path, BYTES_EMPTY, &value), 0);
    assert_true(!value.present && value.kind == SCHEMA_VALUE_TEXT && value.bytes.size == 0);
}

struct gathered {
    char text[64];
    int stop_after, calls;
};

static int gather(void *context, const struct schema_field *field, const struct schema_value *value)
{
    struct gathered *gathered = context;
    assert_int_equal(field->type, SCHEMA_STRING);
    strncat(gathered->text, "|", sizeof gathered->text - strlen(gathered->text) - 1);
    strncat(gathered->text, (const char *)value->bytes.data, value->bytes.size);
    return ++gathered->calls == gathered->stop_after ? 7 : 0;
}

static int add(void *context, const struct schema_field *field, const struct schema_value *value)
{
    (void)field;
    *(int64_t *)context = *(int64_t *)context * 10 + value->number;
    return 0;
}

static void test_lists_are_walked_in_order(void **state)
{
    (void)state;
    struct buffer payload = test_payload(
        every,
        "{\"r_message\": [{\"text\": \"a\"}, {}, {\"text\": \"b\"}, {\"text\": \"c\"}], \"r_int32\": [1, 2, 3]}");
    struct schema_path path = compiled(every, "r_message.text");
    struct gathered all = {.stop_after = 0}, two = {.stop_after = 2};
    assert_int_equal(schema_path_each(&path, buffer_view(&payload), gather, &all), 0);
    assert_string_equal(all.text, "|a|b|c");
    assert_int_equal(schema_path_each(&path, buffer_view(&payload), gather, &two), 7);
    assert_string_equal(two.text, "|a|b");
    struct schema_value value;
    assert_int_equal(schema_path_read(&path, buffer_view(&payload), &value), 0);
    assert_true(bytes_equal_string(value.bytes, "a"));
    path = compiled(every, "r_int32");
    int64_t digits = 0;
    assert_int_equal(schema_path_each(&path, buffer_view(&payload), add, &digits), 0);
    assert_int_equal(digits, 123);
    digits = 0;
    assert_int_equal(schema_path_each(&path, BYTES_LITERAL("\xca\x01\x02\x04\x05\xc8\x01\x06"), add, &digits), 0);
    assert_int_equal(digits, 456); /* packed and unpacked together */
    buffer_free(&payload);
}

static void test_malformed_payloads_are_errors_not_values(void **state)
{
    (void)state;
    struct schema_path path = compiled(every, "f_message.text");
    struct schema_value value;
    assert_int_equal(schema_path_read(&path, BYTES_LITERAL("\x5a\x09\x0a"), &value), TRUC_E_PAYLOAD);
    assert_int_equal(schema_path_read(&path, BYTES_LITERAL("\x58\x01"), &value), TRUC_E_PAYLOAD);
    assert_int_equal(schema_path_read(&path, BYTES_LITERAL("\x5a\x03\x0a\x01\xff"), &value), TRUC_E_PAYLOAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compiled_paths_know_their_type),
        cmocka_unit_test(test_wrong_paths_say_what_was_meant),
        cmocka_unit_test(test_malformed_paths_are_refused),
        cmocka_unit_test(test_values_of_every_type_are_read),
        cmocka_unit_test(test_absent_values_are_defaults),
        cmocka_unit_test(test_lists_are_walked_in_order),
        cmocka_unit_test(test_malformed_payloads_are_errors_not_values),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
