/* test_cli_replay.c - what a replay makes of content, and when each message is due: pseudonyms by the schema's marks, a pace without a clock.
 * Not the way into a sandbox (tests/integration/replay). No number here can be anybody's (fourth digit 9).
 * Payloads are real types of the bus; the pseudonyms are checked by their form, never by one key's choice. */
#include "cmocka_start.h"

#include "masked_payload.h"
#include "replay_message.h"
#include "replay_pace.h"
#include "schema_test_set.h"
#include "text.h"

#include <jansson.h>
#include <stdlib.h>

#define NUMBER  "038999000217"
#define DOSSIER "H56.14-261126-0001"
#define PAYLOAD                                                                                                        \
    "{\"code\":\"" DOSSIER "\",\"procedure\":{\"code\":\"1.005129\",\"service\":\"full\"},"                            \
    "\"agency\":{\"code\":\"H56.14\",\"name\":\"Sở của " NUMBER "\"},"                                                 \
    "\"applicant\":{\"name\":\"NGUYỄN THỊ A\",\"identity_number\":\"" NUMBER "\",\"phone\":\"0912345678\","            \
    "\"email\":\"a@congdan.vn\",\"address\":\"Số 1, phường Đông Vệ\",\"birth\":\"1990-04-30\","               \
    "\"identity_documents\":[{\"kind\":\"citizen-card\",\"number\":\"" NUMBER "\"}]},"                                 \
    "\"summary\":\"Bà Nguyễn Thị A xin cấp giấy\"}"

static const struct pseudonym_key key = {{1, 2, 3}}, other_key = {{4, 5, 6}};

struct made {
    struct buffer payload;
    json_t *json;
    char *text;
};

static struct made mask_with(const struct pseudonym_key *with, const struct schema_message *schema, const char *json)
{
    struct made made = {.json = NULL};
    struct masked_identities identities = {.count = 0};
    struct truc_fault fault = {0};
    struct buffer payload = test_payload(schema, json), text = {0};
    if (masked_payload(with, schema, buffer_view(&payload), &identities, &made.payload, &fault) < 0)
        fail_msg("%s: %s", fault.where, fault.text);
    assert_int_equal(schema_to_json(schema, buffer_view(&made.payload), NULL, &text, NULL), 0);
    made.text = strdup(buffer_string(&text));
    made.json = json_loads(made.text, 0, NULL);
    assert_non_null(made.json);
    masked_identities_free(&identities);
    buffer_free(&payload);
    buffer_free(&text);
    return made;
}

static void made_free(struct made *made)
{
    buffer_free(&made->payload);
    json_decref(made->json);
    free(made->text);
}

static const char *member(const struct made *made, const char *name)
{
    const char *text = json_string_value(json_object_get(json_object_get(made->json, "applicant"), name));
    assert_non_null(text);
    return text;
}

static void test_what_is_marked_becomes_somebody_else_and_the_rest_stays(void **state)
{
    struct schema_set *set = test_set(NULL);
    const struct schema_message *schema = test_type(set, "dossier.submitted");
    struct made made = mask_with(&key, schema, PAYLOAD);
    (void)state;
    assert_null(strstr(made.text, NUMBER)); /* nor in the agency's name, which has no mark */
    assert_null(strstr(made.text, "0912345678"));
    assert_null(strstr(made.text, "congdan"));
    assert_null(strstr(made.text, "1990"));
    assert_null(strstr(made.text, "Thị A"));
    assert_null(strstr(made.text, "THỊ A"));
    assert_non_null(strstr(made.text, DOSSIER));
    assert_non_null(strstr(made.text, "1.005129"));
    const char *number = member(&made, "identity_number");
    assert_int_equal(strlen(number), 12);
    assert_int_equal(strspn(number, "0123456789"), 12);
    assert_int_equal(number[3], '9');
    const json_t *papers = json_object_get(json_object_get(made.json, "applicant"), "identity_documents");
    assert_string_equal(json_string_value(json_object_get(json_array_get(papers, 0), "number")), number);
    assert_non_null(strchr(member(&made, "name"), ' ')); /* a whole name, in capitals as it was */
    assert_null(strpbrk(member(&made, "name"), "abcdeghiklmnopqrstuvxy"));
    assert_memory_equal(member(&made, "phone"), "01", 2); /* no number begins so */
    assert_int_equal(strlen(member(&made, "phone")), 10);
    assert_non_null(strstr(member(&made, "email"), "@example.com"));
    assert_int_equal(strlen(member(&made, "birth")), 10);
    made_free(&made);
    schema_set_free(set);
}

static void test_one_person_stays_one_person_under_one_key(void **state)
{
    struct schema_set *set = test_set(NULL);
    const struct schema_message *schema = test_type(set, "dossier.submitted");
    struct made first = mask_with(&key, schema, PAYLOAD), again = mask_with(&key, schema, PAYLOAD);
    struct made other = mask_with(&other_key, schema, PAYLOAD);
    struct made lower =
        mask_with(&key, schema, "{\"applicant\":{\"name\":\"Nguyễn Thị A\",\"identity_number\":\"" NUMBER "\"}}");
    (void)state;
    assert_true(bytes_equal(buffer_view(&first.payload), buffer_view(&again.payload)));
    assert_string_equal(member(&lower, "identity_number"), member(&first, "identity_number"));
    assert_string_not_equal(member(&other, "identity_number"), member(&first, "identity_number"));
    struct buffer upper = {0};
    assert_int_equal(text_to_upper(bytes_string(member(&lower, "name")), &upper), 0);
    assert_true(bytes_equal_string(buffer_view(&upper), member(&first, "name")));
    buffer_free(&upper);
    made_free(&first);
    made_free(&again);
    made_free(&other);
    made_free(&lower);
    schema_set_free(set);
}

/* Every wire type, also below a marked message; what comes out fits the schema, which masked_payload itself asks. */
static void test_every_type_of_field_is_masked(void **state)
{
    struct schema_set *set = test_set("test");
    const struct schema_message *schema = schema_set_find_version(set, bytes_string("test.every"), 1);
    struct made made = mask_with(&key, schema,
                                 "{\"f_string\":\"như cũ\",\"f_int32\":-5,\"r_int32\":[1,2],\"f_bytes\":\"AQID\","
                                 "\"hidden_name\":\"Trần Văn B\",\"hidden_number\":-731,"
                                 "\"hidden_list\":[\"0912345678\",\"+84912345678\"]}");
    (void)state;
    assert_non_null(strstr(made.text, "như cũ"));
    assert_int_equal(json_integer_value(json_object_get(made.json, "f_int32")), -5);
    assert_non_null(strstr(made.text, "AQID"));
    json_int_t hidden = json_integer_value(json_object_get(made.json, "hidden_number"));
    assert_in_range(-hidden, 100, 999);
    assert_null(strstr(made.text, "Trần Văn B"));
    const json_t *list = json_object_get(made.json, "hidden_list");
    assert_memory_equal(json_string_value(json_array_get(list, 1)), "+841", 4);
    made_free(&made);
    schema_set_free(set);
}

/* What stands below a marked message is personal whatever its type; the pseudonym has the type still. */
static void test_every_type_below_a_marked_message_is_masked(void **state)
{
    struct schema_set *set = test_set("test");
    const struct schema_message *schema = schema_set_find_version(set, bytes_string("test.every"), 1);
    static const char inner[] =
        "{\"f_double\":2.5,\"f_float\":1.5,\"f_int64\":\"-77123\",\"f_uint64\":\"9007199254740\",\"f_int32\":-4711,\"f_"
        "fixed64\":\"88123\","
        "\"f_fixed32\":99123,\"f_string\":\"bệnh "
        "án\",\"f_bytes\":\"AQIDBAUGBwg=\",\"f_uint32\":12345,\"f_enum\":\"red\","
        "\"f_sfixed32\":-33123,\"f_sfixed64\":\"-44123\",\"f_sint32\":-55123,\"f_sint64\":\"-66123\","
        "\"f_instant\":\"2026-01-02T03:04:05Z\",\"r_int32\":[51234,61234],\"r_double\":[0.5,0.25]}";
    char text[2 * sizeof inner];
    (void)state;
    (void)snprintf(text, sizeof text, "{\"hidden_every\":%s}", inner);
    struct made made = mask_with(&key, schema, text), again = mask_with(&key, schema, text);
    json_t *was = json_loads(inner, 0, NULL), *is = json_object_get(made.json, "hidden_every");
    const char *name;
    json_t *value;
    assert_non_null(was);
    assert_int_equal(json_object_size(is), json_object_size(was));
    json_object_foreach(was, name, value) {
        const json_t *masked = json_object_get(is, name);
        if (masked == NULL || json_typeof(masked) != json_typeof(value) || json_equal(masked, value))
            fail_msg("%s is not masked, or of another type", name);
    }
    assert_string_equal(made.text, again.text);
    json_decref(was);
    made_free(&made);
    made_free(&again);
    schema_set_free(set);
}

static void expect_identity(const char *from, const char *digits, size_t fixed_at, const char *fixed)
{
    struct buffer out = {0};
    assert_int_equal(pseudonym_identity(&key, bytes_string(from), &out), 0);
    assert_int_equal(out.size, strlen(from));
    assert_memory_not_equal(out.data, from, out.size);
    for (size_t i = 0; digits[i]; i++)
        assert_int_equal(out.data[i] >= '0' && out.data[i] <= '9', digits[i] == '0');
    assert_memory_equal(out.data + fixed_at, fixed, strlen(fixed));
    buffer_free(&out);
}

static void test_identity_numbers_keep_their_form_and_can_be_nobodys(void **state)
{
    (void)state;
    expect_identity(NUMBER, "000000000000", 3, "9");
    expect_identity("999912345", "000000000", 0, "99");
    expect_identity("B1294567", "a0000000", 3, "9");
    expect_identity("0109-999-888", "0000a000a000", 4, "-");
}

static void test_days_of_birth_keep_their_form(void **state)
{
    static const char *const from[] = {"1990", "1990-04-30", "30/04/1990", "19900430", "khoảng 1990"};
    static const char *const form[] = {"0000", "0000-00-00", "00/00/0000", "00000000", NULL};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(from); i++) {
        struct buffer out = {0};
        assert_int_equal(pseudonym_text(&key, SCHEMA_PERSONAL_BIRTH, bytes_string(from[i]), &out), 0);
        assert_int_equal(out.size, strlen(from[i]));
        assert_memory_not_equal(out.data, from[i], out.size);
        for (size_t at = 0; form[i] && form[i][at]; at++)
            assert_true(form[i][at] == '0' ? out.data[at] >= '0' && out.data[at] <= '9' : out.data[at] == form[i][at]);
        buffer_free(&out);
    }
}

static void test_a_file_name_keeps_its_ending(void **state)
{
    struct buffer out = {0};
    (void)state;
    assert_int_equal(pseudonym_text(&key, SCHEMA_PERSONAL_OTHER, bytes_string("CCCD Nguyễn Thị A.pdf"), &out), 0);
    assert_memory_equal(out.data, "tep-", 4);
    assert_memory_equal(out.data + out.size - 4, ".pdf", 4);
    buffer_free(&out);
}

static void expect_no_rest(const char *text, const char *rest)
{
    struct buffer out = {0};
    assert_int_equal(pseudonym_text(&key, SCHEMA_PERSONAL_OTHER, bytes_string(text), &out), 0);
    assert_null(memmem(out.data, out.size, rest, strlen(rest)));
    buffer_free(&out);
}

/* An officer of a header is often "family.given". */
static void test_what_follows_a_dot_is_no_ending_of_a_file(void **state)
{
    (void)state;
    expect_no_rest("tran.hoa", ".hoa");
    expect_no_rest("Ông Nguyễn Văn A.Tuan", "Tuan");
    expect_no_rest("nguyen.an", ".an");
}

static void expect_text(const char *text, const char *number, bool stays)
{
    const struct masked_identities none = {.count = 0};
    struct buffer out = {0};
    assert_int_equal(masked_text(&key, &none, bytes_string(text), &out), 0);
    assert_int_equal(memmem(out.data, out.size, number, strlen(number)) != NULL, stays);
    assert_int_equal(out.size, strlen(text));
    buffer_free(&out);
}

/* Also where no marked field of the message has the number: in a subject, in a free text. */
static void test_what_looks_like_a_citizens_number_is_masked_wherever_it_stands(void **state)
{
    (void)state;
    expect_text(NUMBER, NUMBER, false);
    expect_text("Bà A, CCCD " NUMBER ", Đông Vệ", NUMBER, false);
    expect_text("H56.14-202611261430", "202611261430", true); /* a time */
    expect_text("H56.14-0389990002170", "0389990002170", true);
    expect_text(DOSSIER, DOSSIER, true);
}

static void test_ids_of_replays_can_not_be_tried_without_the_key(void **state)
{
    const struct replay_making making = {.key = key, .run = ""}, other = {.key = other_key, .run = ""};
    char first[REPLAY_ID_BYTES], again[REPLAY_ID_BYTES], others[REPLAY_ID_BYTES];
    (void)state;
    replay_id(&making, "b1", bytes_string("hs-" NUMBER), first);
    replay_id(&making, "b1", bytes_string("hs-" NUMBER), again);
    replay_id(&other, "b1", bytes_string("hs-" NUMBER), others);
    assert_string_equal(first, again);
    assert_string_not_equal(first, others);
}

/* ---- pace ---- */

#define SECOND 1000000000ull

static void test_messages_are_due_as_far_apart_as_recorded(void **state)
{
    struct replay_pace pace = {0};
    (void)state;
    assert_int_equal(replay_pace_parse("recorded", &pace, NULL), 0);
    assert_int_equal(replay_pace_wait_ns(&pace, 1000 * SECOND, 7 * SECOND), 0);
    assert_int_equal(replay_pace_wait_ns(&pace, 1010 * SECOND, 7 * SECOND), 10 * SECOND);
    assert_int_equal(replay_pace_wait_ns(&pace, 1010 * SECOND, 16 * SECOND), 1 * SECOND);
    assert_int_equal(replay_pace_wait_ns(&pace, 1011 * SECOND, 25 * SECOND), 0);          /* late: not held back */
    assert_int_equal(replay_pace_wait_ns(&pace, 1020 * SECOND, 25 * SECOND), 2 * SECOND); /* and nothing shifts */
    assert_int_equal(replay_pace_wait_ns(&pace, 999 * SECOND, 25 * SECOND), 0);           /* a clock was set back */
}

static void test_a_pace_divides_and_max_never_waits(void **state)
{
    struct replay_pace pace = {0};
    (void)state;
    assert_int_equal(replay_pace_parse("60x", &pace, NULL), 0);
    assert_int_equal(replay_pace_wait_ns(&pace, 1000 * SECOND, 0), 0);
    assert_int_equal(replay_pace_wait_ns(&pace, 4600 * SECOND, 0), 60 * SECOND);
    assert_int_equal(replay_pace_parse("0.5x", &pace, NULL), 0);
    assert_int_equal(replay_pace_wait_ns(&pace, 1000 * SECOND, 0), 0);
    assert_int_equal(replay_pace_wait_ns(&pace, 1010 * SECOND, 0), 20 * SECOND);
    assert_int_equal(replay_pace_parse("max", &pace, NULL), 0);
    assert_int_equal(replay_pace_wait_ns(&pace, 1000 * SECOND, 0), 0);
    assert_int_equal(replay_pace_wait_ns(&pace, 4600 * SECOND, 0), 0);
}

static void test_other_paces_are_refused(void **state)
{
    static const char *const wrong[] = {"", "fast", "0x", "x", "2", "-1x", "2xx", "100001x", "1.2345x", ".5x", "0.0x"};
    struct replay_pace pace;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(replay_pace_parse(wrong[i], &pace, NULL), TRUC_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_marked_becomes_somebody_else_and_the_rest_stays),
        cmocka_unit_test(test_one_person_stays_one_person_under_one_key),
        cmocka_unit_test(test_every_type_of_field_is_masked),
        cmocka_unit_test(test_every_type_below_a_marked_message_is_masked),
        cmocka_unit_test(test_identity_numbers_keep_their_form_and_can_be_nobodys),
        cmocka_unit_test(test_days_of_birth_keep_their_form),
        cmocka_unit_test(test_a_file_name_keeps_its_ending),
        cmocka_unit_test(test_what_follows_a_dot_is_no_ending_of_a_file),
        cmocka_unit_test(test_what_looks_like_a_citizens_number_is_masked_wherever_it_stands),
        cmocka_unit_test(test_ids_of_replays_can_not_be_tried_without_the_key),
        cmocka_unit_test(test_messages_are_due_as_far_apart_as_recorded),
        cmocka_unit_test(test_a_pace_divides_and_max_never_waits),
        cmocka_unit_test(test_other_paces_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
