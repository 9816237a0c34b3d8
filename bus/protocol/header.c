/* header.c - decoding, checking and encoding message headers.
 * One table names each text field with its bound; strictness here keeps two parsers from reading one header differently.
 * Second stage of the pipeline (decode); the SDK encodes with the same table. */
#include "header.h"

#include "fault.h"
#include "protobuf_wire.h"
#include "protocol_limits.h"
#include "text.h"

/* Field numbers of truc.bus.v1.Header (schemas/truc/bus/v1/wire.proto). */
enum header_field {
    FIELD_ID = 1,
    FIELD_SOURCE = 2,
    FIELD_TYPE = 3,
    FIELD_SUBJECT = 4,
    FIELD_TIME = 5,
    FIELD_DATA_SCHEMA = 6,
    FIELD_DATA_CONTENT_TYPE = 7,
    FIELD_KIND = 8,
    FIELD_CORRELATION_ID = 9,
    FIELD_CAUSATION_ID = 10,
    FIELD_ORDERING_KEY = 11,
    FIELD_EXPIRES = 12,
    FIELD_NOT_BEFORE = 13,
    FIELD_URGENCY = 14,
    FIELD_CLASSIFICATION = 15,
    FIELD_PURPOSE = 16,
    FIELD_TRACEPARENT = 17,
    FIELD_HISTORICAL = 18,
    FIELD_PAYLOAD_DIGEST = 19,
    FIELD_PAYLOAD_SIZE = 20,
    FIELD_ATTACHMENT = 21,
    FIELD_IN_REPLY_TO = 22,
    FIELD_REPLAY_OF = 23,
};

struct field_rule {
    uint32_t number;
    enum wire_type type;
    const char *name;
    size_t offset;   /* of the struct bytes, uint32_t, uint64_t or bool in struct header */
    size_t size_max; /* bytes for texts; largest value for numbers below 2^32; 0: any */
};

#define TEXT(number, member, size_max)                                                                                 \
    {                                                                                                                  \
        number, WIRE_BYTES, #member, offsetof(struct header, member), size_max                                         \
    }
#define SMALL(number, member, value_max)                                                                               \
    {                                                                                                                  \
        number, WIRE_VARINT, #member, offsetof(struct header, member), value_max                                       \
    }
#define TIME(number, member)                                                                                           \
    {                                                                                                                  \
        number, WIRE_FIXED64, #member, offsetof(struct header, member), 0                                              \
    }

static const struct field_rule header_fields[] = {
    TEXT(FIELD_ID, id, PROTOCOL_ID_BYTES_MAX),
    TEXT(FIELD_SOURCE, source, PROTOCOL_TEXT_BYTES_MAX),
    TEXT(FIELD_TYPE, type, PROTOCOL_TYPE_BYTES_MAX),
    TEXT(FIELD_SUBJECT, subject, PROTOCOL_SUBJECT_BYTES_MAX),
    TIME(FIELD_TIME, time_ns),
    TEXT(FIELD_DATA_SCHEMA, data_schema, PROTOCOL_TYPE_BYTES_MAX),
    TEXT(FIELD_DATA_CONTENT_TYPE, data_content_type, PROTOCOL_TYPE_BYTES_MAX),
    SMALL(FIELD_KIND, kind, HEADER_REPLY),
    TEXT(FIELD_CORRELATION_ID, correlation_id, PROTOCOL_ID_BYTES_MAX),
    TEXT(FIELD_CAUSATION_ID, causation_id, PROTOCOL_ID_BYTES_MAX),
    TEXT(FIELD_ORDERING_KEY, ordering_key, PROTOCOL_SUBJECT_BYTES_MAX),
    TIME(FIELD_EXPIRES, expires_ns),
    TIME(FIELD_NOT_BEFORE, not_before_ns),
    SMALL(FIELD_URGENCY, urgency, HEADER_URGENCY_MAX),
    SMALL(FIELD_CLASSIFICATION, classification, 255),
    TEXT(FIELD_TRACEPARENT, traceparent, PROTOCOL_TYPE_BYTES_MAX),
    SMALL(FIELD_HISTORICAL, historical, 1),
    TEXT(FIELD_PAYLOAD_DIGEST, payload_digest, 32),
    {FIELD_PAYLOAD_SIZE, WIRE_VARINT, "payload_size", offsetof(struct header, payload_size_bytes),
     PROTOCOL_MESSAGE_BYTES_MAX},
    {FIELD_IN_REPLY_TO, WIRE_VARINT, "in_reply_to", offsetof(struct header, in_reply_to), 0},
};

static const struct field_rule *find_rule(uint32_t number)
{
    for (size_t i = 0; i < sizeof header_fields / sizeof *header_fields; i++)
        if (header_fields[i].number == number)
            return &header_fields[i];
    return NULL;
}

static int bad(struct truc_fault *fault, const char *name, const char *what)
{
    fault_set(fault, TRUC_E_HEADER, "header field '%s' %s", name, what);
    fault_where(fault, "header.%s", name);
    return TRUC_E_HEADER;
}

static int check_text(struct bytes text, const char *name, size_t size_max, struct truc_fault *fault)
{
    if (text.size > size_max) {
        fault_set(fault, TRUC_E_HEADER, "header field '%s' has %zu bytes, the limit is %zu", name, text.size, size_max);
        fault_where(fault, "header.%s", name);
        return TRUC_E_HEADER;
    }
    if (!text_is_utf8(text))
        return bad(fault, name, "is not UTF-8");
    if (text_has_control(text))
        return bad(fault, name, "holds a control character");
    return 0;
}

/* Stores one field where its rule says; payload_digest is the only binary one. */
static int store_field(const struct field_rule *rule, const struct wire_field *field, struct header *header,
                       struct truc_fault *fault)
{
    void *member = (char *)header + rule->offset;
    if (field->type != rule->type)
        return bad(fault, rule->name, "has the wrong wire type");
    if (rule->type == WIRE_FIXED64) {
        *(uint64_t *)member = field->value;
        return 0;
    }
    if (rule->type == WIRE_VARINT) {
        if (rule->size_max && field->value > rule->size_max)
            return bad(fault, rule->name, "is out of range");
        if (rule->number == FIELD_HISTORICAL)
            *(bool *)member = field->value != 0;
        else if (rule->number == FIELD_PAYLOAD_SIZE || rule->number == FIELD_IN_REPLY_TO)
            *(uint64_t *)member = field->value;
        else
            *(uint32_t *)member = (uint32_t)field->value;
        return 0;
    }
    if (rule->number == FIELD_PAYLOAD_DIGEST) {
        if (field->bytes.size != rule->size_max)
            return bad(fault, rule->name, "is not 32 bytes");
    } else {
        int code = check_text(field->bytes, rule->name, rule->size_max, fault);
        if (code < 0)
            return code;
    }
    *(struct bytes *)member = field->bytes;
    return 0;
}

static int decode_purpose(struct bytes encoded, struct header_purpose *ret, struct truc_fault *fault)
{
    static const char *const names[] = {"", "purpose.procedure", "purpose.dossier", "purpose.officer",
                                        "purpose.legal_basis"};
    struct bytes *members[] = {NULL, &ret->procedure, &ret->dossier, &ret->officer, &ret->legal_basis};
    struct wire_reader reader = wire_read(encoded);
    struct wire_field field;
    int code;
    while ((code = wire_next(&reader, &field)) > 0) {
        if (field.number > 4 || field.type != WIRE_BYTES)
            return bad(fault, "purpose", "holds an unknown field");
        if (members[field.number]->data)
            return bad(fault, names[field.number], "occurs twice");
        if ((code = check_text(field.bytes, names[field.number], PROTOCOL_TEXT_BYTES_MAX, fault)) < 0)
            return code;
        *members[field.number] = field.bytes;
    }
    return code < 0 ? bad(fault, "purpose", "is malformed") : 0;
}

static int decode_attachment(struct bytes encoded, struct header_attachment *ret, struct truc_fault *fault)
{
    struct wire_reader reader = wire_read(encoded);
    struct wire_field field;
    uint32_t seen = 0;
    int code;
    *ret = (struct header_attachment){0};
    while ((code = wire_next(&reader, &field)) > 0) {
        if (field.number > 4 || field.type != (field.number == 2 ? WIRE_VARINT : WIRE_BYTES))
            return bad(fault, "attachments", "holds an unknown field");
        if (seen & 1u << field.number)
            return bad(fault, "attachments", "holds a field twice");
        seen |= 1u << field.number;
        if (field.number == 1)
            ret->sha256 = field.bytes;
        else if (field.number == 2)
            ret->size_bytes = field.value;
        else if ((code = check_text(field.bytes, "attachments", PROTOCOL_TEXT_BYTES_MAX, fault)) < 0)
            return code;
        else if (field.number == 3)
            ret->name = field.bytes;
        else
            ret->media_type = field.bytes;
    }
    if (code < 0 || ret->sha256.size != 32)
        return bad(fault, "attachments", "is malformed");
    return 0;
}

static int decode_replay(struct bytes encoded, struct header_replay *ret, struct truc_fault *fault)
{
    struct wire_reader reader = wire_read(encoded);
    struct wire_field field;
    uint32_t seen = 0;
    int code;
    while ((code = wire_next(&reader, &field)) > 0) {
        if (field.number > 3 || field.type != (field.number == 2 ? WIRE_VARINT : WIRE_BYTES))
            return bad(fault, "replay_of", "holds an unknown field");
        if (seen & 1u << field.number)
            return bad(fault, "replay_of", "holds a field twice");
        seen |= 1u << field.number;
        if (field.number == 1 && (code = check_text(field.bytes, "replay_of", PROTOCOL_NAME_BYTES_MAX, fault)) < 0)
            return code;
        if (field.number == 1)
            ret->bus = field.bytes;
        else if (field.number == 2)
            ret->position = field.value;
        else
            ret->leaf = field.bytes;
    }
    if (code < 0 || ret->bus.size == 0 || ret->leaf.size != 32)
        return bad(fault, "replay_of", "is malformed");
    return 0;
}

static bool is_nested(uint32_t number)
{
    return number == FIELD_PURPOSE || number == FIELD_ATTACHMENT || number == FIELD_REPLAY_OF;
}

/* Purpose, attachments and what was replayed; everything else goes through the table. */
static int decode_nested(const struct wire_field *field, struct header *header, uint32_t seen, struct truc_fault *fault)
{
    struct header_attachment attachment;
    const char *name = field->number == FIELD_PURPOSE      ? "purpose"
                       : field->number == FIELD_ATTACHMENT ? "attachments"
                                                           : "replay_of";
    if (field->type != WIRE_BYTES)
        return bad(fault, name, "has the wrong wire type");
    if (field->number == FIELD_REPLAY_OF)
        return seen & 1u << FIELD_REPLAY_OF ? bad(fault, name, "occurs twice")
                                            : decode_replay(field->bytes, &header->replay_of, fault);
    if (field->number == FIELD_PURPOSE) {
        if (seen & 1u << FIELD_PURPOSE)
            return bad(fault, "purpose", "occurs twice");
        return decode_purpose(field->bytes, &header->purpose, fault);
    }
    if (++header->attachment_count > PROTOCOL_ATTACHMENTS_MAX)
        return bad(fault, "attachments", "are more than the limit");
    return decode_attachment(field->bytes, &attachment, fault);
}

int header_decode(struct bytes encoded, struct header *ret, struct truc_fault *fault)
{
    if (encoded.size > PROTOCOL_HEADER_BYTES_MAX)
        return fault_set(fault, TRUC_E_HEADER, "the header has %zu bytes, the limit is %d", encoded.size,
                         PROTOCOL_HEADER_BYTES_MAX);
    struct header header = {0};
    struct wire_reader reader = wire_read(encoded);
    struct wire_field field;
    uint32_t seen = 0;
    int more;
    while ((more = wire_next(&reader, &field)) > 0) {
        int code;
        if (is_nested(field.number)) {
            code = decode_nested(&field, &header, seen, fault);
        } else {
            const struct field_rule *rule = find_rule(field.number);
            if (rule == NULL)
                return fault_set(fault, TRUC_E_HEADER, "the header has an unknown field %u", field.number);
            if (seen & 1u << field.number)
                return bad(fault, rule->name, "occurs twice");
            code = store_field(rule, &field, &header, fault);
        }
        if (code < 0)
            return code;
        seen |= 1u << field.number;
    }
    if (more < 0)
        return fault_set(fault, TRUC_E_HEADER, "the header is not well-formed protobuf");
    header.attachments = header.attachment_count ? encoded : BYTES_EMPTY;
    *ret = header;
    return 0;
}

int header_check(const struct header *header, struct truc_fault *fault)
{
    if (header->classification != HEADER_NOT_SECRET)
        return fault_set(fault, TRUC_E_SECRET,
                         header->classification == HEADER_UNCLASSIFIED
                             ? "the message is not classified; only what is marked not secret is taken"
                             : "the message is classified as secret");
    if (header->id.size == 0)
        return bad(fault, "id", "is missing");
    if (header->source.size == 0)
        return bad(fault, "source", "is missing");
    if (header->type.size == 0)
        return bad(fault, "type", "is missing");
    if (header->kind == 0)
        return bad(fault, "kind", "is missing");
    if (header->time_ns == 0)
        return bad(fault, "time_ns", "is missing");
    if (header->payload_digest.size != 32)
        return bad(fault, "payload_digest", "is missing");
    if (header->kind == HEADER_REPLY && header->in_reply_to == 0)
        return bad(fault, "in_reply_to", "is missing from a reply");
    if (header->kind != HEADER_REPLY && header->in_reply_to != 0)
        return bad(fault, "in_reply_to", "belongs to replies only");
    return 0;
}

static void encode_purpose(const struct header_purpose *purpose, struct buffer *out)
{
    if (!purpose->procedure.size && !purpose->dossier.size && !purpose->officer.size && !purpose->legal_basis.size)
        return;
    size_t mark = wire_begin(out, FIELD_PURPOSE);
    wire_put_bytes(out, 1, purpose->procedure);
    wire_put_bytes(out, 2, purpose->dossier);
    wire_put_bytes(out, 3, purpose->officer);
    wire_put_bytes(out, 4, purpose->legal_basis);
    wire_end(out, mark);
}

void header_encode(const struct header *header, const struct header_attachment *attachments, size_t attachment_count,
                   struct buffer *out)
{
    wire_put_bytes(out, FIELD_ID, header->id);
    wire_put_bytes(out, FIELD_SOURCE, header->source);
    wire_put_bytes(out, FIELD_TYPE, header->type);
    wire_put_bytes(out, FIELD_SUBJECT, header->subject);
    wire_put_fixed64(out, FIELD_TIME, header->time_ns);
    wire_put_bytes(out, FIELD_DATA_SCHEMA, header->data_schema);
    wire_put_bytes(out, FIELD_DATA_CONTENT_TYPE, header->data_content_type);
    wire_put_uint(out, FIELD_KIND, header->kind);
    wire_put_bytes(out, FIELD_CORRELATION_ID, header->correlation_id);
    wire_put_bytes(out, FIELD_CAUSATION_ID, header->causation_id);
    wire_put_bytes(out, FIELD_ORDERING_KEY, header->ordering_key);
    wire_put_fixed64(out, FIELD_EXPIRES, header->expires_ns);
    wire_put_fixed64(out, FIELD_NOT_BEFORE, header->not_before_ns);
    wire_put_uint(out, FIELD_URGENCY, header->urgency);
    wire_put_uint(out, FIELD_CLASSIFICATION, header->classification);
    encode_purpose(&header->purpose, out);
    wire_put_bytes(out, FIELD_TRACEPARENT, header->traceparent);
    wire_put_bool(out, FIELD_HISTORICAL, header->historical);
    wire_put_bytes(out, FIELD_PAYLOAD_DIGEST, header->payload_digest);
    wire_put_uint(out, FIELD_PAYLOAD_SIZE, header->payload_size_bytes);
    for (size_t i = 0; i < attachment_count; i++) {
        size_t mark = wire_begin(out, FIELD_ATTACHMENT);
        wire_put_bytes(out, 1, attachments[i].sha256);
        wire_put_uint(out, 2, attachments[i].size_bytes);
        wire_put_bytes(out, 3, attachments[i].name);
        wire_put_bytes(out, 4, attachments[i].media_type);
        wire_end(out, mark);
    }
    wire_put_uint(out, FIELD_IN_REPLY_TO, header->in_reply_to);
    if (header->replay_of.bus.size) {
        size_t mark = wire_begin(out, FIELD_REPLAY_OF);
        wire_put_bytes(out, 1, header->replay_of.bus);
        wire_put_uint(out, 2, header->replay_of.position);
        wire_put_bytes(out, 3, header->replay_of.leaf);
        wire_end(out, mark);
    }
}

int header_attachment_next(struct bytes encoded, size_t *offset, struct header_attachment *ret)
{
    if (*offset >= encoded.size) /* no attachments: there may be no bytes to point into */
        return 0;
    struct wire_reader reader = wire_read(bytes_of(encoded.data + *offset, encoded.size - *offset));
    struct wire_field field;
    while (wire_next(&reader, &field) > 0) {
        *offset = encoded.size - (size_t)(reader.end - reader.at);
        if (field.number == FIELD_ATTACHMENT && decode_attachment(field.bytes, ret, NULL) == 0)
            return 1;
    }
    return 0;
}

struct bytes header_sender(const struct header *header)
{
    const uint8_t *slash = header->source.size ? memchr(header->source.data, '/', header->source.size) : NULL;
    return slash ? bytes_of(header->source.data, (size_t)(slash - header->source.data)) : header->source;
}

struct bytes header_order_key(const struct header *header)
{
    return header->ordering_key.size ? header->ordering_key : header->subject;
}

struct bytes header_asked_type(const struct header *header)
{
    static const char suffix[] = ".reply";
    const size_t size = sizeof suffix - 1;
    if (header->type.size <= size || memcmp(header->type.data + header->type.size - size, suffix, size) != 0)
        return BYTES_EMPTY;
    return bytes_of(header->type.data, header->type.size - size);
}
