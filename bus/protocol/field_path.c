/* field_path.c - reading, writing and obeying paths of field numbers over protobuf's wire form.
 * Not: the names behind the numbers; whoever writes a path knows the schema.
 * See field_path.h. */
#include "field_path.h"

#include "field_table.h"
#include "protobuf_wire.h"

enum { FIELD_NUMBER_MAX = 536870911 };

/* One number and the dot behind it, off the text's front. */
static bool take_number(struct bytes *text, uint32_t *ret_number)
{
    uint32_t number = 0;
    size_t i = 0;
    for (; i < text->size && text->data[i] != '.'; i++) {
        if (text->data[i] < '0' || text->data[i] > '9' || (number == 0 && text->data[i] == '0'))
            return false;
        number = number * 10 + (uint32_t)(text->data[i] - '0');
        if (number > FIELD_NUMBER_MAX)
            return false;
    }
    if (number == 0 || i + 1 == text->size) /* nothing, or a dot at the end */
        return false;
    size_t taken = i < text->size ? i + 1 : i;
    *text = bytes_of(text->data + taken, text->size - taken);
    *ret_number = number;
    return true;
}

int field_path_next(struct bytes elements, size_t *offset, struct field_path *ret)
{
    struct bytes text;
    struct field_path path = {.count = 0};
    int more = field_element_next(elements, offset, &text);
    if (more <= 0)
        return more;
    if (text.size == 0 || text.size > PROTOCOL_FIELD_PATH_BYTES_MAX)
        return TRUC_E_PROTOCOL;
    while (text.size > 0)
        if (path.count == PROTOCOL_FIELD_PATH_STEPS_MAX || !take_number(&text, &path.numbers[path.count++]))
            return TRUC_E_PROTOCOL;
    *ret = path;
    return 1;
}

void field_path_append(struct buffer *out, const struct field_path *path)
{
    size_t mark = wire_begin(out, 6);
    for (size_t i = 0; i < path->count; i++)
        buffer_printf(out, "%s%u", i ? "." : "", path->numbers[i]);
    wire_end(out, mark);
}

enum verdict { LEFT_OUT, KEPT, KEPT_IN_PART };

static bool begins_with(const struct field_path *path, const uint32_t *place, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        if (path->numbers[i] != place[i])
            return false;
    return true;
}

/* Of the field at `place`, whose own number is the last of `depth`. */
static int judge(struct bytes elements, const uint32_t *place, size_t depth, enum verdict *ret_verdict)
{
    struct field_path path;
    size_t offset = 0;
    int more;
    *ret_verdict = LEFT_OUT;
    while (*ret_verdict != KEPT && (more = field_path_next(elements, &offset, &path)) != 0) {
        if (more < 0)
            return more;
        if (path.count >= depth && begins_with(&path, place, depth))
            *ret_verdict = path.count == depth ? KEPT : KEPT_IN_PART;
    }
    return 0;
}

static int trim(struct bytes elements, struct bytes payload, uint32_t *place, size_t depth, struct buffer *out);

static int trim_part(struct bytes elements, const struct wire_field *field, uint32_t *place, size_t depth,
                     struct buffer *out)
{
    struct buffer part BUFFER_CLEANUP = {0};
    int left_out = trim(elements, field->bytes, place, depth, &part);
    if (left_out < 0)
        return left_out;
    wire_put_element(out, field->number, buffer_view(&part));
    return left_out;
}

static int trim(struct bytes elements, struct bytes payload, uint32_t *place, size_t depth, struct buffer *out)
{
    struct wire_reader reader = wire_read(payload);
    struct wire_field field;
    int more, left_out = 0;
    for (const uint8_t *start = reader.at; (more = wire_next(&reader, &field)) > 0; start = reader.at) {
        enum verdict verdict;
        place[depth] = field.number;
        int code = judge(elements, place, depth + 1, &verdict);
        if (code < 0)
            return code;
        if (verdict == KEPT)
            buffer_append(out, start, (size_t)(reader.at - start));
        else if (verdict == KEPT_IN_PART && field.type == WIRE_BYTES)
            code = trim_part(elements, &field, place, depth + 1, out);
        else
            code = 1;
        if (code < 0)
            return code;
        left_out |= code;
    }
    if (more < 0)
        return more;
    return buffer_failed(out) ? buffer_failed(out) : left_out;
}

int field_paths_trim(struct bytes elements, struct bytes payload, struct buffer *out)
{
    uint32_t place[PROTOCOL_FIELD_PATH_STEPS_MAX +
                   1]; /* a field is judged kept or left out at the last step at the latest */
    return trim(elements, payload, place, 0, out);
}
