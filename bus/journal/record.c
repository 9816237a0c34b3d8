/* record.c - tables of the journal's record bodies.
 * Reading and writing are field_table.c's; a body that does not fit its table is damage, since only we write them.
 * Numbers are those of schemas/truc/bus/v1/journal.proto and never change their meaning. */
#include "record.h"

#include "fault.h"
#include "field_table.h"
#include "protobuf_wire.h"

static const struct field_entry started_fields[] = {
    FIELD(1, FIELD_TEXT, record_started, software, 0),
    FIELD(2, FIELD_TEXT, record_started, reason, 0),
};
static const struct field_entry configuration_fields[] = {
    FIELD(1, FIELD_BINARY, record_configuration, hash, 0),
    FIELD(2, FIELD_REPEATED, record_configuration, files, 0),
    FIELD(3, FIELD_BINARY, record_configuration, descriptors, 0),
    FIELD(4, FIELD_TEXT, record_configuration, origin, 0),
};
static const struct field_entry file_fields[] = {
    FIELD(1, FIELD_TEXT, record_file, name, 0),
    FIELD(2, FIELD_BINARY, record_file, sha256, 0),
};
static const struct field_entry bundle_fields[] = {
    FIELD(1, FIELD_TEXT, record_bundle, sender, 0),      FIELD(2, FIELD_BINARY, record_bundle, key_id, 0),
    FIELD(3, FIELD_BINARY, record_bundle, signature, 0), FIELD(4, FIELD_UINT32, record_bundle, count, 0),
    FIELD(5, FIELD_BINARY, record_bundle, leaves, 0),    FIELD(6, FIELD_BINARY, record_bundle, certificate, 0),
};
static const struct field_entry accepted_fields[] = {
    FIELD(1, FIELD_UINT64, record_accepted, bundle, 0),
    FIELD(2, FIELD_UINT32, record_accepted, index, 0),
    FIELD(3, FIELD_BINARY, record_accepted, header, 0),
    FIELD(4, FIELD_REPEATED, record_accepted, destinations, 0),
    FIELD(5, FIELD_UINT64, record_accepted, configuration, 0),
    FIELD(6, FIELD_REPEATED, record_accepted, persons, 0),
    FIELD(7, FIELD_UINT64, record_accepted, payload_bytes, 0),
    FIELD(8, FIELD_TIME_NS, record_accepted, deadline_ns, 0),
};
static const struct field_entry destination_fields[] = {
    FIELD(1, FIELD_TEXT, record_destination, system, 0),    FIELD(2, FIELD_TEXT, record_destination, route, 0),
    FIELD(3, FIELD_TEXT, record_destination, agreement, 0), FIELD(4, FIELD_UINT32, record_destination, order, 0),
    FIELD(5, FIELD_UINT32, record_destination, outcome, 0), FIELD(6, FIELD_BOOL, record_destination, observer, 0),
    FIELD(7, FIELD_TEXT, record_destination, recipient, 0), FIELD(8, FIELD_UINT32, record_destination, lane, 0),
};
static const struct field_entry person_fields[] = {
    FIELD(1, FIELD_UINT32, record_person, epoch, 0),
    FIELD(2, FIELD_BINARY, record_person, hash, 0),
};
static const struct field_entry refused_fields[] = {
    FIELD(1, FIELD_TEXT, record_refused, sender, 0),   FIELD(2, FIELD_TEXT, record_refused, id, 0),
    FIELD(3, FIELD_TEXT, record_refused, type, 0),     FIELD(4, FIELD_TEXT, record_refused, subject, 0),
    FIELD(5, FIELD_UINT32, record_refused, code, 0),   FIELD(6, FIELD_TEXT, record_refused, text, 0),
    FIELD(7, FIELD_TEXT, record_refused, where, 0),    FIELD(8, FIELD_BINARY, record_refused, leaf, 0),
    FIELD(9, FIELD_UINT64, record_refused, bundle, 0), FIELD(10, FIELD_UINT32, record_refused, count, 0),
};
static const struct field_entry settled_fields[] = {
    FIELD(1, FIELD_TEXT, record_settled, system, 0),        FIELD(2, FIELD_BINARY, record_settled, key_id, 0),
    FIELD(3, FIELD_BINARY, record_settled, signature, 0),   FIELD(4, FIELD_REPEATED, record_settled, settlements, 0),
    FIELD(5, FIELD_BINARY, record_settled, certificate, 0),
};
static const struct field_entry fate_fields[] = {
    FIELD(1, FIELD_UINT64, record_fate, message, 0),    FIELD(2, FIELD_TEXT, record_fate, system, 0),
    FIELD(3, FIELD_UINT32, record_fate, code, 0),       FIELD(4, FIELD_TEXT, record_fate, reason, 0),
    FIELD(5, FIELD_TEXT, record_fate, text, 0),         FIELD(6, FIELD_UINT32, record_fate, attempts, 0),
    FIELD(7, FIELD_TEXT, record_fate, operator_id, 0),  FIELD(8, FIELD_UINT32, record_fate, generation, 0),
    FIELD(9, FIELD_UINT64, record_fate, size_bytes, 0), FIELD(10, FIELD_TEXT, record_fate, sender, 0),
    FIELD(11, FIELD_TEXT, record_fate, type, 0),        FIELD(12, FIELD_TEXT, record_fate, subject, 0),
    FIELD(13, FIELD_TEXT, record_fate, id, 0),          FIELD(14, FIELD_UINT32, record_fate, lane, 0),
};
static const struct field_entry attempted_fields[] = {
    FIELD(1, FIELD_TEXT, record_attempted, system, 0),
    FIELD(2, FIELD_BINARY, record_attempted, messages, 0),
};
static const struct field_entry session_fields[] = {
    FIELD(1, FIELD_TEXT, record_session, system, 0),
    FIELD(2, FIELD_UINT32, record_session, event, 0),
    FIELD(3, FIELD_BINARY, record_session, session, 0),
    FIELD(4, FIELD_TEXT, record_session, software, 0),
    FIELD(5, FIELD_BINARY, record_session, transport_key, 0),
    FIELD(6, FIELD_UINT32, record_session, code, 0),
    FIELD(7, FIELD_TEXT, record_session, text, 0),
};
static const struct field_entry operation_fields[] = {
    FIELD(1, FIELD_TEXT, record_operation, operator_id, 0), FIELD(2, FIELD_TEXT, record_operation, verb, 0),
    FIELD(3, FIELD_BINARY, record_operation, arguments, 0), FIELD(4, FIELD_UINT32, record_operation, code, 0),
    FIELD(5, FIELD_TEXT, record_operation, reason, 0),
};

static const struct field_entry blob_fields[] = {
    FIELD(1, FIELD_TEXT, record_blob, system, 0),    FIELD(2, FIELD_UINT32, record_blob, event, 0),
    FIELD(3, FIELD_BINARY, record_blob, sha256, 0),  FIELD(4, FIELD_UINT64, record_blob, size_bytes, 0),
    FIELD(5, FIELD_UINT64, record_blob, message, 0), FIELD(6, FIELD_UINT64, record_blob, offset, 0),
    FIELD(7, FIELD_UINT32, record_blob, code, 0),    FIELD(8, FIELD_TEXT, record_blob, text, 0),
    FIELD(9, FIELD_BOOL, record_blob, is_new, 0),
};

static const struct field_table started_table = FIELD_TABLE("started", started_fields);
static const struct field_table configuration_table = FIELD_TABLE("configuration", configuration_fields);
static const struct field_table file_table = FIELD_TABLE("file", file_fields);
static const struct field_table bundle_table = FIELD_TABLE("bundle", bundle_fields);
static const struct field_table accepted_table = FIELD_TABLE("accepted", accepted_fields);
static const struct field_table destination_table = FIELD_TABLE("destination", destination_fields);
static const struct field_table person_table = FIELD_TABLE("person", person_fields);
static const struct field_table refused_table = FIELD_TABLE("refused", refused_fields);
static const struct field_table settled_table = FIELD_TABLE("settled", settled_fields);
static const struct field_table fate_table = FIELD_TABLE("fate", fate_fields);
static const struct field_table attempted_table = FIELD_TABLE("attempted", attempted_fields);
static const struct field_table session_table = FIELD_TABLE("session", session_fields);
static const struct field_table operation_table = FIELD_TABLE("operation", operation_fields);
static const struct field_table blob_table = FIELD_TABLE("blob", blob_fields);

const char *record_kind_name(enum record_kind kind)
{
    static const char *const names[RECORD_KIND_MAX + 1] = {
        "unknown",  "started",   "configuration", "bundle",    "accepted",  "refused", "settled",
        "dead",     "expired",   "redriven",      "session",   "operation", "erased",  "held",
        "released", "attempted", "stopped",       "discarded", "blob",
    };
    return kind > 0 && kind <= RECORD_KIND_MAX ? names[kind] : names[0];
}

static int decode(const struct field_table *table, struct bytes body, void *value, size_t size,
                  struct truc_fault *fault)
{
    struct truc_fault reason = {0};
    if (field_table_decode(table, body, value, size, &reason) < 0)
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "a record body is damaged: %s", reason.text);
    return 0;
}

static int next(const struct field_table *table, struct bytes elements, size_t *offset, void *value, size_t size)
{
    struct bytes element;
    int more = field_element_next(elements, offset, &element);
    if (more == 0)
        return 0;
    if (more < 0 || field_table_decode(table, element, value, size, NULL) < 0)
        return TRUC_E_JOURNAL_CORRUPT;
    return 1;
}

static void append(const struct field_table *table, uint32_t number, const void *value, struct buffer *out)
{
    wire_put_length(out, number, field_table_size(table, value));
    field_table_encode(table, value, out);
}

/* One encoder and one decoder a body. */
#define BODY(name)                                                                                                     \
    void record_##name##_encode(const struct record_##name *value, struct buffer *out)                                 \
    {                                                                                                                  \
        field_table_encode(&name##_table, value, out);                                                                 \
    }                                                                                                                  \
    int record_##name##_decode(struct bytes body, struct record_##name *ret, struct truc_fault *fault)                 \
    {                                                                                                                  \
        return decode(&name##_table, body, ret, sizeof *ret, fault);                                                   \
    }
BODY(started)
BODY(configuration)
BODY(bundle)
BODY(accepted)
BODY(refused)
BODY(settled)
BODY(fate)
BODY(attempted)
BODY(session)
BODY(operation)
BODY(blob)

/* One walker and one appender an element kind, under the field number of its list. */
#define ELEMENT(name, number)                                                                                          \
    int record_##name##_next(struct bytes elements, size_t *offset, struct record_##name *ret)                         \
    {                                                                                                                  \
        return next(&name##_table, elements, offset, ret, sizeof *ret);                                                \
    }                                                                                                                  \
    void record_##name##_append(struct buffer *out, const struct record_##name *value)                                 \
    {                                                                                                                  \
        append(&name##_table, number, value, out);                                                                     \
    }
ELEMENT(destination, 4)
ELEMENT(person, 6)
ELEMENT(file, 2)

int record_settlement_next(struct bytes elements, size_t *offset, struct bytes *ret_encoded)
{
    int more = field_element_next(elements, offset, ret_encoded);
    return more < 0 ? TRUC_E_JOURNAL_CORRUPT : more;
}

void record_settlement_append(struct buffer *out, struct bytes encoded)
{
    wire_put_element(out, 4, encoded);
}

bool record_operation_message(const struct record_operation *value, uint64_t *ret_message)
{
    struct wire_reader reader = wire_read(value->arguments);
    struct wire_field field;
    if (!bytes_equal_string(value->verb, RECORD_PAYLOAD_SHOW_VERB))
        return false;
    while (wire_next(&reader, &field) > 0)
        if (field.number == 1 && field.type == WIRE_VARINT) { /* PayloadQuery.position in operator.proto */
            *ret_message = field.value;
            return true;
        }
    return false;
}
