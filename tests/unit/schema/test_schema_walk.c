/* Promise: every person concerned is found, and no reply field leaves beyond the agreement. */
#include "schema_test_set.h"

static struct schema_set *real;

static int setup(void **state)
{
    (void)state;
    real = test_set(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    schema_set_free(real);
    return 0;
}

static int join(void *context, const struct schema_field *field, const struct schema_value *value)
{
    assert_true(field->identity);
    struct buffer *out = context;
    buffer_append_bytes(out, value->bytes);
    buffer_append_byte(out, ' ');
    return buffer_failed(out);
}

static void test_all_persons_of_a_reply_are_found(void **state)
{
    (void)state;
    const struct schema_message *reply = test_type(real, "citizen.lookup")->reply;
    struct buffer
        found = {0},
        payload = test_payload(
            reply,
            "{\"identity_number\":\"038900000217\",\"old_identity_number\":\"\",\"name\":{\"given\":\"038900000999\"},"
            "\"father\":{\"identity_number\":\"038900000318\"},\"mother\":{\"old_identity_number\":\"170900419\"},"
            "\"spouse\":{},\"householder\":{\"identity_number\":\"038900000318\"}}");
    assert_int_equal(schema_each_identity(reply, buffer_view(&payload), join, &found), 0);
    assert_string_equal(buffer_string(&found), "038900000217 038900000318 170900419 038900000318 ");
    buffer_free(&found);
    buffer_free(&payload);
}

static void test_persons_in_lists_and_choices_are_found(void **state)
{
    (void)state;
    const struct schema_message *submitted = test_type(real, "dossier.submitted");
    const struct schema_message *verify = test_type(real, "citizen.verify");
    struct buffer
        found = {0},
        payload = test_payload(
            submitted,
            "{\"applicant\":{\"identity_documents\":[{\"number\":\"038900000217\"},{\"number\":\"B0000001\"}]},"
            "\"submitter\":{\"identity_number\":\"038900000555\"}}");
    assert_int_equal(schema_each_identity(submitted, buffer_view(&payload), join, &found), 0);
    assert_string_equal(buffer_string(&found), "038900000217 B0000001 038900000555 ");
    buffer_free(&payload);
    buffer_clear(&found);
    payload = test_payload(verify, "{\"old_identity_number\":\"170900419\",\"name\":\"Lê Văn Ba\"}");
    assert_int_equal(schema_each_identity(verify, buffer_view(&payload), join, &found), 0);
    assert_string_equal(buffer_string(&found), "170900419 ");
    buffer_free(&found);
    buffer_free(&payload);
}

static int stop(void *context, const struct schema_field *field, const struct schema_value *value)
{
    (void)field;
    (void)value;
    return ++*(int *)context == 1 ? 42 : 0;
}

static void test_the_walk_stops_when_told_and_on_malformed_bytes(void **state)
{
    (void)state;
    const struct schema_message *reply = test_type(real, "citizen.lookup")->reply;
    struct buffer payload =
        test_payload(reply, "{\"identity_number\":\"038900000217\",\"father\":{\"identity_number\":\"038900000318\"}}");
    int calls = 0;
    assert_int_equal(schema_each_identity(reply, buffer_view(&payload), stop, &calls), 42);
    assert_int_equal(calls, 1);
    calls = 1;
    struct bytes cut = bytes_of(payload.data, payload.size - 1);
    assert_int_equal(schema_each_identity(reply, cut, stop, &calls), TRUC_E_PAYLOAD);
    assert_int_equal(schema_each_identity(reply, BYTES_LITERAL("\x08\x01"), stop, &calls), TRUC_E_PAYLOAD);
    buffer_free(&payload);
}

static void test_only_agreed_fields_leave(void **state)
{
    (void)state;
    const struct schema_message *reply = test_type(real, "citizen.lookup")->reply;
    struct schema_path allowed[2];
    assert_int_equal(schema_path_compile(reply, bytes_string("name"), &allowed[0], NULL), 0);
    assert_int_equal(schema_path_compile(reply, bytes_string("father.name.full"), &allowed[1], NULL), 0);
    static const char *const cases[][2] = {
        {"{}", NULL},
        {"{\"name\":{\"family\":\"Lê\",\"given\":\"Ba\"}}", NULL},
        {"{\"father\":{\"name\":{\"full\":\"Lê Văn Tư\"}}}", NULL},
        {"{\"father\":{}}", NULL},
        {"{\"birth\":\"1990\"}", "birth"},
        {"{\"father\":{\"name\":{\"full\":\"Lê Văn Tư\",\"given\":\"Tư\"}}}", "father.name.given"},
        {"{\"father\":{\"identity_number\":\"038900000318\"}}", "father.identity_number"},
        {"{\"mother\":{}}", "mother"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer payload = test_payload(reply, cases[i][0]);
        struct truc_fault fault = {0};
        int result = schema_check_only(reply, buffer_view(&payload), allowed, COUNT_OF(allowed), &fault);
        assert_int_equal(result, cases[i][1] == NULL ? 0 : TRUC_E_REPLY_FIELDS);
        if (cases[i][1] != NULL)
            assert_string_equal(fault.where, cases[i][1]);
        buffer_free(&payload);
    }
    assert_int_equal(schema_check_only(reply, BYTES_LITERAL("\x98\x06\x01"), allowed, 2, NULL), TRUC_E_REPLY_FIELDS);
    assert_int_equal(schema_check_only(reply, BYTES_LITERAL("\x08"), allowed, 2, NULL), TRUC_E_PAYLOAD);
    assert_int_equal(schema_check_only(reply, BYTES_EMPTY, NULL, 0, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_persons_of_a_reply_are_found),
        cmocka_unit_test(test_persons_in_lists_and_choices_are_found),
        cmocka_unit_test(test_the_walk_stops_when_told_and_on_malformed_bytes),
        cmocka_unit_test(test_only_agreed_fields_leave),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
