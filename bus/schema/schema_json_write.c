/* schema_json_write.c - payloads as JSON for people, logs and connectors, masked where asked.
 * Not a validator of its own: schema_validate runs first, so everything below meets only well-formed bytes.
 * Used by the command line, the console and the connectors. Source: protobuf "ProtoJSON format". */
#include "encode.h"
#include "fault.h"
#include "schema_value.h"
#include "text.h"
#include "time_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SCHEMA_MASK "\u2022\u2022\u2022"

enum {
    SCHEMA_MASK_TAIL = 3,         /* characters of an identity number that stay readable */
    SCHEMA_MASK_IDENTITY_MIN = 8, /* a shorter one is masked whole: its tail would tell too much of it */
    SCHEMA_JSON_INDENT = 2,
};

struct schema_writer {
    const struct schema_json_options *options;
    struct buffer *out;
};

static void schema_json_break(const struct schema_writer *writer, unsigned depth)
{
    if (!writer->options->pretty)
        return;
    buffer_append_byte(writer->out, '\n');
    for (unsigned i = 0; i < depth * SCHEMA_JSON_INDENT; i++)
        buffer_append_byte(writer->out, ' ');
}

/* RFC 8259 section 7; DEL and the C1 controls too (C2 80..9F in UTF-8), since the text may reach a terminal. */
static void schema_json_string(struct buffer *out, struct bytes text)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '"' || byte == '\\') {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, byte);
        } else if (byte == '\n') {
            buffer_append_string(out, "\\n");
        } else if (byte < 0x20 || byte == 0x7f) {
            buffer_printf(out, "\\u%04x", byte);
        } else if (byte == 0xc2 && i + 1 < text.size && text.data[i + 1] < 0xa0) {
            buffer_printf(out, "\\u%04x", text.data[++i]);
        } else {
            buffer_append_byte(out, byte);
        }
    }
    buffer_append_byte(out, '"');
}

/* The shortest digits that read back as the same number; a decimal point in any locale. */
static void schema_json_real(struct buffer *out, double real, bool single)
{
    if (isnan(real) || isinf(real)) {
        buffer_append_string(out, isnan(real) ? "\"NaN\"" : real > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    char text[40];
    for (int digits = single ? 6 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, real);
        double back = strtod(text, NULL);
        if (single ? (float)back == (float)real : back == real) /* exact on purpose: the same bits are wanted */
            break;
    }
    for (char *at = text; *at != '\0'; at++)
        if (*at == ',')
            *at = '.';
    buffer_append_string(out, text);
}

/* "…217": enough for people to tell two apart, too little to know the number. */
static void schema_json_identity(struct buffer *out, struct bytes number)
{
    size_t at = number.size, characters = 0, tail = number.size;
    while (at > 0) {
        at--;
        if ((number.data[at] & 0xc0) == 0x80)
            continue;
        if (++characters == SCHEMA_MASK_TAIL)
            tail = at;
    }
    if (characters < SCHEMA_MASK_IDENTITY_MIN) {
        buffer_append_string(out, "\"" SCHEMA_MASK "\"");
        return;
    }
    buffer_append_string(out, "\"…");
    struct buffer end BUFFER_CLEANUP = {0};
    schema_json_string(&end, bytes_of(number.data + tail, number.size - tail));
    if (buffer_failed(&end))
        out->failed = buffer_failed(&end);
    else
        buffer_append(out, end.data + 1, end.size - 1); /* without its opening quote */
}

static void schema_json_unsigned(const struct schema_writer *writer, const struct schema_field *field, uint64_t number)
{
    char time[TIME_TEXT_BYTES];
    if (field->instant && writer->options->instants) {
        time_format_rfc3339(number, time);
        buffer_printf(writer->out, "\"%s\"", time);
    } else if (field->type == SCHEMA_UINT64 || field->type == SCHEMA_FIXED64) {
        buffer_printf(writer->out, "\"%llu\"", (unsigned long long)number);
    } else {
        buffer_printf(writer->out, "%llu", (unsigned long long)number);
    }
}

static void schema_json_bytes(struct buffer *out, struct bytes bytes)
{
    buffer_append_byte(out, '"');
    base64_append(out, bytes);
    buffer_append_byte(out, '"');
}

static void schema_json_message(const struct schema_writer *writer, const struct schema_message *message,
                                struct bytes payload, unsigned depth);

static void schema_json_value(const struct schema_writer *writer, const struct schema_field *field,
                              const struct schema_value *value, unsigned depth)
{
    struct buffer *out = writer->out;
    if (writer->options->mask && field->identity) {
        schema_json_identity(out, value->bytes);
        return;
    }
    if (writer->options->mask && field->personal != SCHEMA_PERSONAL_NONE) {
        buffer_append_string(out, "\"" SCHEMA_MASK "\"");
        return;
    }
    switch (value->kind) {
    case SCHEMA_VALUE_TEXT:
        schema_json_string(out, value->bytes);
        break;
    case SCHEMA_VALUE_BYTES:
        if (field->message != NULL)
            schema_json_message(writer, field->message, value->bytes, depth);
        else
            schema_json_bytes(out, value->bytes);
        break;
    case SCHEMA_VALUE_SIGNED:
        if (field->type == SCHEMA_INT64 || field->type == SCHEMA_SINT64 || field->type == SCHEMA_SFIXED64)
            buffer_printf(out, "\"%lld\"", (long long)value->number);
        else
            buffer_printf(out, "%lld", (long long)value->number);
        break;
    case SCHEMA_VALUE_UNSIGNED:
        schema_json_unsigned(writer, field, value->unsigned_number);
        break;
    case SCHEMA_VALUE_REAL:
        schema_json_real(out, value->real, field->type == SCHEMA_FLOAT);
        break;
    case SCHEMA_VALUE_BOOL:
        buffer_append_string(out, value->truth ? "true" : "false");
        break;
    case SCHEMA_VALUE_ENUM:
        buffer_printf(out, "\"%s\"", writer->options->words ? value->enum_value->word : value->enum_value->name);
        break;
    }
}

/* All values of one field, gathered from wherever they stand in the message. */
static void schema_json_field(const struct schema_writer *writer, const struct schema_field *field,
                              struct bytes payload, unsigned depth)
{
    struct schema_wire wire = schema_wire_of(payload);
    struct schema_wire_field occurrence;
    struct schema_values values;
    struct schema_value value;
    bool first = true;
    if (field->repeated)
        buffer_append_byte(writer->out, '[');
    while (schema_wire_next(&wire, &occurrence, NULL) > 0) {
        if (occurrence.number != field->number || schema_values_begin(&values, field, &occurrence, NULL) < 0)
            continue;
        while (schema_values_next(&values, &value, NULL) > 0) {
            if (!first)
                buffer_append_byte(writer->out, ',');
            first = false;
            if (field->repeated)
                schema_json_break(writer, depth + 1);
            schema_json_value(writer, field, &value, field->repeated ? depth + 1 : depth);
        }
        if (!field->repeated)
            return;
    }
    if (!first)
        schema_json_break(writer, depth);
    buffer_append_byte(writer->out, ']');
}

static void schema_json_message(const struct schema_writer *writer, const struct schema_message *message,
                                struct bytes payload, unsigned depth)
{
    uint64_t present[SCHEMA_FIELDS_MAX / 64] = {0};
    struct schema_wire wire = schema_wire_of(payload);
    struct schema_wire_field occurrence;
    while (schema_wire_next(&wire, &occurrence, NULL) > 0) {
        const struct schema_field *field = schema_find_number(message, occurrence.number);
        if (field != NULL)
            present[field->index / 64] |= 1ull << (field->index % 64);
    }
    bool first = true;
    buffer_append_byte(writer->out, '{');
    for (size_t i = 0; i < message->field_count; i++) {
        if ((present[i / 64] & 1ull << (i % 64)) == 0)
            continue;
        if (!first)
            buffer_append_byte(writer->out, ',');
        first = false;
        schema_json_break(writer, depth + 1);
        buffer_printf(writer->out, "\"%s\":%s", message->fields[i].name, writer->options->pretty ? " " : "");
        schema_json_field(writer, &message->fields[i], payload, depth + 1);
    }
    if (!first)
        schema_json_break(writer, depth);
    buffer_append_byte(writer->out, '}');
}

int schema_to_json(const struct schema_message *message, struct bytes payload,
                   const struct schema_json_options *options, struct buffer *out, struct truc_fault *fault)
{
    static const struct schema_json_options plain;
    const struct schema_limits lenient = {.allow_unknown = true};
    int result = schema_validate(message, payload, &lenient, fault);
    if (result < 0)
        return result;
    size_t before = out->size;
    struct schema_writer writer = {options != NULL ? options : &plain, out};
    schema_json_message(&writer, message, payload, 0);
    if (buffer_failed(out) == 0)
        return 0;
    out->size = before;
    return fault_set(fault, buffer_failed(out), "the JSON text does not fit into memory or the buffer's limit");
}
