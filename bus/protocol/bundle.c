/* bundle.c - bundles of messages and the statements that are signed over them.
 * No keys in here: it makes the bytes, bus/crypto signs and checks them.
 * Decode stage of the pipeline; the SDK's sending side. */
#include "bundle.h"

#include "encode.h"
#include "fault.h"
#include "protobuf_wire.h"

enum { BUNDLE_KEY_ID = 1, BUNDLE_SIGNATURE = 2, BUNDLE_MESSAGE = 3 };
enum { MESSAGE_HEADER = 1, MESSAGE_SALT = 2, MESSAGE_PAYLOAD = 3 };

static int decode_message(struct bytes encoded, struct message *ret)
{
    struct wire_reader reader = wire_read(encoded);
    struct wire_field field;
    struct bytes *members[] = {NULL, &ret->header, &ret->salt, &ret->payload};
    int code;
    *ret = (struct message){0};
    while ((code = wire_next(&reader, &field)) > 0) {
        if (field.number > MESSAGE_PAYLOAD || field.type != WIRE_BYTES || members[field.number]->data)
            return TRUC_E_PROTOCOL;
        *members[field.number] = field.bytes;
    }
    return code < 0 || ret->header.size == 0 || ret->salt.size != PROTOCOL_SALT_BYTES ? TRUC_E_PROTOCOL : 0;
}

static int decode_field(const struct wire_field *field, struct bundle *bundle, struct truc_fault *fault)
{
    if (field->type != WIRE_BYTES || field->number > BUNDLE_MESSAGE)
        return fault_set(fault, TRUC_E_PROTOCOL, "the bundle has an unknown field %u", field->number);
    if (field->number == BUNDLE_KEY_ID) {
        if (field->bytes.size != PROTOCOL_KEY_ID_BYTES || bundle->key_id.data)
            return fault_set(fault, TRUC_E_PROTOCOL, "the bundle's key id is not one field of 16 bytes");
        bundle->key_id = field->bytes;
    } else if (field->number == BUNDLE_SIGNATURE) {
        if (field->bytes.size > PROTOCOL_SIGNATURE_BYTES_MAX || bundle->signature.data)
            return fault_set(fault, TRUC_E_PROTOCOL, "the bundle's signature is over the limit or given twice");
        bundle->signature = field->bytes;
    } else {
        if (bundle->count == PROTOCOL_BUNDLE_MESSAGES_MAX)
            return fault_set(fault, TRUC_E_PROTOCOL, "the bundle has more than %d messages",
                             PROTOCOL_BUNDLE_MESSAGES_MAX);
        if (decode_message(field->bytes, &bundle->messages[bundle->count]) < 0)
            return fault_set(fault, TRUC_E_PROTOCOL, "message %zu of the bundle is malformed", bundle->count);
        bundle->count++;
    }
    return 0;
}

int bundle_decode(struct bytes encoded, struct bundle *ret, struct truc_fault *fault)
{
    struct wire_reader reader = wire_read(encoded);
    struct wire_field field;
    int code;
    ret->key_id = ret->signature = BYTES_EMPTY;
    ret->count = 0;
    while ((code = wire_next(&reader, &field)) > 0)
        if ((code = decode_field(&field, ret, fault)) < 0)
            return code;
    if (code < 0)
        return fault_set(fault, TRUC_E_PROTOCOL, "the bundle is not well-formed protobuf");
    if (ret->count == 0 || ret->key_id.size == 0 || ret->signature.size == 0)
        return fault_set(fault, TRUC_E_PROTOCOL, "the bundle lacks messages, key id or signature");
    return 0;
}

static size_t encoded_message_size(const struct message *message)
{
    return wire_bytes_size(MESSAGE_HEADER, message->header.size) + wire_bytes_size(MESSAGE_SALT, message->salt.size) +
           wire_bytes_size(MESSAGE_PAYLOAD, message->payload.size);
}

size_t bundle_size(const struct bundle *bundle)
{
    size_t size =
        wire_bytes_size(BUNDLE_KEY_ID, bundle->key_id.size) + wire_bytes_size(BUNDLE_SIGNATURE, bundle->signature.size);
    for (size_t i = 0; i < bundle->count; i++)
        size += wire_element_size(BUNDLE_MESSAGE, encoded_message_size(&bundle->messages[i]));
    return size;
}

void bundle_encode(const struct bundle *bundle, struct buffer *out)
{
    wire_put_bytes(out, BUNDLE_KEY_ID, bundle->key_id);
    wire_put_bytes(out, BUNDLE_SIGNATURE, bundle->signature);
    for (size_t i = 0; i < bundle->count; i++) {
        const struct message *message = &bundle->messages[i];
        wire_put_length(out, BUNDLE_MESSAGE, encoded_message_size(message));
        wire_put_bytes(out, MESSAGE_HEADER, message->header);
        wire_put_bytes(out, MESSAGE_SALT, message->salt);
        wire_put_bytes(out, MESSAGE_PAYLOAD, message->payload);
    }
}

struct sha256_digest message_leaf(struct bytes header)
{
    static const uint8_t leaf_prefix = 0;
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, bytes_of(&leaf_prefix, 1));
    sha256_add(&hash, header);
    return sha256_end(&hash);
}

struct sha256_digest payload_digest(struct bytes salt, struct bytes payload)
{
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, salt);
    sha256_add(&hash, payload);
    return sha256_end(&hash);
}

void statement_write(const struct statement *statement, struct buffer *out)
{
    buffer_append_string(out, statement->kind == STATEMENT_BUNDLE ? "truc/bundle/v1\n" : "truc/receipt/v1\n");
    buffer_append_bytes(out, statement->bus);
    buffer_append_byte(out, '\n');
    buffer_append_bytes(out, statement->system);
    buffer_append_byte(out, '\n');
    hex_append(out, statement->key_id);
    buffer_printf(out, "\n%zu\n", statement->count);
    hex_append(out, sha256_view(&statement->root));
    buffer_append_byte(out, '\n');
}
