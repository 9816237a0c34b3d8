/* Promise: JSON and the wire form carry the same values both ways, and masked JSON shows nobody. */
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

static void check_json(const struct schema_message *message, const char *json,
                       const struct schema_json_options *options, const char *wanted)
{
    struct buffer payload = test_payload(message, json), out = {0};
    struct truc_fault fault = {0};
    assert_int_equal(schema_validate(message, buffer_view(&payload), NULL, &fault), 0);
    assert_int_equal(schema_to_json(message, buffer_view(&payload), options, &out, &fault), 0);
    assert_string_equal(buffer_string(&out), wanted);
    buffer_free(&payload);
    buffer_free(&out);
}

static void test_every_type_goes_there_and_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"f_double\":0.1,\"f_float\":0.1,\"f_int64\":\"-9223372036854775808\",\"f_uint64\":\"18446744073709551615\","
        "\"f_int32\":-2147483648,\"f_fixed64\":\"1\",\"f_fixed32\":4294967295,\"f_bool\":true,"
        "\"f_string\":\"Nguyễn \\\"Văn\\\" \\\\ A\\n\\u0001\","
        "\"f_message\":{\"text\":\"x\",\"parts\":[{},{\"text\":\"y\"}]},"
        "\"f_bytes\":\"AP8=\",\"f_uint32\":4294967295,\"f_enum\":\"COLOUR_BEYOND\",\"f_sfixed32\":-1,"
        "\"f_sfixed64\":\"-1\",\"f_sint32\":-2147483648,\"f_sint64\":\"9223372036854775807\"}",
        "{\"r_int32\":[0,-1,2147483647],\"r_double\":[1e+300,-0.5,\"NaN\",\"Infinity\",\"-Infinity\"],"
        "\"r_bool\":[true,false],\"r_string\":[\"\",\"a\"],\"r_message\":[{}],\"r_enum\":[\"COLOUR_UNSPECIFIED\"],"
        "\"r_fixed32\":[1],\"r_bytes\":[\"\",\"AA==\"]}",
        "{\"c_text\":\"\"}", /* a chosen empty text is a choice */
        "{\"c_number\":0}",
        "{\"c_part\":{}}",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        check_json(every, texts[i], NULL, texts[i]);
}

static void test_equal_json_gives_equal_bytes(void **state)
{
    (void)state;
    struct buffer one = test_payload(every, "{\"f_string\": \"a\", \"f_int32\": 5, \"f_bool\": false}");
    struct buffer two = test_payload(every, " {\"f_int32\":5.0,\"f_bool\":null,\"f_string\":\"\\u0061\"}\n");
    assert_true(bytes_equal(buffer_view(&one), BYTES_LITERAL("\x28\x05\x4a\x01"
                                                             "a")));
    assert_true(bytes_equal(buffer_view(&one), buffer_view(&two)));
    buffer_free(&one);
    buffer_free(&two);
}

static void test_enums_and_instants_in_all_their_forms(void **state)
{
    (void)state;
    const struct schema_json_options people = {.words = true, .instants = true};
    check_json(every, "{\"f_enum\": \"dark-blue\"}", NULL, "{\"f_enum\":\"COLOUR_DARK_BLUE\"}");
    check_json(every, "{\"f_enum\": 2}", &people, "{\"f_enum\":\"dark-blue\"}");
    check_json(every, "{\"f_instant\": \"2026-11-23T14:03:07.118+07:00\"}", NULL,
               "{\"f_instant\":\"1795417387118000000\"}");
    check_json(every, "{\"f_instant\": 1795417387118000000}", &people,
               "{\"f_instant\":\"2026-11-23T07:03:07.118000000Z\"}");
}

static void test_pretty_json_is_for_people(void **state)
{
    (void)state;
    const struct schema_json_options pretty = {.pretty = true};
    check_json(every, "{\"f_int32\":1,\"f_message\":{},\"r_int32\":[1,2],\"r_message\":[{\"text\":\"a\"}]}", &pretty,
               "{\n  \"f_int32\": 1,\n  \"f_message\": {},\n  \"r_int32\": [\n    1,\n    2\n  ],\n"
               "  \"r_message\": [\n    {\n      \"text\": \"a\"\n    }\n  ]\n}");
    check_json(every, "{}", &pretty, "{}");
}

static void test_text_cannot_reach_into_a_terminal(void **state)
{
    (void)state;
    struct buffer out = {0};
    assert_int_equal(schema_to_json(every,
                                    BYTES_LITERAL("\x4a\x06\x1b[\x7f\xc2\x9b"
                                                  "A"),
                                    NULL, &out, NULL),
                     0);
    assert_string_equal(buffer_string(&out), "{\"f_string\":\"\\u001b[\\u007f\\u009bA\"}");
    buffer_free(&out);
}

static void test_masked_json_shows_nobody(void **state)
{
    (void)state;
    const struct schema_json_options masked = {.mask = true};
    check_json(test_type(real, "dossier.submitted"),
               "{\"code\":\"H56.14-261123-0042\",\"applicant\":{\"name\":\"Nguyễn Thị Ánh Tuyết\","
               "\"identity_number\":\"038900000217\",\"kind\":\"person\",\"phone\":\"0900000000\","
               "\"address\":\"Phường Hạc Thành\"}}",
               &masked,
               "{\"code\":\"H56.14-261123-0042\",\"applicant\":{\"name\":\"•••\",\"identity_number\":\"…217\","
               "\"kind\":\"APPLICANT_KIND_PERSON\",\"phone\":\"•••\",\"address\":\"•••\"}}");
    check_json(every,
               "{\"hidden_name\":\"Đỗ\",\"hidden_number\":37,\"hidden_part\":{\"text\":\"vợ\"},"
               "\"hidden_list\":[\"a\",\"b\"]}",
               &masked,
               "{\"hidden_name\":\"•••\",\"hidden_number\":\"•••\","
               "\"hidden_part\":\"•••\",\"hidden_list\":[\"•••\",\"•••\"]}");
    /* a short number is masked whole, characters are never cut apart, and the tail is still escaped */
    check_json(every, "{\"f_message\":{\"person\":\"1234567\"}}", &masked, "{\"f_message\":{\"person\":\"•••\"}}");
    check_json(every, "{\"f_message\":{\"person\":\"12345ăăă\"}}", &masked, "{\"f_message\":{\"person\":\"…ăăă\"}}");
    check_json(every, "{\"f_message\":{\"person\":\"123456\\\"78\"}}", &masked,
               "{\"f_message\":{\"person\":\"…\\\"78\"}}");
}

static void test_json_that_does_not_fit_is_refused_with_its_path(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"f_message\":{\"txt\":\"a\"}}", "f_message"},
        {"{\"f_string\":5}", "f_string"},
        {"{\"f_string\":[\"a\"]}", "f_string"},
        {"{\"f_message\":\"a\"}", "f_message"},
        {"{\"f_message\":[]}", "f_message"},
        {"{\"r_string\":\"a\"}", "r_string[0]"},
        {"{\"r_string\":[\"a\",null]}", "r_string[1]"},
        {"{\"r_message\":[{},{\"part\":{\"text\":1}}]}", "r_message[1].part.text"},
        {"{\"r_int32\":[1,\"x\"]}", "r_int32[1]"},
        {"{\"f_int32\":2147483648}", "f_int32"},
        {"{\"f_int32\":-2147483649}", "f_int32"},
        {"{\"f_int32\":1.5}", "f_int32"},
        {"{\"f_int32\":\"\"}", "f_int32"},
        {"{\"f_int32\":\" 1\"}", "f_int32"},
        {"{\"f_int32\":\"0x1\"}", "f_int32"},
        {"{\"f_uint32\":-1}", "f_uint32"},
        {"{\"f_uint32\":4294967296}", "f_uint32"},
        {"{\"f_uint64\":\"18446744073709551616\"}", "f_uint64"},
        {"{\"f_int64\":\"9223372036854775808\"}", "f_int64"},
        {"{\"f_int64\":1e300}", "f_int64"},
        {"{\"f_double\":\"1\"}", "f_double"},
        {"{\"f_float\":1e39}", "f_float"},
        {"{\"f_bool\":1}", "f_bool"},
        {"{\"f_bool\":\"true\"}", "f_bool"},
        {"{\"f_bytes\":\"A\"}", "f_bytes"},
        {"{\"f_bytes\":\"AB==\"}", "f_bytes"}, /* bits set that no byte holds */
        {"{\"f_enum\":\"blue\"}", "f_enum"},
        {"{\"f_enum\":3}", "f_enum"},
        {"{\"f_instant\":\"yesterday\"}", "f_instant"},
        {"{\"c_text\":\"a\",\"c_number\":1}", "c_number"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer out = {0};
        buffer_append_string(&out, "kept");
        struct truc_fault fault = {0};
        int result = schema_from_json(every, bytes_string(cases[i][0]), &out, &fault);
        if (result != TRUC_E_PAYLOAD || strcmp(fault.where, cases[i][1]) != 0)
            fail_msg("%s: %d at '%s': %s", cases[i][0], result, fault.where, fault.text);
        assert_string_equal(buffer_string(&out), "kept");
        buffer_free(&out);
    }
}

static void test_what_is_no_json_is_refused_by_its_place(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "\"a\"",
                                        "{\"f_int32\":1,\"f_int32\":1}",
                                        "{\"f_string\":\"\\u0000\"}",
                                        "{\"f_string\":\"\xff\"}",
                                        "{} {}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct buffer out = {0};
        struct truc_fault fault = {0};
        assert_int_equal(schema_from_json(every, bytes_string(texts[i]), &out, &fault), TRUC_E_PAYLOAD);
        assert_int_equal(out.size, 0);
        assert_true(fault.text[0] != '\0');
        buffer_free(&out);
    }
}

static void test_unknown_members_get_a_hint(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct truc_fault fault = {0};
    assert_int_equal(schema_from_json(every, bytes_string("{\"f_strng\":\"a\"}"), &out, &fault), TRUC_E_PAYLOAD);
    assert_string_equal(fault.text, "test.v1.Every has no field 'f_strng'");
    assert_string_equal(fault.hint, "did you mean 'f_string'?");
    assert_int_equal(schema_from_json(every, bytes_string("{\"f_enum\":\"blue\"}"), &out, &fault), TRUC_E_PAYLOAD);
    assert_non_null(strstr(fault.hint, "dark-blue"));
    buffer_free(&out);
}

static void test_deep_json_is_refused(void **state)
{
    (void)state;
    struct buffer json = {0}, out = {0};
    buffer_append_string(&json, "{\"f_message\":");
    for (int i = 0; i < 1000; i++)
        buffer_append_string(&json, "{\"part\":");
    buffer_append_string(&json, "{}");
    for (int i = 0; i < 1001; i++)
        buffer_append_string(&json, "}");
    struct truc_fault fault = {0};
    assert_int_equal(schema_from_json(every, buffer_view(&json), &out, &fault), TRUC_E_PAYLOAD);
    assert_non_null(strstr(fault.text, "nested"));
    buffer_free(&json);
    buffer_free(&out);
}

static void test_a_full_buffer_keeps_what_it_held(void **state)
{
    (void)state;
    struct buffer payload = test_payload(every, "{\"f_string\":\"a long enough text\"}"), small = {.size_max = 10};
    buffer_append_string(&small, "kept");
    assert_int_equal(schema_to_json(every, buffer_view(&payload), NULL, &small, NULL), TRUC_E_LIMIT);
    assert_int_equal(small.size, 4);
    buffer_free(&small);
    small.size_max = 10;
    assert_int_equal(schema_from_json(every, bytes_string("{\"f_string\":\"a long enough text\"}"), &small, NULL),
                     TRUC_E_LIMIT);
    assert_int_equal(small.size, 0);
    buffer_free(&payload);
    buffer_free(&small);
}

static void test_malformed_payloads_are_not_shown(void **state)
{
    (void)state;
    struct buffer out = {0};
    assert_int_equal(schema_to_json(every,
                                    BYTES_LITERAL("\x4a\x05"
                                                  "a"),
                                    NULL, &out, NULL),
                     TRUC_E_PAYLOAD);
    assert_int_equal(out.size, 0);
    assert_int_equal(schema_to_json(every, BYTES_LITERAL("\x50\x05\x40\x01"), NULL, &out, NULL), 0);
    assert_string_equal(buffer_string(&out), "{\"f_bool\":true}");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_goes_there_and_back),
        cmocka_unit_test(test_equal_json_gives_equal_bytes),
        cmocka_unit_test(test_enums_and_instants_in_all_their_forms),
        cmocka_unit_test(test_pretty_json_is_for_people),
        cmocka_unit_test(test_text_cannot_reach_into_a_terminal),
        cmocka_unit_test(test_masked_json_shows_nobody),
        cmocka_unit_test(test_json_that_does_not_fit_is_refused_with_its_path),
        cmocka_unit_test(test_what_is_no_json_is_refused_by_its_place),
        cmocka_unit_test(test_unknown_members_get_a_hint),
        cmocka_unit_test(test_deep_json_is_refused),
        cmocka_unit_test(test_a_full_buffer_keeps_what_it_held),
        cmocka_unit_test(test_malformed_payloads_are_not_shown),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
