/* test_header.c - promises about headers: strict reading, what is required, who sent it, what keeps order.
 * Encoded by hand where our own encoder would not.
 * See docs/protocol.md, "Header". */
#include "command_samples.h"

#include "cmocka_start.h"
#include "fault.h"
#include "header.h"
#include "protobuf_wire.h"

static void test_every_truncation_is_refused_or_lacks_something(void **state)
{
    BUFFER_CLEANUP struct buffer whole = {0};
    struct header header;
    unsigned refused = 0;
    (void)state;
    sample_header(&whole);
    assert_int_equal(header_decode(buffer_view(&whole), &header, NULL), 0);
    assert_int_equal(header_check(&header, NULL), 0);
    for (size_t size = 0; size < whole.size; size++) {
        int code = header_decode(bytes_of(whole.data, size), &header, NULL);
        if (code == 0) /* cut between two fields */
            code = header_check(&header, NULL);
        assert_true(code < 0);
        refused++;
    }
    assert_int_equal(refused, whole.size);
}

static struct header sound(void)
{
    static const uint8_t digest[32] = {1};
    return (struct header){.id = bytes_string("a"),
                           .source = bytes_string("portal"),
                           .type = bytes_string("dossier.submitted"),
                           .time_ns = 1,
                           .kind = HEADER_EVENT,
                           .classification = HEADER_NOT_SECRET,
                           .payload_digest = bytes_of(digest, 32)};
}

static int check(const struct header *header)
{
    BUFFER_CLEANUP struct buffer encoded = {0};
    struct header decoded;
    header_encode(header, NULL, 0, &encoded);
    int code = header_decode(buffer_view(&encoded), &decoded, NULL);
    return code < 0 ? code : header_check(&decoded, NULL);
}

static void test_a_citation_is_whole_or_refused(void **state)
{
    static const uint8_t leaf[33] = {2};
    struct header header = sound();
    (void)state;
    header.replay_of = (struct header_replay){bytes_string("thanhhoa"), 70, bytes_of(leaf, 32)};
    assert_int_equal(check(&header), 0);
    header.replay_of.leaf = bytes_of(leaf, 31);
    assert_int_equal(check(&header), TRUC_E_HEADER);
    header.replay_of.leaf = bytes_of(leaf, 33);
    assert_int_equal(check(&header), TRUC_E_HEADER);
    header.replay_of = (struct header_replay){bytes_string("a\nb"), 70, bytes_of(leaf, 32)};
    assert_int_equal(check(&header), TRUC_E_HEADER);
}

static void test_what_every_header_needs(void **state)
{
    struct header header = sound();
    (void)state;
    assert_int_equal(check(&header), 0);
    header.id = BYTES_EMPTY;
    assert_int_equal(check(&header), TRUC_E_HEADER);
    header = sound();
    header.source = BYTES_EMPTY;
    assert_int_equal(check(&header), TRUC_E_HEADER);
    header = sound();
    header.type = BYTES_EMPTY;
    assert_int_equal(check(&header), TRUC_E_HEADER);
    header = sound();
    header.time_ns = 0;
    assert_int_equal(check(&header), TRUC_E_HEADER);
    header = sound();
    header.kind = 0;
    assert_int_equal(check(&header), TRUC_E_HEADER);
    header = sound();
    header.payload_digest = BYTES_EMPTY;
    assert_int_equal(check(&header), TRUC_E_HEADER);
    header = sound();
    header.kind = HEADER_REPLY;
    assert_int_equal(check(&header), TRUC_E_HEADER);
    header.in_reply_to = 1;
    assert_int_equal(check(&header), 0);
    header.kind = HEADER_EVENT;
    assert_int_equal(check(&header), TRUC_E_HEADER);
}

static void test_anything_but_not_secret_is_secret(void **state)
{
    (void)state;
    for (uint32_t classification = 0; classification <= 255; classification++) {
        struct header header = sound();
        header.classification = classification;
        header.id = BYTES_EMPTY; /* secrecy is told before anything else */
        assert_int_equal(check(&header), classification == HEADER_NOT_SECRET ? TRUC_E_HEADER : TRUC_E_SECRET);
    }
}

static void test_wrong_headers_are_refused_with_the_fields_name(void **state)
{
    static const struct {
        uint8_t size;
        uint8_t bytes[12];
        const char *where;
    } wrong[] = {
        {6, {0x0a, 0x01, 'a', 0x0a, 0x01, 'b'}, "header.id"}, /* twice */
        {3, {0x0a, 0x01, 0x1b}, "header.id"},                 /* control character */
        {3, {0x22, 0x01, 0x80}, "header.subject"},            /* not UTF-8 */
        {2, {0x28, 0x01}, "header.time_ns"},                  /* varint for fixed64 */
        {2, {0x40, 0x05}, "header.kind"},                     /* no such kind */
        {2, {0x70, 0x05}, "header.urgency"},
        {3, {0x90, 0x01, 0x02}, "header.historical"},
        {4, {0x9a, 0x01, 0x01, 0x00}, "header.payload_digest"},                 /* not 32 bytes */
        {5, {0x82, 0x01, 0x02, 0x28, 0x01}, "header.purpose"},                  /* unknown inside */
        {6, {0x82, 0x01, 0x00, 0x82, 0x01, 0x00}, "header.purpose"},            /* twice */
        {3, {0xaa, 0x01, 0x00}, "header.attachments"},                          /* without a hash */
        {7, {0xa0, 0x01, 0x81, 0x80, 0x80, 0x08, 0x00}, "header.payload_size"}, /* over the limit */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct header header;
        struct truc_fault fault = {0};
        size_t size = i == COUNT_OF(wrong) - 1 ? 6u : wrong[i].size;
        assert_int_equal(header_decode(bytes_of(wrong[i].bytes, size), &header, &fault), TRUC_E_HEADER);
        assert_string_equal(fault.where, wrong[i].where);
    }
    struct header header;
    assert_int_equal(header_decode(bytes_of("\xb8\x01\x01", 3), &header, NULL), TRUC_E_HEADER); /* field 23 */
    static uint8_t large[PROTOCOL_HEADER_BYTES_MAX + 1];
    assert_int_equal(header_decode(bytes_of(large, sizeof large), &header, NULL), TRUC_E_HEADER);
}

/* protobuf-c reads lengths and tags of 5 bytes at most. */
static void test_lengths_and_tags_have_5_bytes_at_most(void **state)
{
    static const uint8_t length[][9] = {{0x1a, 0x81, 0x80, 0x80, 0x80, 0x00, 'a'},
                                        {0x1a, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 'a'}};
    static const uint8_t tag[][9] = {{0x9a, 0x80, 0x80, 0x80, 0x00, 1, 'a'},
                                     {0x9a, 0x80, 0x80, 0x80, 0x80, 0x00, 1, 'a'}};
    struct header header;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(header_decode(bytes_of(length[i], 7 + i), &header, NULL), i == 0 ? 0 : TRUC_E_HEADER);
        assert_int_equal(header_decode(bytes_of(tag[i], 7 + i), &header, NULL), i == 0 ? 0 : TRUC_E_HEADER);
    }
}

static void test_no_attachments_are_walked_without_bytes(void **state)
{
    struct header_attachment attachment;
    size_t offset = 0;
    (void)state;
    assert_int_equal(header_attachment_next(BYTES_EMPTY, &offset, &attachment), 0); /* clang's sanitizer saw NULL + 0 */
    assert_int_equal(offset, 0);
}

static void test_attachments_are_bounded(void **state)
{
    static const uint8_t hash[32] = {2};
    struct header_attachment attachments[PROTOCOL_ATTACHMENTS_MAX + 1];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(attachments); i++)
        attachments[i] = (struct header_attachment){.sha256 = bytes_of(hash, 32), .size_bytes = i};
    for (size_t count = PROTOCOL_ATTACHMENTS_MAX; count <= COUNT_OF(attachments); count++) {
        BUFFER_CLEANUP struct buffer encoded = {0};
        struct header header = sound(), decoded;
        header_encode(&header, attachments, count, &encoded);
        assert_int_equal(header_decode(buffer_view(&encoded), &decoded, NULL),
                         count > PROTOCOL_ATTACHMENTS_MAX ? TRUC_E_HEADER : 0);
    }
}

static void test_sender_and_order_key(void **state)
{
    struct header header = {.source = bytes_string("portal/web/1"), .subject = bytes_string("s")};
    (void)state;
    assert_true(bytes_equal_string(header_sender(&header), "portal"));
    header.source = bytes_string("portal");
    assert_true(bytes_equal_string(header_sender(&header), "portal"));
    header.source = BYTES_EMPTY;
    assert_int_equal(header_sender(&header).size, 0);
    assert_true(bytes_equal_string(header_order_key(&header), "s"));
    header.ordering_key = bytes_string("k");
    assert_true(bytes_equal_string(header_order_key(&header), "k"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_truncation_is_refused_or_lacks_something),
        cmocka_unit_test(test_a_citation_is_whole_or_refused),
        cmocka_unit_test(test_what_every_header_needs),
        cmocka_unit_test(test_anything_but_not_secret_is_secret),
        cmocka_unit_test(test_wrong_headers_are_refused_with_the_fields_name),
        cmocka_unit_test(test_lengths_and_tags_have_5_bytes_at_most),
        cmocka_unit_test(test_no_attachments_are_walked_without_bytes),
        cmocka_unit_test(test_attachments_are_bounded),
        cmocka_unit_test(test_sender_and_order_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
