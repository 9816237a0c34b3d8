/* test_command_strict.c - promises about frames that are not what they should be: all refused, none read past its end.
 * Frames are cut, extended and bent by hand.
 * See docs/protocol.md, "Encoding". */
#include "command_samples.h"

#include "field_path.h"

#include "cmocka_start.h"
#include "fault.h"
#include "protobuf_wire.h"

#include <stdlib.h>

/* A copy with nothing behind it, so that the sanitizer sees a read past the end. */
static int decode_exact(struct bytes frame, struct truc_fault *fault)
{
    struct command command;
    uint8_t *exact = malloc(frame.size ? frame.size : 1);
    assert_non_null(exact);
    if (frame.size)
        memcpy(exact, frame.data, frame.size);
    int code = command_decode(bytes_of(exact, frame.size), &command, fault);
    free(exact);
    return code;
}

/* All elements walked to the end: the number of them, or the first error. */
static int walk(const struct command *command)
{
    union {
        struct permission permission;
        struct outcome outcome;
        struct settlement settlement;
    } value;
    struct parcel parcel;
    struct delivery delivery;
    struct sha256_digest hash;
    struct field_path path;
    size_t offset = 0;
    int more = 0;
    switch (command->kind) {
    case COMMAND_WELCOME:
        while ((more = permission_next(command->welcome.permissions, &offset, &value.permission)) > 0) {
            size_t at = 0;
            while ((more = field_path_next(value.permission.reply_fields, &at, &path)) > 0) {
            }
            if (more < 0)
                return more;
        }
        return more;
    case COMMAND_OUTCOMES:
        while ((more = outcome_next(command->outcomes.outcomes, &offset, &value.outcome)) > 0) {
        }
        return more;
    case COMMAND_SETTLE:
        while ((more = settlement_next(command->settle.settlements, &offset, &value.settlement, NULL)) > 0) {
        }
        return more;
    case COMMAND_DELIVER:
        while ((more = parcel_next(command->deliver.parcels, &offset, &parcel)) > 0) {
            size_t at = 0;
            while ((more = delivery_next(parcel.deliveries, &at, &delivery)) > 0) {
            }
            for (at = 0; more == 0 && (more = proof_next(parcel.proof, &at, &hash)) > 0; more = 0) {
            }
            if (more < 0)
                return more;
        }
        return more;
    default:
        return 0;
    }
}

static void test_every_truncation_of_every_command_is_refused(void **state)
{
    (void)state;
    for (int kind = COMMAND_HELLO; kind <= COMMAND_KIND_MAX; kind++) {
        BUFFER_CLEANUP struct buffer frame = {0};
        sample_encode((enum command_kind)kind, &frame);
        assert_int_equal(decode_exact(buffer_view(&frame), NULL), 0);
        for (size_t size = 0; size < frame.size; size++)
            assert_int_equal(decode_exact(bytes_of(frame.data, size), NULL), TRUC_E_PROTOCOL);
    }
}

/* Any one byte changed: decoding and walking end, one way or the other, without reading what is not theirs. */
static void test_every_bent_byte_is_survived(void **state)
{
    (void)state;
    unsigned refused = 0;
    for (int kind = COMMAND_HELLO; kind <= COMMAND_KIND_MAX; kind++) {
        BUFFER_CLEANUP struct buffer frame = {0};
        sample_encode((enum command_kind)kind, &frame);
        for (size_t i = 0; i < frame.size; i++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                struct command command;
                frame.data[i] ^= (uint8_t)(1u << bit);
                if (command_decode(buffer_view(&frame), &command, NULL) < 0 || walk(&command) < 0)
                    refused++;
                frame.data[i] ^= (uint8_t)(1u << bit);
            }
        }
    }
    assert_true(refused > 1000);
}

static void test_unknown_fields_are_refused_everywhere(void **state)
{
    (void)state;
    for (int kind = COMMAND_HELLO; kind <= COMMAND_KIND_MAX; kind++) {
        static const uint32_t unknown[] = {16, 31, 32, 33, 536870911};
        for (size_t i = 0; i < COUNT_OF(unknown); i++) {
            BUFFER_CLEANUP struct buffer frame = {0};
            struct truc_fault fault = {0};
            size_t mark = wire_begin(&frame, (uint32_t)kind);
            wire_put_uint(&frame, unknown[i], 1);
            wire_end(&frame, mark);
            assert_int_equal(decode_exact(buffer_view(&frame), &fault), TRUC_E_PROTOCOL);
            assert_non_null(strstr(fault.text, "unknown field"));
        }
    }
}

static void test_unknown_commands_and_two_in_a_frame_are_refused(void **state)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    (void)state;
    wire_put_element(&frame, COMMAND_KIND_MAX + 1, BYTES_EMPTY);
    assert_int_equal(decode_exact(buffer_view(&frame), NULL), TRUC_E_PROTOCOL);
    buffer_clear(&frame);
    wire_put_uint(&frame, COMMAND_PING, 1); /* not a sub-message */
    assert_int_equal(decode_exact(buffer_view(&frame), NULL), TRUC_E_PROTOCOL);
    buffer_clear(&frame);
    sample_encode(COMMAND_PING, &frame);
    sample_encode(COMMAND_PING, &frame);
    assert_int_equal(decode_exact(buffer_view(&frame), NULL), TRUC_E_PROTOCOL);
}

static void test_a_field_twice_is_refused_and_named(void **state)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    struct truc_fault fault = {0};
    (void)state;
    size_t mark = wire_begin(&frame, COMMAND_HELLO);
    wire_put_string(&frame, 4, "portal");
    wire_put_string(&frame, 4, "onestop");
    wire_end(&frame, mark);
    assert_int_equal(decode_exact(buffer_view(&frame), &fault), TRUC_E_PROTOCOL);
    assert_string_equal(fault.where, "hello.system");
}

/* One hello holding the given raw bytes as its body. */
static int decode_body(enum command_kind kind, const void *body, size_t size, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    wire_put_element(&frame, (uint32_t)kind, bytes_of(body, size));
    return decode_exact(buffer_view(&frame), fault);
}

static void test_wrong_forms_are_refused(void **state)
{
    static const struct {
        enum command_kind kind;
        uint8_t size;
        uint8_t body[16];
        const char *why;
    } wrong[] = {
        {COMMAND_HELLO, 2, {0x0a, 0x00}, "version_min as bytes"},
        {COMMAND_HELLO, 2, {0x18, 0x01}, "bus as a number"},
        {COMMAND_HELLO, 1, {0x0b}, "a group"},
        {COMMAND_HELLO, 2, {0x00, 0x00}, "field 0"},
        {COMMAND_HELLO, 6, {0x08, 0xff, 0xff, 0xff, 0xff, 0x1f}, "more than 32 bits"},
        {COMMAND_HELLO,
         12,
         {0x38, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
         "more than 64 bits"},
        {COMMAND_HELLO, 3, {0x1a, 0x01, 0x0a}, "a control character"},
        {COMMAND_HELLO, 3, {0x1a, 0x01, 0xff}, "not UTF-8"},
        {COMMAND_HELLO, 4, {0x1a, 0x02, 0xc0, 0x80}, "overlong UTF-8"},
        {COMMAND_ANSWER, 2, {0x30, 0x02}, "a bool of 2"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (decode_body(wrong[i].kind, wrong[i].body, wrong[i].size, NULL) != TRUC_E_PROTOCOL)
            fail_msg("%s was taken", wrong[i].why);
}

static void test_bounds_of_fields_hold(void **state)
{
    static const struct {
        enum command_kind kind;
        uint32_t field;
        size_t size_max;
    } bounds[] = {
        {COMMAND_HELLO, 3, PROTOCOL_NAME_BYTES_MAX}, {COMMAND_HELLO, 5, PROTOCOL_SESSION_BYTES},
        {COMMAND_BYE, 1, PROTOCOL_TEXT_BYTES_MAX},   {COMMAND_SETTLE, 2, PROTOCOL_SIGNATURE_BYTES_MAX},
        {COMMAND_FAILED, 1, PROTOCOL_ID_BYTES_MAX},  {COMMAND_CERTIFICATE, 3, PROTOCOL_HEADER_BYTES_MAX},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        for (size_t more = 0; more < 2; more++) {
            BUFFER_CLEANUP struct buffer frame = {0};
            size_t mark = wire_begin(&frame, (uint32_t)bounds[i].kind);
            wire_put_length(&frame, bounds[i].field, bounds[i].size_max + more);
            memset(buffer_extend(&frame, bounds[i].size_max + more), 'x', bounds[i].size_max + more);
            wire_end(&frame, mark);
            assert_int_equal(decode_exact(buffer_view(&frame), NULL), more ? TRUC_E_PROTOCOL : 0);
        }
    }
}

static void test_repeated_elements_must_stand_together(void **state)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    struct truc_fault fault = {0};
    (void)state;
    size_t mark = wire_begin(&frame, COMMAND_OUTCOMES);
    wire_put_element(&frame, 2, BYTES_EMPTY);
    wire_put_uint(&frame, 3, 5);
    wire_put_element(&frame, 2, BYTES_EMPTY);
    wire_end(&frame, mark);
    assert_int_equal(decode_exact(buffer_view(&frame), &fault), TRUC_E_PROTOCOL);
    assert_string_equal(fault.where, "outcomes.outcomes");
}

static void test_a_frame_over_the_limit_is_refused(void **state)
{
    struct command command;
    uint8_t *frame = calloc(1, PROTOCOL_FRAME_BYTES_MAX + 1);
    (void)state;
    assert_non_null(frame);
    assert_int_equal(command_decode(bytes_of(frame, PROTOCOL_FRAME_BYTES_MAX + 1), &command, NULL), TRUC_E_TOO_LARGE);
    free(frame);
}

static void test_an_empty_list_is_walked_to_its_end_at_once(void **state)
{
    struct outcome outcome;
    size_t offset = 0;
    (void)state;
    assert_int_equal(outcome_next(BYTES_EMPTY, &offset, &outcome), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_truncation_of_every_command_is_refused),
        cmocka_unit_test(test_every_bent_byte_is_survived),
        cmocka_unit_test(test_unknown_fields_are_refused_everywhere),
        cmocka_unit_test(test_unknown_commands_and_two_in_a_frame_are_refused),
        cmocka_unit_test(test_a_field_twice_is_refused_and_named),
        cmocka_unit_test(test_wrong_forms_are_refused),
        cmocka_unit_test(test_bounds_of_fields_hold),
        cmocka_unit_test(test_repeated_elements_must_stand_together),
        cmocka_unit_test(test_a_frame_over_the_limit_is_refused),
        cmocka_unit_test(test_an_empty_list_is_walked_to_its_end_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
