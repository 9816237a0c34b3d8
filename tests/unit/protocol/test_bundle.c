/* test_bundle.c - promises about bundles and the statements signed over them.
 * No keys: bytes in, bytes out.
 * See docs/protocol.md, "Bundles" and "Statements". */
#include "bundle.h"

#include "cmocka_start.h"
#include "fault.h"
#include "protobuf_wire.h"

static struct bundle bundle, decoded; /* too large for the stack; tests run one after the other */
static const uint8_t key_id[16] = {0xab}, salt[32] = {1}, signature[64] = {2};

static void make(size_t count)
{
    bundle = (struct bundle){.key_id = bytes_of(key_id, 16), .signature = bytes_of(signature, 64), .count = count};
    for (size_t i = 0; i < count && i < PROTOCOL_BUNDLE_MESSAGES_MAX; i++)
        bundle.messages[i] = (struct message){bytes_string("header"), bytes_of(salt, 32), bytes_string("payload")};
}

static void test_what_is_written_is_read(void **state)
{
    BUFFER_CLEANUP struct buffer encoded = {0};
    (void)state;
    make(PROTOCOL_BUNDLE_MESSAGES_MAX);
    bundle_encode(&bundle, &encoded);
    assert_int_equal(encoded.size, bundle_size(&bundle));
    assert_int_equal(bundle_decode(buffer_view(&encoded), &decoded, NULL), 0);
    assert_int_equal(decoded.count, PROTOCOL_BUNDLE_MESSAGES_MAX);
    assert_true(bytes_equal(decoded.key_id, bundle.key_id) && bytes_equal(decoded.signature, bundle.signature));
    assert_true(bytes_equal_string(decoded.messages[255].payload, "payload"));
    assert_int_equal(message_size(&decoded.messages[0]), 6 + 32 + 7);
}

static void test_one_message_too_many_and_none_are_refused(void **state)
{
    BUFFER_CLEANUP struct buffer encoded = {0};
    (void)state;
    make(PROTOCOL_BUNDLE_MESSAGES_MAX);
    bundle_encode(&bundle, &encoded);
    BUFFER_CLEANUP struct buffer one = {0};
    wire_put_bytes(&one, 1, bytes_string("h"));
    wire_put_bytes(&one, 2, bytes_of(salt, 32));
    wire_put_element(&encoded, 3, buffer_view(&one));
    assert_int_equal(bundle_decode(buffer_view(&encoded), &decoded, NULL), TRUC_E_PROTOCOL);
    buffer_clear(&encoded);
    make(0);
    bundle_encode(&bundle, &encoded);
    assert_int_equal(bundle_decode(buffer_view(&encoded), &decoded, NULL), TRUC_E_PROTOCOL);
}

static void test_every_truncation_is_refused_or_shorter(void **state)
{
    BUFFER_CLEANUP struct buffer encoded = {0};
    (void)state;
    make(3);
    bundle_encode(&bundle, &encoded);
    for (size_t size = 0; size < encoded.size; size++) {
        int code = bundle_decode(bytes_of(encoded.data, size), &decoded, NULL);
        assert_true(code == TRUC_E_PROTOCOL || decoded.count < 3);
    }
}

static void test_malformed_messages_are_refused(void **state)
{
    (void)state;
    for (int fault = 0; fault < 5; fault++) {
        BUFFER_CLEANUP struct buffer encoded = {0}, message = {0};
        wire_put_bytes(&encoded, 1, bytes_of(key_id, fault == 0 ? 15 : 16));
        wire_put_bytes(&encoded, 2, bytes_of(signature, 64));
        wire_put_bytes(&message, 1, fault == 1 ? BYTES_EMPTY : bytes_string("h"));
        wire_put_bytes(&message, 2, bytes_of(salt, fault == 2 ? 31 : 32));
        wire_put_element(&message, 3, BYTES_EMPTY);
        if (fault == 3)
            wire_put_element(&message, 3, bytes_string("again"));
        wire_put_element(&encoded, 3, buffer_view(&message));
        int code = bundle_decode(buffer_view(&encoded), &decoded, NULL);
        assert_int_equal(code, fault == 4 ? 0 : TRUC_E_PROTOCOL);
    }
}

static void test_the_statement_is_six_lines(void **state)
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct statement statement = {.kind = STATEMENT_BUNDLE,
                                  .bus = bytes_string("thanhhoa"),
                                  .system = bytes_string("portal"),
                                  .key_id = bytes_of(key_id, 16),
                                  .count = 2,
                                  .root = {{0x0f}}};
    (void)state;
    statement_write(&statement, &text);
    assert_string_equal(buffer_string(&text), "truc/bundle/v1\nthanhhoa\nportal\nab000000000000000000000000000000\n2\n"
                                              "0f00000000000000000000000000000000000000000000000000000000000000\n");
    buffer_clear(&text);
    statement.kind = STATEMENT_RECEIPT;
    statement_write(&statement, &text);
    assert_memory_equal(text.data, "truc/receipt/v1\n", 16);
}

static void test_leaf_and_digest(void **state)
{
    struct sha256_digest leaf = message_leaf(bytes_string("header")),
                         digest = payload_digest(bytes_string("salt"), bytes_string("payload"));
    struct sha256_digest leaf_expected = sha256_of(bytes_of("\0header", 7)),
                         digest_expected = sha256_of(bytes_string("saltpayload"));
    (void)state;
    assert_true(sha256_equal(&leaf, &leaf_expected));
    assert_true(sha256_equal(&digest, &digest_expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_one_message_too_many_and_none_are_refused),
        cmocka_unit_test(test_every_truncation_is_refused_or_shorter),
        cmocka_unit_test(test_malformed_messages_are_refused),
        cmocka_unit_test(test_the_statement_is_six_lines),
        cmocka_unit_test(test_leaf_and_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
