/* command.c - the table of commands and of their elements.
 * Adding a command is adding its table and its line here; reading and writing are field_table.c's.
 * First and last stage of everything on the wire. */
#include "command.h"

#include "fault.h"
#include "field_table.h"
#include "protobuf_wire.h"

#define NAME_MAX_BYTES PROTOCOL_NAME_BYTES_MAX
#define TEXT_MAX_BYTES PROTOCOL_TEXT_BYTES_MAX

static const struct field_entry hello_fields[] = {
    FIELD(1, FIELD_UINT32, command_hello, version_min, 0),
    FIELD(2, FIELD_UINT32, command_hello, version_max, 0),
    FIELD(3, FIELD_TEXT, command_hello, bus, NAME_MAX_BYTES),
    FIELD(4, FIELD_TEXT, command_hello, system, NAME_MAX_BYTES),
    FIELD(5, FIELD_BINARY, command_hello, session, PROTOCOL_SESSION_BYTES),
    FIELD(6, FIELD_TEXT, command_hello, software, NAME_MAX_BYTES),
    FIELD(7, FIELD_UINT64, command_hello, receive_credit_bytes, 0),
};
static const struct field_entry welcome_fields[] = {
    FIELD(1, FIELD_UINT32, command_welcome, version, 0),
    FIELD(2, FIELD_TEXT, command_welcome, bus, NAME_MAX_BYTES),
    FIELD(3, FIELD_TIME_NS, command_welcome, time_ns, 0),
    FIELD(4, FIELD_UINT64, command_welcome, message_bytes_max, 0),
    FIELD(5, FIELD_UINT32, command_welcome, bundle_messages_max, 0),
    FIELD(6, FIELD_UINT64, command_welcome, publish_credit_bytes, 0),
    FIELD(7, FIELD_UINT32, command_welcome, heartbeat_ms, 0),
    FIELD(8, FIELD_UINT64, command_welcome, published_through, 0),
    FIELD(9, FIELD_REPEATED, command_welcome, permissions, 0),
    FIELD(10, FIELD_BINARY, command_welcome, configuration, SHA256_BYTES),
    FIELD(11, FIELD_BOOL, command_welcome, sandbox, 0),
};
static const struct field_entry permission_fields[] = {
    FIELD(1, FIELD_TEXT, permission, type, PROTOCOL_TYPE_BYTES_MAX),
    FIELD(2, FIELD_TEXT, permission, peer, NAME_MAX_BYTES),
    FIELD(3, FIELD_UINT32, permission, direction, 0),
    FIELD(4, FIELD_TEXT, permission, agreement, PROTOCOL_TYPE_BYTES_MAX),
    FIELD(5, FIELD_TIME_NS, permission, valid_until_ns, 0),
    FIELD(6, FIELD_REPEATED, permission, reply_fields, 0),
};
static const struct field_entry publish_fields[] = {
    FIELD(1, FIELD_UINT64, command_publish, number, 0),
    FIELD(2, FIELD_BINARY, command_publish, bundle, 0),
};
static const struct field_entry outcomes_fields[] = {
    FIELD(1, FIELD_UINT64, command_outcomes, number, 0),
    FIELD(2, FIELD_REPEATED, command_outcomes, outcomes, 0),
    FIELD(3, FIELD_UINT64, command_outcomes, credit_bytes, 0),
};
static const struct field_entry outcome_fields[] = {
    FIELD(1, FIELD_UINT32, outcome, code, 0),
    FIELD(2, FIELD_UINT64, outcome, sequence, 0),
    FIELD(3, FIELD_BOOL, outcome, repeat, 0),
    FIELD(4, FIELD_TEXT, outcome, text, TEXT_MAX_BYTES),
    FIELD(5, FIELD_TEXT, outcome, where, TEXT_MAX_BYTES),
    FIELD(6, FIELD_TEXT, outcome, hint, TEXT_MAX_BYTES),
};
struct command_number {
    uint64_t number;
}; /* credit, ping and pong are one number */
static const struct field_entry number_fields[] = {FIELD(1, FIELD_UINT64, command_number, number, 0)};
static const struct field_entry deliver_fields[] = {FIELD(1, FIELD_REPEATED, command_deliver, parcels, 0)};
static const struct field_entry parcel_fields[] = {
    FIELD(1, FIELD_TEXT, parcel, sender, NAME_MAX_BYTES),
    FIELD(2, FIELD_BINARY, parcel, key_id, PROTOCOL_KEY_ID_BYTES),
    FIELD(3, FIELD_BINARY, parcel, signature, PROTOCOL_SIGNATURE_BYTES_MAX),
    FIELD(4, FIELD_UINT32, parcel, count, 0),
    FIELD(5, FIELD_REPEATED, parcel, deliveries, 0),
    FIELD(6, FIELD_REPEATED, parcel, proof, 0),
};
static const struct field_entry delivery_fields[] = {
    FIELD(1, FIELD_UINT64, delivery, sequence, 0),
    FIELD(2, FIELD_UINT32, delivery, index, 0),
    FIELD(3, FIELD_UINT32, delivery, attempt, 0),
    FIELD(4, FIELD_BINARY, delivery, message.header, PROTOCOL_HEADER_BYTES_MAX),
    FIELD(5, FIELD_BINARY, delivery, message.salt, PROTOCOL_SALT_BYTES),
    FIELD(6, FIELD_BINARY, delivery, message.payload, PROTOCOL_MESSAGE_BYTES_MAX),
    FIELD(7, FIELD_BOOL, delivery, observed, 0),
    FIELD(8, FIELD_TEXT, delivery, agreement, PROTOCOL_TYPE_BYTES_MAX),
};
static const struct field_entry settle_fields[] = {
    FIELD(1, FIELD_BINARY, command_settle, key_id, PROTOCOL_KEY_ID_BYTES),
    FIELD(2, FIELD_BINARY, command_settle, signature, PROTOCOL_SIGNATURE_BYTES_MAX),
    FIELD(3, FIELD_REPEATED, command_settle, settlements, 0),
};
static const struct field_entry settlement_fields[] = {
    FIELD(1, FIELD_UINT64, settlement, sequence, 0),
    FIELD(2, FIELD_UINT32, settlement, outcome, 0),
    FIELD(3, FIELD_BINARY, settlement, message_leaf, SHA256_BYTES),
    FIELD(4, FIELD_UINT32, settlement, code, 0),
    FIELD(5, FIELD_TEXT, settlement, reason, PROTOCOL_NAME_BYTES_MAX),
    FIELD(6, FIELD_TEXT, settlement, text, TEXT_MAX_BYTES),
    FIELD(7, FIELD_UINT64, settlement, retry_after_ms, 0),
};
static const struct field_entry failed_fields[] = {
    FIELD(1, FIELD_TEXT, command_failed, request_id, PROTOCOL_ID_BYTES_MAX),
    FIELD(2, FIELD_UINT64, command_failed, sequence, 0),
    FIELD(3, FIELD_UINT32, command_failed, code, 0),
    FIELD(4, FIELD_TEXT, command_failed, reason, PROTOCOL_NAME_BYTES_MAX),
    FIELD(5, FIELD_TEXT, command_failed, text, TEXT_MAX_BYTES),
};
struct command_bye {
    struct bytes text;
};
static const struct field_entry bye_fields[] = {FIELD(1, FIELD_TEXT, command_bye, text, TEXT_MAX_BYTES)};
static const struct field_entry error_fields[] = {
    FIELD(1, FIELD_UINT32, command_error, code, 0),
    FIELD(2, FIELD_TEXT, command_error, text, TEXT_MAX_BYTES),
    FIELD(3, FIELD_TEXT, command_error, where, TEXT_MAX_BYTES),
    FIELD(4, FIELD_TEXT, command_error, hint, TEXT_MAX_BYTES),
};
static const struct field_entry ask_fields[] = {
    FIELD(1, FIELD_UINT64, command_ask, number, 0),
    FIELD(2, FIELD_TEXT, command_ask, verb, NAME_MAX_BYTES),
    FIELD(3, FIELD_BINARY, command_ask, arguments, PROTOCOL_ARGUMENTS_BYTES_MAX),
};
static const struct field_entry answer_fields[] = {
    FIELD(1, FIELD_UINT64, command_answer, number, 0),
    FIELD(2, FIELD_UINT32, command_answer, code, 0),
    FIELD(3, FIELD_TEXT, command_answer, text, TEXT_MAX_BYTES),
    FIELD(4, FIELD_TEXT, command_answer, hint, TEXT_MAX_BYTES),
    FIELD(5, FIELD_BINARY, command_answer, result, 0),
    FIELD(6, FIELD_BOOL, command_answer, more, 0),
};
static const struct field_entry certificate_fields[] = {
    FIELD(1, FIELD_BINARY, command_certificate, key_id, PROTOCOL_KEY_ID_BYTES),
    FIELD(2, FIELD_TEXT, command_certificate, system, NAME_MAX_BYTES),
    FIELD(3, FIELD_BINARY, command_certificate, der, PROTOCOL_HEADER_BYTES_MAX),
};

static const struct field_entry blob_put_fields[] = {
    FIELD(1, FIELD_UINT64, command_blob_put, number, 0),
    FIELD(2, FIELD_BINARY, command_blob_put, sha256, SHA256_BYTES),
    FIELD(3, FIELD_UINT64, command_blob_put, size_bytes, 0),
    FIELD(4, FIELD_UINT32, command_blob_put, classification, 0),
    FIELD(5, FIELD_UINT64, command_blob_put, message, 0),
};
static const struct field_entry blob_get_fields[] = {
    FIELD(1, FIELD_UINT64, command_blob_get, number, 0),
    FIELD(2, FIELD_BINARY, command_blob_get, sha256, SHA256_BYTES),
    FIELD(3, FIELD_UINT64, command_blob_get, message, 0),
    FIELD(4, FIELD_UINT64, command_blob_get, offset, 0),
    FIELD(5, FIELD_UINT64, command_blob_get, through, 0),
    FIELD(6, FIELD_TEXT, command_blob_get, reason, TEXT_MAX_BYTES),
};
static const struct field_entry blob_chunk_fields[] = {
    FIELD(1, FIELD_UINT64, command_blob_chunk, number, 0),
    FIELD(2, FIELD_UINT64, command_blob_chunk, offset, 0),
    FIELD(3, FIELD_BINARY, command_blob_chunk, data, PROTOCOL_BLOB_CHUNK_BYTES),
};
static const struct field_entry blob_state_fields[] = {
    FIELD(1, FIELD_UINT64, command_blob_state, number, 0),
    FIELD(2, FIELD_UINT32, command_blob_state, code, 0),
    FIELD(3, FIELD_TEXT, command_blob_state, text, TEXT_MAX_BYTES),
    FIELD(4, FIELD_TEXT, command_blob_state, hint, TEXT_MAX_BYTES),
    FIELD(5, FIELD_UINT64, command_blob_state, offset, 0),
    FIELD(6, FIELD_UINT64, command_blob_state, size_bytes, 0),
    FIELD(7, FIELD_BOOL, command_blob_state, complete, 0),
    FIELD(8, FIELD_UINT64, command_blob_state, through, 0),
    FIELD(9, FIELD_UINT32, command_blob_state, chunk_bytes, 0),
};
static const struct field_entry blob_more_fields[] = {
    FIELD(1, FIELD_UINT64, command_blob_more, number, 0),
    FIELD(2, FIELD_UINT64, command_blob_more, through, 0),
};
static const struct field_entry blob_stop_fields[] = {
    FIELD(1, FIELD_UINT64, command_blob_stop, number, 0),
    FIELD(2, FIELD_BOOL, command_blob_stop, discard, 0),
};

static const struct field_table permission_table = FIELD_TABLE("permission", permission_fields);
static const struct field_table outcome_table = FIELD_TABLE("outcome", outcome_fields);
static const struct field_table parcel_table = FIELD_TABLE("parcel", parcel_fields);
static const struct field_table delivery_table = FIELD_TABLE("delivery", delivery_fields);
static const struct field_table settlement_table = FIELD_TABLE("settlement", settlement_fields);

/* By command number; the command's value is the union's member at offset 0 of the union. */
static const struct field_table command_tables[COMMAND_KIND_MAX + 1] = {
    [COMMAND_HELLO] = FIELD_TABLE("hello", hello_fields),
    [COMMAND_WELCOME] = FIELD_TABLE("welcome", welcome_fields),
    [COMMAND_PUBLISH] = FIELD_TABLE("publish", publish_fields),
    [COMMAND_OUTCOMES] = FIELD_TABLE("outcomes", outcomes_fields),
    [COMMAND_CREDIT] = FIELD_TABLE("credit", number_fields),
    [COMMAND_DELIVER] = FIELD_TABLE("deliver", deliver_fields),
    [COMMAND_SETTLE] = FIELD_TABLE("settle", settle_fields),
    [COMMAND_FAILED] = FIELD_TABLE("failed", failed_fields),
    [COMMAND_PING] = FIELD_TABLE("ping", number_fields),
    [COMMAND_PONG] = FIELD_TABLE("pong", number_fields),
    [COMMAND_BYE] = FIELD_TABLE("bye", bye_fields),
    [COMMAND_ERROR] = FIELD_TABLE("error", error_fields),
    [COMMAND_ASK] = FIELD_TABLE("ask", ask_fields),
    [COMMAND_ANSWER] = FIELD_TABLE("answer", answer_fields),
    [COMMAND_CERTIFICATE] = FIELD_TABLE("certificate", certificate_fields),
    [COMMAND_NOTICE] = FIELD_TABLE("notice", error_fields),
    [COMMAND_BLOB_PUT] = FIELD_TABLE("blob_put", blob_put_fields),
    [COMMAND_BLOB_GET] = FIELD_TABLE("blob_get", blob_get_fields),
    [COMMAND_BLOB_CHUNK] = FIELD_TABLE("blob_chunk", blob_chunk_fields),
    [COMMAND_BLOB_STATE] = FIELD_TABLE("blob_state", blob_state_fields),
    [COMMAND_BLOB_MORE] = FIELD_TABLE("blob_more", blob_more_fields),
    [COMMAND_BLOB_STOP] = FIELD_TABLE("blob_stop", blob_stop_fields),
};

int command_decode(struct bytes frame, struct command *ret, struct truc_fault *fault)
{
    struct wire_reader reader = wire_read(frame);
    struct wire_field field;
    if (frame.size > PROTOCOL_FRAME_BYTES_MAX)
        return fault_set(fault, TRUC_E_TOO_LARGE, "a frame of %zu bytes, the limit is %d", frame.size,
                         PROTOCOL_FRAME_BYTES_MAX);
    if (wire_next(&reader, &field) <= 0 || field.type != WIRE_BYTES)
        return fault_set(fault, TRUC_E_PROTOCOL, "the frame is not a command");
    if (field.number > COMMAND_KIND_MAX)
        return fault_set(fault, TRUC_E_PROTOCOL, "unknown command %u", field.number);
    if (reader.at != reader.end)
        return fault_set(fault, TRUC_E_PROTOCOL, "the frame holds more than one command");
    struct command command = {.kind = (enum command_kind)field.number};
    const size_t value_size = sizeof command - offsetof(struct command, hello);
    int code = field_table_decode(&command_tables[field.number], field.bytes, &command.hello, value_size, fault);
    if (code < 0)
        return code;
    *ret = command;
    return 0;
}

void command_encode(const struct command *command, struct buffer *out)
{
    const struct field_table *table = &command_tables[command->kind];
    wire_put_length(out, (uint32_t)command->kind, field_table_size(table, &command->hello));
    field_table_encode(table, &command->hello, out);
}

const char *command_name(enum command_kind kind)
{
    return kind >= COMMAND_HELLO && kind <= COMMAND_KIND_MAX ? command_tables[kind].name : "unknown";
}

static int next_value(const struct field_table *table, struct bytes elements, size_t *offset, void *value,
                      size_t value_size)
{
    struct bytes element;
    int more = field_element_next(elements, offset, &element);
    if (more <= 0)
        return more;
    int code = field_table_decode(table, element, value, value_size, NULL);
    return code < 0 ? code : 1;
}

static void append_value(const struct field_table *table, uint32_t number, const void *value, struct buffer *out)
{
    wire_put_length(out, number, field_table_size(table, value));
    field_table_encode(table, value, out);
}

int permission_next(struct bytes elements, size_t *offset, struct permission *ret)
{
    return next_value(&permission_table, elements, offset, ret, sizeof *ret);
}

void permission_append(struct buffer *out, const struct permission *permission)
{
    append_value(&permission_table, 9, permission, out);
}

int outcome_next(struct bytes elements, size_t *offset, struct outcome *ret)
{
    return next_value(&outcome_table, elements, offset, ret, sizeof *ret);
}

void outcome_append(struct buffer *out, const struct outcome *outcome)
{
    append_value(&outcome_table, 2, outcome, out);
}

int parcel_next(struct bytes elements, size_t *offset, struct parcel *ret)
{
    return next_value(&parcel_table, elements, offset, ret, sizeof *ret);
}

void parcel_append(struct buffer *out, const struct parcel *parcel)
{
    append_value(&parcel_table, 1, parcel, out);
}

int delivery_next(struct bytes elements, size_t *offset, struct delivery *ret)
{
    return next_value(&delivery_table, elements, offset, ret, sizeof *ret);
}

void delivery_append(struct buffer *out, const struct delivery *delivery)
{
    append_value(&delivery_table, 5, delivery, out);
}

int proof_next(struct bytes elements, size_t *offset, struct sha256_digest *ret)
{
    struct bytes element;
    int more = field_element_next(elements, offset, &element);
    if (more <= 0)
        return more;
    if (element.size != SHA256_BYTES)
        return TRUC_E_PROTOCOL;
    memcpy(ret->bytes, element.data, SHA256_BYTES);
    return 1;
}

void proof_append(struct buffer *out, const struct sha256_digest *hash)
{
    wire_put_element(out, 6, sha256_view(hash));
}

int settlement_next(struct bytes elements, size_t *offset, struct settlement *ret, struct bytes *ret_leaf)
{
    struct bytes element;
    int more = field_element_next(elements, offset, &element);
    if (more <= 0)
        return more;
    int code = settlement_decode(element, ret);
    if (code < 0)
        return code;
    if (ret_leaf)
        *ret_leaf = element;
    return 1;
}

void settlement_encode(const struct settlement *settlement, struct buffer *out)
{
    field_table_encode(&settlement_table, settlement, out);
}

int settlement_decode(struct bytes encoded, struct settlement *ret)
{
    return field_table_decode(&settlement_table, encoded, ret, sizeof *ret, NULL);
}

void settlement_append(struct buffer *out, struct bytes encoded)
{
    wire_put_element(out, 3, encoded);
}
