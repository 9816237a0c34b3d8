/* Promise: a set says what its .proto files say, and what the bus can't read safely is refused with a reason. */
#include "schema_test_set.h"

#include <stdio.h>
#include <stdlib.h>

static void test_project_schemas_load_with_their_marks(void **state)
{
    (void)state;
    struct schema_set *set = test_set(NULL);
    const struct schema_message *submitted = test_type(set, "dossier.submitted");
    assert_string_equal(submitted->full_name, "truc.dossier.v1.Submitted");
    assert_string_equal(submitted->title, "Hồ sơ được nộp");
    assert_int_equal(submitted->version, 1);
    assert_int_equal(submitted->kind, SCHEMA_KIND_EVENT);
    assert_true(submitted->has_personal);
    assert_null(submitted->reply);
    assert_ptr_equal(schema_set_find_message(set, bytes_string("truc.dossier.v1.Submitted")), submitted);

    const struct schema_field *applicant = schema_find_field(submitted, bytes_string("applicant"));
    assert_non_null(applicant);
    assert_int_equal(applicant->type, SCHEMA_MESSAGE);
    const struct schema_field *number = schema_find_field(applicant->message, bytes_string("identity_number"));
    assert_true(number->identity);
    assert_string_equal(number->title, "Số giấy tờ chủ hồ sơ");
    assert_string_equal(number->comment, "SoGiayToChuHoSo");
    const struct schema_field *name = schema_find_field(applicant->message, bytes_string("name"));
    assert_int_equal(name->personal, SCHEMA_PERSONAL_NAME);
    assert_true(schema_find_field(submitted, bytes_string("submitted_at"))->instant);
    assert_true(schema_find_field(submitted, bytes_string("documents"))->repeated);
    schema_set_free(set);
}

static void test_requests_know_their_reply(void **state)
{
    (void)state;
    struct schema_set *set = test_set(NULL);
    const struct schema_message *verify = test_type(set, "citizen.verify");
    assert_int_equal(verify->kind, SCHEMA_KIND_REQUEST);
    assert_non_null(verify->reply);
    assert_string_equal(verify->reply->full_name, "truc.population.v1.CitizenVerifyReply");
    assert_int_equal(verify->reply->kind, SCHEMA_KIND_REPLY);
    assert_false(verify->reply->has_personal); /* a yes or no tells nothing about whom it was */
    assert_true(test_type(set, "citizen.lookup")->reply->has_personal);
    schema_set_free(set);
}

static void test_national_numbers_are_kept(void **state)
{
    (void)state;
    struct schema_set *set = test_set(NULL);
    const struct schema_field *status = schema_find_field(test_type(set, "dossier.progress"), bytes_string("status"));
    assert_int_equal(schema_enum_find(status->enumeration, bytes_string("supplement-requested"))->number, 5);
    assert_int_equal(schema_enum_find(status->enumeration, bytes_string("STATUS_RESULT_DELIVERED"))->number, 10);
    assert_string_equal(schema_enum_find(status->enumeration, bytes_string("8"))->title, "Dừng xử lý");
    assert_string_equal(schema_enum_number(status->enumeration, 1)->word, "registered");
    assert_null(schema_enum_number(status->enumeration, 11));
    assert_null(schema_enum_find(status->enumeration, bytes_string("")));
    schema_set_free(set);
}

static void test_types_are_found_by_version_and_likeness(void **state)
{
    (void)state;
    struct schema_set *set = test_set("test");
    assert_int_equal(schema_set_type_count(set), 3);
    assert_string_equal(schema_set_type(set, 2)->type, "test.every-other");
    assert_null(schema_set_type(set, 3));
    assert_int_equal(test_type(set, "test.every")->version, 2);
    assert_string_equal(schema_set_find_version(set, bytes_string("test.every"), 1)->full_name, "test.v1.Every");
    assert_null(schema_set_find_version(set, bytes_string("test.every"), 3));
    assert_null(schema_set_find_type(set, bytes_string("test.ever")));
    assert_null(schema_set_find_type(set, bytes_string("test.every-")));
    assert_null(schema_set_find_type(set, BYTES_EMPTY));
    assert_string_equal(schema_set_nearest_type(set, bytes_string("test.evry"))->type, "test.every");
    assert_null(schema_set_nearest_type(set, bytes_string("payment.start")));
    schema_set_free(set);
}

static void test_enum_words(void **state)
{
    (void)state;
    struct schema_set *set = test_set("test");
    const struct schema_message *every = schema_set_find_version(set, bytes_string("test.every"), 1);
    const struct schema_enum *colour = schema_find_field(every, bytes_string("f_enum"))->enumeration;
    assert_string_equal(schema_enum_number(colour, 2)->word, "dark-blue");
    assert_string_equal(schema_enum_number(colour, -7)->word, "beyond");
    assert_string_equal(schema_enum_number(colour, 4)->word, "colour-3d"); /* a word doesn't begin with a digit */
    schema_set_free(set);
}

static void test_personal_marks_reach_every_message_around_them(void **state)
{
    (void)state;
    struct schema_set *set = test_set("test");
    assert_true(schema_set_find_message(set, bytes_string("test.v1.Part"))->has_personal);
    assert_true(schema_set_find_message(set, bytes_string("test.v1.Near"))->has_personal);
    assert_true(schema_set_find_message(set, bytes_string("test.v1.Far"))->has_personal);
    assert_false(schema_set_find_message(set, bytes_string("test.v1.Loop"))->has_personal);
    schema_set_free(set);
}

static void test_unsafe_sets_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"refused_map", "map"},
        {"refused_group", "group"},
        {"refused_identity_on_number", "belongs on a string"},
        {"refused_no_version", "(truc.version)"},
        {"refused_kind_without_type", "no (truc.type)"},
        {"refused_reply_missing", "test.v1.Nowhere"},
        {"refused_twice", "both claim"},
        {"refused_proto2", "proto3"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct schema_set *set = NULL;
        struct truc_fault fault = {0};
        assert_int_equal(test_set_try(cases[i][0], &set, &fault), TRUC_E_CONFIG);
        assert_null(set);
        if (strstr(fault.text, cases[i][1]) == NULL)
            fail_msg("%s: '%s' does not say '%s'", cases[i][0], fault.text, cases[i][1]);
    }
}

/* DescriptorProto.nested_type (3) in itself: 34 KB of this overflow protobuf-c's stack. */
static void test_ten_thousand_deep_descriptors_are_refused(void **state)
{
    (void)state;
    struct buffer set = test_nested(10000, 0x0a, 0x22, 0x1a);
    struct schema_set *loaded = NULL;
    assert_int_equal(schema_set_load(buffer_view(&set), &loaded, NULL), TRUC_E_LIMIT);
    assert_null(loaded);
    buffer_free(&set);
}

static void test_damaged_sets_never_crash(void **state)
{
    (void)state;
    char path[1024];
    snprintf(path, sizeof path, "%s/test.descriptors", TEST_DESCRIPTORS_FOLDER);
    struct buffer content = test_read_file(path);
    size_t refused = 0;
    for (size_t cut = 0; cut < content.size; cut += 7) {
        uint8_t *copy = malloc(cut + 1); /* own memory, so that reading past the cut is seen */
        memcpy(copy, content.data, cut);
        struct schema_set *set = NULL;
        struct truc_fault fault = {0};
        if (schema_set_load(bytes_of(copy, cut), &set, &fault) < 0) {
            refused++;
            assert_null(set);
            assert_true(fault.text[0] != '\0');
        }
        schema_set_free(set);
        free(copy);
    }
    assert_true(refused > content.size / 7 - 10); /* a cut between two files may leave a smaller valid set */
    for (size_t at = 0; at < content.size; at += 5) {
        struct schema_set *set = NULL;
        content.data[at] ^= 0x5a;
        schema_set_load(buffer_view(&content), &set, NULL);
        schema_set_free(set);
        content.data[at] ^= 0x5a;
    }
    struct schema_set *set = NULL;
    assert_int_equal(schema_set_load(buffer_view(&content), &set, NULL), 0);
    schema_set_free(set);
    buffer_free(&content);
    assert_int_equal(schema_set_load(BYTES_EMPTY, &set, NULL), TRUC_E_CONFIG);
    schema_set_free(NULL);
}

static void test_description_names_paths_marks_and_titles(void **state)
{
    (void)state;
    struct schema_set *set = test_set(NULL);
    struct buffer out = {0};
    assert_int_equal(schema_describe(test_type(set, "dossier.submitted"), NULL, &out), 0);
    const char *text = buffer_string(&out);
    assert_non_null(strstr(text, "dossier.submitted version 1, event"));
    assert_non_null(strstr(text, "carries personal data"));
    assert_non_null(strstr(text, "procedure.service "));
    assert_non_null(strstr(text, "unspecified|none|partial|full"));
    assert_non_null(strstr(text, "Số giấy tờ chủ hồ sơ [identity number]"));
    buffer_free(&out);
    schema_set_free(set);
    set = test_set("test"); /* Part holds itself: the description ends all the same */
    assert_int_equal(schema_describe(schema_set_find_version(set, bytes_string("test.every"), 1), NULL, &out), 0);
    assert_true(out.size < 20000);
    buffer_free(&out);
    schema_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_project_schemas_load_with_their_marks),
        cmocka_unit_test(test_requests_know_their_reply),
        cmocka_unit_test(test_national_numbers_are_kept),
        cmocka_unit_test(test_types_are_found_by_version_and_likeness),
        cmocka_unit_test(test_enum_words),
        cmocka_unit_test(test_personal_marks_reach_every_message_around_them),
        cmocka_unit_test(test_unsafe_sets_are_refused_with_a_reason),
        cmocka_unit_test(test_ten_thousand_deep_descriptors_are_refused),
        cmocka_unit_test(test_damaged_sets_never_crash),
        cmocka_unit_test(test_description_names_paths_marks_and_titles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
