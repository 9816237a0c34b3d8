/* field_table.c - the one strict reader and the one writer behind all commands.
 * Generic over tables; knows no command by name.
 * Called by command.c and by the journal's record bodies. */
#include "field_table.h"

#include "fault.h"
#include "protobuf_wire.h"
#include "text.h"

static const struct field_entry *find_entry(const struct field_table *table, uint32_t number)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->fields[i].number == number)
            return &table->fields[i];
    return NULL;
}

static enum wire_type wire_type_of(enum field_type type)
{
    switch (type) {
    case FIELD_UINT32:
    case FIELD_UINT64:
    case FIELD_BOOL:
        return WIRE_VARINT;
    case FIELD_TIME_NS:
        return WIRE_FIXED64;
    case FIELD_TEXT:
    case FIELD_BINARY:
    case FIELD_REPEATED:
        return WIRE_BYTES;
    }
    return WIRE_BYTES;
}

static int bad(const struct field_table *table, const struct field_entry *entry, const char *what,
               struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_PROTOCOL, "%s: field '%s' %s", table->name, entry->name, what);
    fault_where(fault, "%s.%s", table->name, entry->name);
    return TRUC_E_PROTOCOL;
}

static int store_number(const struct field_table *table, const struct field_entry *entry, uint64_t number, void *member,
                        struct truc_fault *fault)
{
    if (entry->type == FIELD_UINT32) {
        if (number > UINT32_MAX)
            return bad(table, entry, "is out of range", fault);
        *(uint32_t *)member = (uint32_t)number;
    } else if (entry->type == FIELD_BOOL) {
        if (number > 1)
            return bad(table, entry, "is out of range", fault);
        *(bool *)member = number != 0;
    } else {
        *(uint64_t *)member = number;
    }
    return 0;
}

static int store_bytes(const struct field_table *table, const struct field_entry *entry, struct bytes view,
                       struct bytes *member, struct truc_fault *fault)
{
    if (entry->size_max && view.size > entry->size_max)
        return bad(table, entry, "is over its size limit", fault);
    if (entry->type == FIELD_TEXT && (!text_is_utf8(view) || text_has_control(view)))
        return bad(table, entry, "is not clean UTF-8 text", fault);
    *member = view;
    return 0;
}

/* Elements of a repeated field follow each other; the view grows from the first tag to the last byte. */
static int store_element(const struct field_table *table, const struct field_entry *entry, struct bytes whole,
                         struct bytes *member, struct truc_fault *fault)
{
    if (member->data && member->data + member->size != whole.data)
        return bad(table, entry, "is not in one piece", fault);
    *member = member->data ? bytes_of(member->data, member->size + whole.size) : whole;
    return 0;
}

int field_table_decode(const struct field_table *table, struct bytes encoded, void *value, size_t value_size,
                       struct truc_fault *fault)
{
    struct wire_reader reader = wire_read(encoded);
    struct wire_field field;
    uint32_t seen = 0;
    int more;
    memset(value, 0, value_size);
    for (const uint8_t *start = reader.at; (more = wire_next(&reader, &field)) > 0; start = reader.at) {
        const struct field_entry *entry = field.number < 32 ? find_entry(table, field.number) : NULL;
        if (entry == NULL)
            return fault_set(fault, TRUC_E_PROTOCOL, "%s: unknown field %u", table->name, field.number);
        if (field.type != wire_type_of(entry->type))
            return bad(table, entry, "has the wrong wire type", fault);
        if (entry->type != FIELD_REPEATED && seen & 1u << field.number)
            return bad(table, entry, "occurs twice", fault);
        seen |= 1u << field.number;
        void *member = (char *)value + entry->offset;
        int code;
        if (entry->type == FIELD_REPEATED)
            code = store_element(table, entry, bytes_of(start, (size_t)(reader.at - start)), member, fault);
        else if (field.type == WIRE_BYTES)
            code = store_bytes(table, entry, field.bytes, member, fault);
        else
            code = store_number(table, entry, field.value, member, fault);
        if (code < 0)
            return code;
    }
    return more < 0 ? fault_set(fault, TRUC_E_PROTOCOL, "%s: not well-formed protobuf", table->name) : 0;
}

void field_table_encode(const struct field_table *table, const void *value, struct buffer *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field_entry *entry = &table->fields[i];
        const void *member = (const char *)value + entry->offset;
        switch (entry->type) {
        case FIELD_UINT32:
            wire_put_uint(out, entry->number, *(const uint32_t *)member);
            break;
        case FIELD_UINT64:
            wire_put_uint(out, entry->number, *(const uint64_t *)member);
            break;
        case FIELD_BOOL:
            wire_put_bool(out, entry->number, *(const bool *)member);
            break;
        case FIELD_TIME_NS:
            wire_put_fixed64(out, entry->number, *(const uint64_t *)member);
            break;
        case FIELD_TEXT:
        case FIELD_BINARY:
            wire_put_bytes(out, entry->number, *(const struct bytes *)member);
            break;
        case FIELD_REPEATED:
            buffer_append_bytes(out, *(const struct bytes *)member);
            break;
        }
    }
}

size_t field_table_size(const struct field_table *table, const void *value)
{
    size_t size = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct field_entry *entry = &table->fields[i];
        const void *member = (const char *)value + entry->offset;
        size_t tag = wire_varint_size((uint64_t)entry->number << 3);
        uint64_t number = 0;
        switch (entry->type) {
        case FIELD_UINT32:
            number = *(const uint32_t *)member;
            break;
        case FIELD_UINT64:
            number = *(const uint64_t *)member;
            break;
        case FIELD_BOOL:
            number = *(const bool *)member;
            break;
        case FIELD_TIME_NS:
            size += *(const uint64_t *)member ? tag + 8 : 0;
            break;
        case FIELD_TEXT:
        case FIELD_BINARY:
            size += wire_bytes_size(entry->number, ((const struct bytes *)member)->size);
            break;
        case FIELD_REPEATED:
            size += ((const struct bytes *)member)->size;
            break;
        }
        size += number ? tag + wire_varint_size(number) : 0;
    }
    return size;
}

int field_element_next(struct bytes elements, size_t *offset, struct bytes *ret)
{
    if (*offset >= elements.size)
        return 0;
    struct wire_reader reader = wire_read(bytes_of(elements.data + *offset, elements.size - *offset));
    struct wire_field field;
    int code = wire_next(&reader, &field);
    if (code <= 0)
        return code;
    if (field.type != WIRE_BYTES)
        return TRUC_E_PROTOCOL;
    *offset = elements.size - (size_t)(reader.end - reader.at);
    *ret = field.bytes;
    return 1;
}
