/* Promise: what passes is read the same by every protobuf library; what doesn't is refused with its field path. */
#include "schema_test_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <truc/dossier/v1/dossier.pb-c.h>

static struct schema_set *set;
static const struct schema_message *every;

static int setup(void **state)
{
    (void)state;
    set = test_set("test");
    every = schema_set_find_version(set, bytes_string("test.every"), 1);
    return every == NULL;
}

static int teardown(void **state)
{
    (void)state;
    schema_set_free(set);
    return 0;
}

struct wire_case {
    const char *what;
    struct bytes payload;
    const char *where; /* NULL: valid */
};

static void check_cases(const struct wire_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct truc_fault fault = {0};
        int result = schema_validate(every, cases[i].payload, NULL, &fault);
        if (cases[i].where == NULL) {
            if (result != 0)
                fail_msg("%s: refused at '%s': %s", cases[i].what, fault.where, fault.text);
            continue;
        }
        if (result != TRUC_E_PAYLOAD || strcmp(fault.where, cases[i].where) != 0)
            fail_msg("%s: %d at '%s': %s", cases[i].what, result, fault.where, fault.text);
        assert_int_equal(fault.code, TRUC_E_PAYLOAD);
        assert_true(fault.text[0] != '\0');
    }
}

#define WIRE(text)                                                                                                     \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }

static void test_valid_forms_pass(void **state)
{
    (void)state;
    static const struct wire_case cases[] = {
        {"empty", {NULL, 0}, NULL},
        {"bool", WIRE("\x40\x01"), NULL},
        {"varint longer than needed", WIRE("\x40\x81\x80\x00"), NULL},
        {"negative int32 in ten bytes", WIRE("\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), NULL},
        {"fields out of order", WIRE("\x70\x01\x40\x01"), NULL},
        {"string", WIRE("\x4a\x05Th\xe1\xbb\x8b"), NULL},
        {"repeated packed", WIRE("\xca\x01\x03\x01\x02\x03"), NULL},
        {"repeated unpacked", WIRE("\xc8\x01\x01\xc8\x01\x02"), NULL},
        {"repeated mixed", WIRE("\xca\x01\x01\x01\xc8\x01\x02"), NULL},
        {"packed and empty", WIRE("\xca\x01\x00"), NULL},
        {"negative enum value", WIRE("\x70\xf9\xff\xff\xff\xff\xff\xff\xff\xff\x01"), NULL},
        {"empty sub-message", WIRE("\x5a\x00"), NULL},
    };
    check_cases(cases, COUNT_OF(cases));
}

static void test_malformed_wire_is_refused(void **state)
{
    (void)state;
    static const struct wire_case cases[] = {
        {"tag cut off", WIRE("\x80"), ""},
        {"field number 0", WIRE("\x00\x01"), ""},
        {"field number too large", WIRE("\x80\x80\x80\x80\x10\x01"), ""},
        {"start group", WIRE("\x4b"), ""},
        {"end group", WIRE("\x4c"), ""},
        {"wire type 6", WIRE("\x4e"), ""},
        {"wire type 7", WIRE("\x4f"), ""},
        {"varint of eleven bytes", WIRE("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), ""},
        {"varint beyond 64 bits", WIRE("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), ""},
        {"varint cut off", WIRE("\x18\xff"), ""},
        {"fixed32 cut off", WIRE("\x3d\x01\x02\x03"), ""},
        {"fixed64 cut off", WIRE("\x31\x01\x02\x03\x04\x05\x06\x07"), ""},
        {"length beyond the end",
         WIRE("\x4a\x05"
              "abc"),
         ""},
        {"length one beyond the end",
         WIRE("\x4a\x02"
              "a"),
         ""},
        {"length of nearly 2^64", WIRE("\x4a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), ""},
        {"tag of six bytes", WIRE("\x98\x80\x80\x80\x80\x00\x01"), ""}, /* protobuf-c reads five at most */
        {"length of six bytes",
         WIRE("\x4a\x83\x80\x80\x80\x80\x00"
              "abc"),
         ""},
        {"inside a sub-message", WIRE("\x5a\x02\x0a\x05"), "f_message"},
    };
    check_cases(cases, COUNT_OF(cases));
}

static void test_what_does_not_fit_the_schema_is_refused(void **state)
{
    (void)state;
    static const struct wire_case cases[] = {
        {"unknown field", WIRE("\x50\x01"), "10"},
        {"unknown field inside", WIRE("\x5a\x02\x28\x01"), "f_message.5"},
        {"varint for a string", WIRE("\x48\x01"), "f_string"},
        {"bytes for a bool", WIRE("\x42\x01\x01"), "f_bool"},
        {"fixed32 for a double", WIRE("\x0d\x01\x02\x03\x04"), "f_double"},
        {"fixed64 for an int32", WIRE("\x29\x01\x02\x03\x04\x05\x06\x07\x08"), "f_int32"},
        {"packed for a single field", WIRE("\x2a\x01\x01"), "f_int32"},
        {"packed fixed of odd size", WIRE("\xfa\x01\x05\x01\x02\x03\x04\x05"), "r_fixed32[0]"},
        {"packed varint cut off", WIRE("\xca\x01\x02\x01\x80"), "r_int32[0]"},
        {"bool of two", WIRE("\x40\x02"), "f_bool"},
        {"int32 too wide", WIRE("\x28\x80\x80\x80\x80\x08"), "f_int32"},
        {"negative int32 in five bytes", WIRE("\x28\xff\xff\xff\xff\x0f"), "f_int32"},
        {"uint32 too wide", WIRE("\x68\x80\x80\x80\x80\x10"), "f_uint32"},
        {"sint32 too wide", WIRE("\x88\x01\x80\x80\x80\x80\x10"), "f_sint32"},
        {"enum value unknown", WIRE("\x70\x03"), "f_enum"},
        {"enum value unknown in a list", WIRE("\xf2\x01\x02\x01\x63"), "r_enum[0]"},
        {"single number twice", WIRE("\x28\x01\x28\x02"), "f_int32"},
        {"single string twice",
         WIRE("\x4a\x01"
              "a\x4a\x01"
              "a"),
         "f_string"},
        {"sub-message twice", WIRE("\x5a\x00\x5a\x00"), "f_message"},
        {"two of one choice",
         WIRE("\xa2\x06\x01"
              "a\xa8\x06\x01"),
         "c_number"},
        {"second entry of a list", WIRE("\xea\x01\x00\xea\x01\x02\x28\x01"), "r_message[1].5"},
    };
    check_cases(cases, COUNT_OF(cases));
}

static void test_text_is_strict_utf8_without_nul(void **state)
{
    (void)state;
    static const struct wire_case cases[] = {
        {"Vietnamese", WIRE("\x4a\x0e\xc4\x90\xe1\xba\xb7ng V\xc4\x83n A"), NULL},
        {"four bytes", WIRE("\x4a\x04\xf0\x9f\x8c\xbe"), NULL},
        {"NUL",
         WIRE("\x4a\x03"
              "a\0b"),
         "f_string"},
        {"lone continuation", WIRE("\x4a\x01\x80"), "f_string"},
        {"cut off", WIRE("\x4a\x02\xe1\xba"), "f_string"},
        {"over-long slash", WIRE("\x4a\x02\xc0\xaf"), "f_string"},
        {"over-long NUL", WIRE("\x4a\x02\xc0\x80"), "f_string"},
        {"surrogate", WIRE("\x4a\x03\xed\xa0\x80"), "f_string"},
        {"beyond U+10FFFF", WIRE("\x4a\x04\xf4\x90\x80\x80"), "f_string"},
        {"Latin-1", WIRE("\x4a\x01\xe9"), "f_string"},
        {"in a list",
         WIRE("\xe2\x01\x01"
              "a\xe2\x01\x01\xff"),
         "r_string[1]"},
        {"bytes may hold anything", WIRE("\x62\x03\xff\0\x80"), NULL},
    };
    check_cases(cases, COUNT_OF(cases));
}

static void test_unknown_fields_pass_only_where_allowed(void **state)
{
    (void)state;
    const struct schema_limits lenient = {.allow_unknown = true};
    assert_int_equal(schema_validate(every, BYTES_LITERAL("\x50\x01\x40\x01"), &lenient, NULL), 0);
    assert_int_equal(schema_validate(every, BYTES_LITERAL("\x50\x01\x40\x02"), &lenient, NULL), TRUC_E_PAYLOAD);
    assert_int_equal(schema_validate(every, BYTES_LITERAL("\x50"), &lenient, NULL), TRUC_E_PAYLOAD);
    assert_int_equal(schema_validate(every, BYTES_LITERAL("\x50\x01"), NULL, NULL), TRUC_E_PAYLOAD);
}

/* Every.f_message (11), then Part.part (2) in itself. */
static struct buffer nested(size_t depth)
{
    return test_nested(depth, 0x5a, 0x12, 0x12);
}

static void test_nesting_has_a_limit(void **state)
{
    (void)state;
    struct buffer deepest = nested(SCHEMA_DEPTH_MAX - 1), deeper = nested(SCHEMA_DEPTH_MAX), deep = nested(10000);
    assert_int_equal(schema_validate(every, buffer_view(&deepest), NULL, NULL), 0);
    struct truc_fault fault = {0};
    assert_int_equal(schema_validate(every, buffer_view(&deeper), NULL, &fault), TRUC_E_PAYLOAD);
    assert_non_null(strstr(fault.text, "nested"));
    assert_int_equal(schema_validate(every, buffer_view(&deep), NULL, &fault), TRUC_E_PAYLOAD);
    const struct schema_limits shallow = {.depth_max = 3};
    struct buffer three = nested(2), four = nested(3);
    assert_int_equal(schema_validate(every, buffer_view(&three), &shallow, NULL), 0);
    assert_int_equal(schema_validate(every, buffer_view(&four), &shallow, NULL), TRUC_E_PAYLOAD);
    buffer_free(&deepest);
    buffer_free(&deeper);
    buffer_free(&deep);
    buffer_free(&three);
    buffer_free(&four);
}

static struct buffer packed_submission(void)
{
    Truc__Dossier__V1__Submitted submitted = TRUC__DOSSIER__V1__SUBMITTED__INIT;
    Truc__Dossier__V1__Procedure procedure = TRUC__DOSSIER__V1__PROCEDURE__INIT;
    Truc__Dossier__V1__Applicant applicant = TRUC__DOSSIER__V1__APPLICANT__INIT;
    Truc__Dossier__V1__Fee fee = TRUC__DOSSIER__V1__FEE__INIT, *fees[] = {&fee, &fee};
    char code[] = "H56.14-261123-0042", name[] = "Lê Thị Ánh", number[] = "038900000217", step[] = "1.005129";
    submitted.code = code;
    submitted.procedure = &procedure;
    procedure.code = step;
    procedure.service = TRUC__DOSSIER__V1__SERVICE__SERVICE_FULL;
    submitted.applicant = &applicant;
    applicant.name = name;
    applicant.identity_number = number;
    submitted.submitted_at = 1795417387118000000u;
    fee.amount_vnd = -5000;
    submitted.fees = fees;
    submitted.n_fees = 2;
    struct buffer out = {0};
    uint8_t *at = buffer_extend(&out, truc__dossier__v1__submitted__get_packed_size(&submitted));
    assert_non_null(at);
    truc__dossier__v1__submitted__pack(&submitted, at);
    return out;
}

static void test_what_protobuf_c_packs_passes(void **state)
{
    (void)state;
    struct schema_set *real = test_set(NULL);
    struct buffer payload = packed_submission();
    struct truc_fault fault = {0};
    if (schema_validate(test_type(real, "dossier.submitted"), buffer_view(&payload), NULL, &fault) < 0)
        fail_msg("%s: %s", fault.where, fault.text);
    buffer_free(&payload);
    schema_set_free(real);
}

/* A cut may fall between two fields, but then what is left is whole; every other cut must be seen. */
static void test_every_cut_is_seen(void **state)
{
    (void)state;
    struct schema_set *real = test_set(NULL);
    const struct schema_message *submitted = test_type(real, "dossier.submitted");
    struct buffer payload = packed_submission();
    size_t whole = 0;
    for (size_t cut = 0; cut < payload.size; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, payload.data, cut);
        whole += schema_validate(submitted, bytes_of(copy, cut), NULL, NULL) == 0;
        free(copy);
    }
    assert_int_equal(whole, 6); /* nothing; then after code, procedure, applicant, submitted_at, the first fee */
    buffer_free(&payload);
    schema_set_free(real);
}

static void test_noise_never_crashes(void **state)
{
    (void)state;
    struct schema_set *real = test_set(NULL);
    const struct schema_message *submitted = test_type(real, "dossier.submitted");
    struct buffer payload = packed_submission(), json = {0};
    uint64_t seed = 20261123;
    size_t refused = 0;
    for (int round = 0; round < 20000; round++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t at = (size_t)(seed >> 33) % payload.size;
        uint8_t before = payload.data[at];
        payload.data[at] = (uint8_t)(seed >> 20);
        int result = schema_validate(submitted, buffer_view(&payload), NULL, NULL);
        refused += result < 0;
        buffer_clear(&json);
        /* whoever shows a payload judges it as the validator does, save unknown fields */
        int shown = schema_to_json(submitted, buffer_view(&payload), NULL, &json, NULL);
        assert_true(result < 0 || shown == 0);
        payload.data[at] = before;
    }
    assert_in_range(refused, 1000, 19999);
    buffer_free(&payload);
    buffer_free(&json);
    schema_set_free(real);
}

static void test_faults_hold_no_content(void **state)
{
    (void)state;
    struct truc_fault fault = {0};
    struct bytes payload = BYTES_LITERAL("\x4a\x0d"
                                         "038900000217\xff");
    assert_int_equal(schema_validate(every, payload, NULL, &fault), TRUC_E_PAYLOAD);
    assert_null(strstr(fault.text, "0389"));
    assert_null(strstr(fault.where, "0389"));
    assert_null(strstr(fault.hint, "0389"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_forms_pass),
        cmocka_unit_test(test_malformed_wire_is_refused),
        cmocka_unit_test(test_what_does_not_fit_the_schema_is_refused),
        cmocka_unit_test(test_text_is_strict_utf8_without_nul),
        cmocka_unit_test(test_unknown_fields_pass_only_where_allowed),
        cmocka_unit_test(test_nesting_has_a_limit),
        cmocka_unit_test(test_what_protobuf_c_packs_passes),
        cmocka_unit_test(test_every_cut_is_seen),
        cmocka_unit_test(test_noise_never_crashes),
        cmocka_unit_test(test_faults_hold_no_content),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
