/* test_command_foreign.c - an independent implementation (protobuf-c, from wire.proto) reads what we write, and the reverse.
 * Checks that our tables and the published schema say the same.
 * See docs/protocol.md, "Commands". */
#include "command_samples.h"

#include "cmocka_start.h"
#include "header.h"
#include <truc/bus/v1/wire.pb-c.h>

static Truc__Bus__V1__Command *unpack(const struct buffer *frame)
{
    Truc__Bus__V1__Command *command = truc__bus__v1__command__unpack(NULL, frame->size, frame->data);
    assert_non_null(command);
    return command;
}

/* Every command: theirs reads ours, writes it again with the same bytes, and ours reads that and writes the same once more. */
static void test_every_command_survives_the_round_trip_unchanged(void **state)
{
    (void)state;
    for (int kind = COMMAND_HELLO; kind <= COMMAND_KIND_MAX; kind++) {
        BUFFER_CLEANUP struct buffer ours = {0}, theirs = {0}, again = {0};
        sample_encode((enum command_kind)kind, &ours);
        assert_int_equal(buffer_failed(&ours), 0);
        Truc__Bus__V1__Command *command = unpack(&ours);
        assert_int_equal(command->command_case, kind);
        size_t size = truc__bus__v1__command__get_packed_size(command);
        assert_int_equal(truc__bus__v1__command__pack(command, buffer_extend(&theirs, size)), size);
        truc__bus__v1__command__free_unpacked(command, NULL);
        assert_true(bytes_equal(buffer_view(&ours), buffer_view(&theirs)));
        struct command decoded;
        assert_int_equal(command_decode(buffer_view(&theirs), &decoded, NULL), 0);
        command_encode(&decoded, &again);
        assert_true(bytes_equal(buffer_view(&ours), buffer_view(&again)));
    }
}

static void test_fields_have_the_same_names_on_both_sides(void **state)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    (void)state;
    sample_encode(COMMAND_HELLO, &frame);
    Truc__Bus__V1__Command *command = unpack(&frame);
    assert_int_equal(command->hello->version_min, 1);
    assert_int_equal(command->hello->version_max, 2);
    assert_string_equal(command->hello->bus, "thanhhoa");
    assert_string_equal(command->hello->system, "onestop");
    assert_int_equal(command->hello->session.len, 16);
    assert_string_equal(command->hello->software, "libtruc 0.1");
    assert_int_equal(command->hello->receive_credit_bytes, 1u << 24);
    truc__bus__v1__command__free_unpacked(command, NULL);

    buffer_clear(&frame);
    sample_encode(COMMAND_WELCOME, &frame);
    command = unpack(&frame);
    assert_int_equal(command->welcome->message_bytes_max, 16u << 20);
    assert_int_equal(command->welcome->bundle_messages_max, 256);
    assert_int_equal(command->welcome->publish_credit_bytes, 64u << 20);
    assert_int_equal(command->welcome->heartbeat_ms, 5000);
    assert_int_equal(command->welcome->published_through, 42);
    assert_int_equal(command->welcome->n_permissions, 2);
    assert_string_equal(command->welcome->permissions[1]->peer, "portal");
    assert_int_equal(command->welcome->permissions[1]->direction, 2);
    assert_int_equal(command->welcome->permissions[0]->valid_until_ns, 77);
    truc__bus__v1__command__free_unpacked(command, NULL);
}

static void test_elements_have_the_same_names_on_both_sides(void **state)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    (void)state;
    sample_encode(COMMAND_DELIVER, &frame);
    Truc__Bus__V1__Command *command = unpack(&frame);
    assert_int_equal(command->deliver->n_parcels, 2);
    const Truc__Bus__V1__Parcel *parcel = command->deliver->parcels[0];
    assert_string_equal(parcel->sender, "portal");
    assert_int_equal(parcel->count, 3);
    assert_int_equal(parcel->n_deliveries, 2);
    assert_int_equal(parcel->deliveries[1]->sequence, 1u << 20);
    assert_int_equal(parcel->deliveries[1]->index, 2);
    assert_int_equal(parcel->deliveries[1]->attempt, 3);
    assert_memory_equal(parcel->deliveries[1]->payload.data, "p2", 2);
    assert_int_equal(parcel->n_proof, 1);
    truc__bus__v1__command__free_unpacked(command, NULL);

    buffer_clear(&frame);
    sample_encode(COMMAND_SETTLE, &frame);
    command = unpack(&frame);
    assert_int_equal(command->settle->n_settlements, 2);
    const ProtobufCBinaryData *leaf = &command->settle->settlements[1];
    Truc__Bus__V1__Settlement *settlement = truc__bus__v1__settlement__unpack(NULL, leaf->len, leaf->data);
    assert_non_null(settlement);
    assert_int_equal(settlement->sequence, 71);
    assert_int_equal(settlement->outcome, SETTLED_RETRY);
    assert_int_equal(settlement->code, 9);
    assert_string_equal(settlement->reason, "UNAVAILABLE");
    assert_string_equal(settlement->text, "hệ thống tạm dừng");
    assert_int_equal(settlement->retry_after_ms, 1500);
    truc__bus__v1__settlement__free_unpacked(settlement, NULL);
    truc__bus__v1__command__free_unpacked(command, NULL);
}

static void test_the_header_is_read_by_both(void **state)
{
    BUFFER_CLEANUP struct buffer ours = {0}, theirs = {0};
    struct header header;
    (void)state;
    sample_header(&ours);
    Truc__Bus__V1__Header *foreign = truc__bus__v1__header__unpack(NULL, ours.size, ours.data);
    assert_non_null(foreign);
    assert_int_equal(header_decode(buffer_view(&ours), &header, NULL), 0);
    assert_true(bytes_equal_string(header.id, foreign->id) && bytes_equal_string(header.source, foreign->source));
    assert_true(bytes_equal_string(header.type, foreign->type) && bytes_equal_string(header.subject, foreign->subject));
    assert_true(header.time_ns == foreign->time_ns && header.expires_ns == foreign->expires_ns);
    assert_true(header.not_before_ns == foreign->not_before_ns && header.in_reply_to == foreign->in_reply_to);
    assert_true(bytes_equal_string(header.data_schema, foreign->data_schema));
    assert_true(bytes_equal_string(header.data_content_type, foreign->data_content_type));
    assert_true(bytes_equal_string(header.correlation_id, foreign->correlation_id));
    assert_true(bytes_equal_string(header.causation_id, foreign->causation_id));
    assert_true(bytes_equal_string(header.ordering_key, foreign->ordering_key));
    assert_true(bytes_equal_string(header.traceparent, foreign->traceparent));
    assert_true(bytes_equal_string(header.purpose.procedure, foreign->purpose->procedure));
    assert_true(bytes_equal_string(header.purpose.dossier, foreign->purpose->dossier));
    assert_true(bytes_equal_string(header.purpose.officer, foreign->purpose->officer));
    assert_true(bytes_equal_string(header.purpose.legal_basis, foreign->purpose->legal_basis));
    assert_true(header.kind == foreign->kind && header.urgency == foreign->urgency);
    assert_true(header.classification == foreign->classification && header.historical && foreign->historical);
    assert_true(header.payload_size_bytes == foreign->payload_size);
    assert_int_equal(foreign->n_attachments, 2);
    struct header_attachment attachment;
    size_t offset = 0;
    assert_int_equal(header_attachment_next(buffer_view(&ours), &offset, &attachment), 1);
    assert_true(bytes_equal_string(attachment.name, foreign->attachments[0]->name));
    assert_int_equal(attachment.size_bytes, foreign->attachments[0]->size);
    assert_int_equal(header_attachment_next(buffer_view(&ours), &offset, &attachment), 1);
    assert_true(bytes_equal_string(attachment.media_type, foreign->attachments[1]->media_type));
    assert_int_equal(header_attachment_next(buffer_view(&ours), &offset, &attachment), 0);
    size_t size = truc__bus__v1__header__get_packed_size(foreign);
    assert_int_equal(truc__bus__v1__header__pack(foreign, buffer_extend(&theirs, size)), size);
    assert_true(bytes_equal(buffer_view(&ours), buffer_view(&theirs)));
    truc__bus__v1__header__free_unpacked(foreign, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_survives_the_round_trip_unchanged),
        cmocka_unit_test(test_fields_have_the_same_names_on_both_sides),
        cmocka_unit_test(test_elements_have_the_same_names_on_both_sides),
        cmocka_unit_test(test_the_header_is_read_by_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
