/* schema_marks.c - the options of schemas/truc/options.proto: types, kinds, titles, personal data, identity numbers.
 * Not generated code: protobuf-c keeps options it doesn't know as raw fields, which are read here by number.
 * While a set is loaded. */
#include "fault.h"
#include "schema_set.h"
#include "schema_wire.h"
#include "text.h"

/* Extension numbers of schemas/truc/options.proto. */
enum {
    SCHEMA_MARK_PERSONAL = 50101,
    SCHEMA_MARK_IDENTITY = 50102,
    SCHEMA_MARK_TITLE = 50103,
    SCHEMA_MARK_INSTANT = 50104,
    SCHEMA_MARK_TYPE = 50201,
    SCHEMA_MARK_KIND = 50202,
    SCHEMA_MARK_REPLY = 50203,
    SCHEMA_MARK_VERSION = 50204,
    SCHEMA_MARK_MESSAGE_TITLE = 50205,
    SCHEMA_MARK_VALUE_TITLE = 50301,
};

/* The last unknown field with the number (protobuf: the last one counts), or NULL. */
static const ProtobufCMessageUnknownField *schema_mark(const ProtobufCMessage *options, uint32_t number)
{
    const ProtobufCMessageUnknownField *found = NULL;
    for (unsigned i = 0; options != NULL && i < options->n_unknown_fields; i++)
        if (options->unknown_fields[i].tag == number)
            found = &options->unknown_fields[i];
    return found;
}

/* protobuf-c keeps the value as it stood on the wire, a string with its length: with a tag it is a field again. */
static int schema_mark_read(const struct schema_loading *loading, const ProtobufCMessageUnknownField *mark,
                            enum schema_wire_type type, struct schema_wire_field *ret_field)
{
    struct buffer whole BUFFER_CLEANUP = {0};
    schema_wire_append_tag(&whole, 1, type);
    size_t tag_size = whole.size;
    buffer_append(&whole, mark->data, mark->len);
    if (buffer_failed(&whole))
        return fault_set(loading->fault, TRUC_E_MEMORY, "no memory for the schemas' options");
    struct schema_wire wire = schema_wire_of(buffer_view(&whole));
    struct schema_wire_field field;
    if ((unsigned)mark->wire_type != (unsigned)type || schema_wire_next(&wire, &field, NULL) != 1)
        return fault_set(loading->fault, TRUC_E_CONFIG, "the option %u is of another type than in truc/options.proto",
                         (unsigned)mark->tag);
    if (type == SCHEMA_WIRE_BYTES) /* point into the option itself, which lives on */
        field.bytes.data = mark->data + ((size_t)(field.bytes.data - whole.data) - tag_size);
    *ret_field = field;
    return 0;
}

static int schema_mark_number(const struct schema_loading *loading, const ProtobufCMessage *options, uint32_t number,
                              uint64_t most, uint64_t *number_out)
{
    const ProtobufCMessageUnknownField *mark = schema_mark(options, number);
    if (mark == NULL)
        return 0;
    struct schema_wire_field field;
    int result = schema_mark_read(loading, mark, SCHEMA_WIRE_VARINT, &field);
    if (result < 0)
        return result;
    if (field.scalar > most)
        return fault_set(loading->fault, TRUC_E_CONFIG, "the option %u has a value this version does not know", number);
    *number_out = field.scalar;
    return 0;
}

/* *text_out becomes the option's text, or "" when it isn't there. */
static int schema_mark_text(const struct schema_loading *loading, const ProtobufCMessage *options, uint32_t number,
                            const char **text_out)
{
    *text_out = "";
    const ProtobufCMessageUnknownField *mark = schema_mark(options, number);
    if (mark == NULL)
        return 0;
    struct schema_wire_field field;
    int result = schema_mark_read(loading, mark, SCHEMA_WIRE_BYTES, &field);
    if (result < 0)
        return result;
    if (!text_is_utf8(field.bytes) || text_has_control(field.bytes))
        return fault_set(loading->fault, TRUC_E_CONFIG, "the option %u is not plain text", number);
    const char *text = arena_string(&loading->set->arena, field.bytes);
    if (text == NULL)
        return fault_set(loading->fault, TRUC_E_MEMORY, "no memory for the schemas' options");
    *text_out = text;
    return 0;
}

/* A mark the bus acts on must stand on a type it can act on: else it would be silently without effect. */
static int schema_marks_fit(const struct schema_loading *loading, const struct schema_field *field)
{
    if (field->identity && field->type != SCHEMA_STRING)
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s.%s: (truc.identity) belongs on a string",
                         field->parent->full_name, field->name);
    if (field->instant && field->type != SCHEMA_FIXED64)
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s.%s: (truc.instant) belongs on a fixed64",
                         field->parent->full_name, field->name);
    return 0;
}

int schema_marks_field(struct schema_loading *loading, const Google__Protobuf__FieldOptions *options,
                       struct schema_field *field)
{
    const ProtobufCMessage *base = options != NULL ? &options->base : NULL;
    uint64_t personal = 0, identity = 0, instant = 0;
    int result = schema_mark_number(loading, base, SCHEMA_MARK_PERSONAL, SCHEMA_PERSONAL_OTHER, &personal);
    if (result == 0)
        result = schema_mark_number(loading, base, SCHEMA_MARK_IDENTITY, 1, &identity);
    if (result == 0)
        result = schema_mark_number(loading, base, SCHEMA_MARK_INSTANT, 1, &instant);
    if (result == 0)
        result = schema_mark_text(loading, base, SCHEMA_MARK_TITLE, &field->title);
    if (result < 0)
        return result;
    field->personal = (enum schema_personal)personal;
    field->identity = identity != 0;
    field->instant = instant != 0;
    return schema_marks_fit(loading, field);
}

int schema_marks_message(struct schema_loading *loading, struct schema_draft *draft, struct schema_message *message)
{
    const Google__Protobuf__MessageOptions *options = draft->descriptor->options;
    const ProtobufCMessage *base = options != NULL ? &options->base : NULL;
    uint64_t kind = 0, version = 0;
    int result = schema_mark_number(loading, base, SCHEMA_MARK_KIND, SCHEMA_KIND_REPLY, &kind);
    if (result == 0)
        result = schema_mark_number(loading, base, SCHEMA_MARK_VERSION, UINT32_MAX, &version);
    if (result == 0)
        result = schema_mark_text(loading, base, SCHEMA_MARK_TYPE, &message->type);
    if (result == 0)
        result = schema_mark_text(loading, base, SCHEMA_MARK_REPLY, &draft->reply_name);
    if (result == 0)
        result = schema_mark_text(loading, base, SCHEMA_MARK_MESSAGE_TITLE, &message->title);
    if (result < 0)
        return result;
    message->kind = (enum schema_kind)kind;
    message->version = (uint32_t)version;
    return 0;
}

int schema_marks_value(struct schema_loading *loading, const Google__Protobuf__EnumValueOptions *options,
                       struct schema_enum_value *value)
{
    const ProtobufCMessage *base = options != NULL ? &options->base : NULL;
    return schema_mark_text(loading, base, SCHEMA_MARK_VALUE_TITLE, &value->title);
}

/* One line out of one or more: runs of white space and control characters become one space. */
const char *schema_marks_comment(struct schema_loading *loading, const struct map *comments,
                                 const struct schema_source_path *path)
{
    const Google__Protobuf__SourceCodeInfo__Location *location =
        map_get_bytes(comments, bytes_of(path->numbers, path->count * sizeof path->numbers[0]));
    if (location == NULL)
        return "";
    const char *text = location->trailing_comments != NULL ? location->trailing_comments : location->leading_comments;
    char *line = arena_alloc(&loading->set->arena, strlen(text) + 1);
    if (line == NULL || !text_is_utf8(bytes_string(text)))
        return line == NULL ? NULL : "";
    size_t used = 0;
    for (const char *at = text; *at != '\0'; at++) {
        bool space = (unsigned char)*at <= ' ' || *at == 0x7f;
        if (!space)
            line[used++] = *at;
        else if (used > 0 && line[used - 1] != ' ')
            line[used++] = ' ';
    }
    line[used > 0 && line[used - 1] == ' ' ? used - 1 : used] = '\0';
    return line;
}
