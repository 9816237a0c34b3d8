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

/* To `width` characters: a translated word has fewer of them than bytes. */
static void schema_describe_pad(struct buffer *out, size_t from, size_t width)
{
    size_t used = 0;
    for (size_t at = from; !buffer_failed(out) && at < out->size; at++)
        used += (out->data[at] & 0xc0) != 0x80;
    do {
        buffer_append_byte(out, ' ');
    } while (++used < width);
}

static void schema_describe_type(const struct schema_field *field, words_translate *translate, struct buffer *out)
{
    if (field->repeated)
        buffer_append_string(out, words_by(translate, N_("list of ")));
    if (field->enumeration != NULL) {
        for (size_t i = 0; i < field->enumeration->value_count; i++)
            buffer_printf(out, "%s%s", i > 0 ? "|" : "", field->enumeration->values[i].word);
    } else if (field->instant) {
        buffer_append_string(out, "instant");
    } else {
        buffer_append_string(out, schema_type_text(field->type));
    }
}

static void schema_describe_field(const struct schema_way *way, words_translate *translate, struct buffer *out)
{
    enum { NUMBER_WIDTH = 6, PATH_WIDTH = 46, TYPE_WIDTH = 64 };
    const struct schema_field *field = way->field;
    size_t line = out->size;
    buffer_printf(out, "%4u", field->number);
    schema_describe_pad(out, line, NUMBER_WIDTH);
    schema_describe_path(way, out);
    schema_describe_pad(out, line, PATH_WIDTH);
    schema_describe_type(field, translate, out);
    schema_describe_pad(out, line, TYPE_WIDTH);
    buffer_append_string(out, field->title);
    if (field->identity)
        buffer_append_string(out, words_by(translate, N_(" [identity number]")));
    if (field->personal != SCHEMA_PERSONAL_NONE)
        buffer_printf(out, words_by(translate, N_(" [personal: %s]")), schema_personal_text(field->personal));
    if (field->oneof >= 0)
        buffer_append_string(out, words_by(translate, N_(" [one of several]")));
    if (field->comment[0] != '\0')
        buffer_printf(out, " (%s)", field->comment);
    buffer_append_byte(out, '\n');
}

static void schema_describe_fields(const struct schema_message *message, const struct schema_way *outer, unsigned depth,
                                   words_translate *translate, struct buffer *out)
{
    for (size_t i = 0; i < message->field_count && !buffer_failed(out); i++) {
        struct schema_way way = {outer, &message->fields[i]};
        schema_describe_field(&way, translate, out);
        const struct schema_message *inner = message->fields[i].message;
        if (inner != NULL && depth < SCHEMA_PATH_STEPS_MAX && !schema_describe_returns(&way, inner))
            schema_describe_fields(inner, &way, depth + 1, translate, out);
    }
}

int schema_describe(const struct schema_message *message, words_translate *translate, struct buffer *out)
{
    if (message->type[0] != '\0')
        buffer_printf(out, words_by(translate, N_("%s version %u, %s")), message->type, message->version,
                      schema_kind_text(message->kind));
    else
        buffer_printf(out, "%s", schema_kind_text(message->kind));
    buffer_printf(out, ", %s\n", message->full_name);
    if (message->title[0] != '\0')
        buffer_printf(out, "%s\n", message->title);
    if (message->comment[0] != '\0')
        buffer_printf(out, "%s\n", message->comment);
    buffer_printf(
        out, "%s\n\n",
        words_by(translate, message->has_personal ? N_("carries personal data") : N_("carries no personal data")));
    schema_describe_fields(message, NULL, 1, translate, out);
    if (message->reply != NULL) {
        buffer_append_string(out, words_by(translate, N_("\nits answer: ")));
        schema_describe(message->reply, translate, out);
    }
    return buffer_failed(out);
}
