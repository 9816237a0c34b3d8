/* schema_describe.c - a message as text for people: every field with its full path, number, type, marks and title.
 * Not documentation of the wire format; paths are printed as routes and agreements write them.
 * `truc schema show`. */
#include "schema.h"

/* What has been gone through on the way to the message in hand. */
struct schema_way {
    const struct schema_way *outer;
    const struct schema_field *field;
};

static void schema_describe_path(const struct schema_way *way, struct buffer *out)
{
    if (way->outer != NULL) {
        schema_describe_path(way->outer, out);
        buffer_append_byte(out, '.');
    }
    buffer_append_string(out, way->field->name);
}

/* A message that holds itself is shown once on each way. */
static bool schema_describe_returns(const struct schema_way *way, const struct schema_message *message)
{
    for (; way != NULL; way = way->outer)
        if (way->field->parent == message)
            return true;
    return false;
}

static void schema_describe_pad(struct buffer *out, size_t from, size_t width)
{
    do {
        buffer_append_byte(out, ' ');
    } while (!buffer_failed(out) && out->size - from < width);
}

static void schema_describe_type(const struct schema_field *field, struct buffer *out)
{
    if (field->repeated)
        buffer_append_string(out, "list of ");
    if (field->enumeration != NULL) {
        for (size_t i = 0; i < field->enumeration->value_count; i++)
            buffer_printf(out, "%s%s", i > 0 ? "|" : "", field->enumeration->values[i].word);
    } else if (field->instant) {
        buffer_append_string(out, "instant");
    } else {
        buffer_append_string(out, schema_type_text(field->type));
    }
}

static void schema_describe_field(const struct schema_way *way, struct buffer *out)
{
    enum { NUMBER_WIDTH = 6, PATH_WIDTH = 46, TYPE_WIDTH = 64 };
    const struct schema_field *field = way->field;
    size_t line = out->size;
    buffer_printf(out, "%4u", field->number);
    schema_describe_pad(out, line, NUMBER_WIDTH);
    schema_describe_path(way, out);
    schema_describe_pad(out, line, PATH_WIDTH);
    schema_describe_type(field, out);
    schema_describe_pad(out, line, TYPE_WIDTH);
    buffer_append_string(out, field->title);
    if (field->identity)
        buffer_append_string(out, " [identity number]");
    if (field->personal != SCHEMA_PERSONAL_NONE)
        buffer_printf(out, " [personal: %s]", schema_personal_text(field->personal));
    if (field->oneof >= 0)
        buffer_append_string(out, " [one of several]");
    if (field->comment[0] != '\0')
        buffer_printf(out, " (%s)", field->comment);
    buffer_append_byte(out, '\n');
}

static void schema_describe_fields(const struct schema_message *message, const struct schema_way *outer, unsigned depth,
                                   struct buffer *out)
{
    for (size_t i = 0; i < message->field_count && !buffer_failed(out); i++) {
        struct schema_way way = {outer, &message->fields[i]};
        schema_describe_field(&way, out);
        const struct schema_message *inner = message->fields[i].message;
        if (inner != NULL && depth < SCHEMA_PATH_STEPS_MAX && !schema_describe_returns(&way, inner))
            schema_describe_fields(inner, &way, depth + 1, out);
    }
}

int schema_describe(const struct schema_message *message, struct buffer *out)
{
    if (message->type[0] != '\0')
        buffer_printf(out, "%s version %u, %s", message->type, message->version, schema_kind_text(message->kind));
    else
        buffer_printf(out, "%s", schema_kind_text(message->kind));
    buffer_printf(out, ", %s\n", message->full_name);
    if (message->title[0] != '\0')
        buffer_printf(out, "%s\n", message->title);
    if (message->comment[0] != '\0')
        buffer_printf(out, "%s\n", message->comment);
    buffer_printf(out, "%s\n\n", message->has_personal ? "carries personal data" : "carries no personal data");
    schema_describe_fields(message, NULL, 1, out);
    if (message->reply != NULL) {
        buffer_append_string(out, "\nits answer: ");
        schema_describe(message->reply, out);
    }
    return buffer_failed(out);
}
