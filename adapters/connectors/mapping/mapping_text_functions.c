/* mapping_text_functions.c - the functions over texts: case, cutting, joining, folding, encoding.
 * Each gets arguments of the kinds that mapping_functions.c states, and JSON null only where stated there.
 * In the flow: called by mapping_evaluate.c. */
#include <utf8proc.h>

#include "encode.h"
#include "fault.h"
#include "mapping_expression.h"
#include "mapping_functions.h"
#include "sha256.h"
#include "text.h"

enum { PAD_WIDTH_MAX = 256 };

struct bytes mapping_value_text(const json_t *value)
{
    return bytes_of(json_string_value(value), json_string_length(value));
}

int mapping_give(json_t *value, json_t **ret_value, struct truc_fault *fault)
{
    if (!value)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a mapped value");
    *ret_value = value;
    return 0;
}

int mapping_give_text(struct buffer *out, json_t **ret_value, struct truc_fault *fault)
{
    if (buffer_failed(out) == TRUC_E_LIMIT)
        return fault_set(fault, TRUC_E_LIMIT, "a mapped text of more than %d bytes", MAPPING_TEXT_BYTES_MAX);
    if (buffer_failed(out))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a mapped text");
    if (out->size && (!text_is_utf8(buffer_view(out)) || memchr(out->data, 0, out->size)))
        return fault_set(fault, TRUC_E_PAYLOAD, "the result is no text");
    return mapping_give(json_stringn(out->size ? (const char *)out->data : "", out->size), ret_value, fault);
}

void mapping_append_scalar(const json_t *value, struct buffer *out)
{
    if (json_is_string(value))
        buffer_append_bytes(out, mapping_value_text(value));
    else if (json_is_boolean(value))
        buffer_append_string(out, json_is_true(value) ? "true" : "false");
    else if (json_is_integer(value))
        buffer_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        buffer_printf(out, "%.15g", json_real_value(value));
}

static int each_letter(const json_t *text, utf8proc_int32_t (*change)(utf8proc_int32_t), json_t **ret_value,
                       struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    struct bytes view = mapping_value_text(text);
    for (size_t at = 0; at < view.size;) {
        utf8proc_int32_t letter;
        utf8proc_ssize_t size = utf8proc_iterate(view.data + at, (utf8proc_ssize_t)(view.size - at), &letter);
        if (size <= 0)
            return fault_set(fault, TRUC_E_PAYLOAD, "the text is not UTF-8");
        utf8proc_uint8_t changed[4];
        buffer_append(&out, changed, (size_t)utf8proc_encode_char(change(letter), changed));
        at += (size_t)size;
    }
    return mapping_give_text(&out, ret_value, fault);
}

int mapping_run_upper(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    return each_letter(arguments[0], utf8proc_toupper, ret_value, fault);
}

int mapping_run_lower(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    return each_letter(arguments[0], utf8proc_tolower, ret_value, fault);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int mapping_run_trim(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    struct bytes text = mapping_value_text(arguments[0]);
    while (text.size && is_space(text.data[0]))
        text = bytes_of(text.data + 1, text.size - 1);
    while (text.size && is_space(text.data[text.size - 1]))
        text.size--;
    return mapping_give(json_stringn((const char *)text.data, text.size), ret_value, fault);
}

int mapping_run_concat(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    for (size_t i = 0; i < count; i++)
        mapping_append_scalar(arguments[i], &out);
    return mapping_give_text(&out, ret_value, fault);
}

int mapping_run_join(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    size_t index;
    json_t *element;
    json_array_foreach(arguments[0], index, element) {
        if (!mapping_takes_value(MAPPING_TAKES_SCALAR, element))
            return fault_set(fault, TRUC_E_PAYLOAD, "element %zu is no text, number or bool", index);
        if (index)
            buffer_append_bytes(&out, mapping_value_text(arguments[1]));
        mapping_append_scalar(element, &out);
    }
    return mapping_give_text(&out, ret_value, fault);
}

static const uint8_t *find(struct bytes text, struct bytes part)
{
    return text.size >= part.size && part.size ? memmem(text.data, text.size, part.data, part.size) : NULL;
}

int mapping_run_split(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    struct bytes rest = mapping_value_text(arguments[0]), at = mapping_value_text(arguments[1]);
    if (at.size == 0)
        return fault_set(fault, TRUC_E_PAYLOAD, "a text can't be cut at an empty text");
    json_t *list = json_array();
    const uint8_t *found;
    bool failed = !list;
    while (!failed && (found = find(rest, at))) {
        size_t size = (size_t)(found - rest.data);
        failed = json_array_append_new(list, json_stringn((const char *)rest.data, size)) < 0;
        rest = bytes_of(found + at.size, rest.size - size - at.size);
    }
    if (!failed)
        failed = json_array_append_new(list, json_stringn((const char *)rest.data, rest.size)) < 0;
    if (failed) {
        json_decref(list);
        return mapping_give(NULL, ret_value, fault);
    }
    *ret_value = list;
    return 0;
}

int mapping_run_replace(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    struct bytes rest = mapping_value_text(arguments[0]), what = mapping_value_text(arguments[1]);
    const uint8_t *found;
    while ((found = find(rest, what))) {
        size_t size = (size_t)(found - rest.data);
        buffer_append(&out, rest.data, size);
        buffer_append_bytes(&out, mapping_value_text(arguments[2]));
        rest = bytes_of(found + what.size, rest.size - size - what.size);
    }
    buffer_append_bytes(&out, rest);
    return mapping_give_text(&out, ret_value, fault);
}

/* The byte at which character number @characters begins, at most the text's end. */
static size_t byte_of(struct bytes text, json_int_t characters)
{
    size_t at = 0;
    while (at < text.size && characters > 0) {
        at++;
        while (at < text.size && (text.data[at] & 0xc0) == 0x80)
            at++;
        characters--;
    }
    return at;
}

int mapping_run_slice(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    struct bytes text = mapping_value_text(arguments[0]);
    json_int_t from = json_integer_value(arguments[1]);
    if (from < 0 || (count == 3 && json_integer_value(arguments[2]) < 0))
        return fault_set(fault, TRUC_E_PAYLOAD, "characters are counted from 0");
    size_t start = byte_of(text, from);
    struct bytes rest = bytes_of(text.data + start, text.size - start);
    if (count == 3)
        rest.size = byte_of(rest, json_integer_value(arguments[2]));
    return mapping_give(json_stringn((const char *)rest.data, rest.size), ret_value, fault);
}

int mapping_run_pad(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    BUFFER_CLEANUP struct buffer value = {.size_max = MAPPING_TEXT_BYTES_MAX};
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    json_int_t width = json_integer_value(arguments[1]);
    struct bytes fill = mapping_value_text(arguments[2]);
    if (width < 0 || width > PAD_WIDTH_MAX || fill.size == 0 || byte_of(fill, 1) != fill.size)
        return fault_set(fault, TRUC_E_PAYLOAD, "the width is 0 to %d, the fill one character", PAD_WIDTH_MAX);
    mapping_append_scalar(arguments[0], &value);
    json_int_t characters = 0;
    for (size_t i = 0; i < value.size; i++)
        characters += (value.data[i] & 0xc0) != 0x80;
    for (; characters < width; characters++)
        buffer_append_bytes(&out, fill);
    buffer_append_bytes(&out, buffer_view(&value));
    return mapping_give_text(&out, ret_value, fault);
}

static int through(int (*change)(struct bytes, struct buffer *), const json_t *text, json_t **ret_value,
                   struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    if (change(mapping_value_text(text), &out) < 0)
        return fault_set(fault, TRUC_E_PAYLOAD, "the text is not of the form it should be");
    return mapping_give_text(&out, ret_value, fault);
}

int mapping_run_nfc(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    return through(text_to_nfc, arguments[0], ret_value, fault);
}

int mapping_run_fold(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    return through(text_fold_vietnamese, arguments[0], ret_value, fault);
}

int mapping_run_unbase64(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    return through(base64_decode, arguments[0], ret_value, fault);
}

int mapping_run_base64(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    base64_append(&out, mapping_value_text(arguments[0]));
    return mapping_give_text(&out, ret_value, fault);
}

static int recode(const json_t *text, int (*decode)(struct bytes, struct buffer *),
                  void (*append)(struct buffer *, struct bytes), json_t **ret_value, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer data = {.size_max = MAPPING_TEXT_BYTES_MAX};
    BUFFER_CLEANUP struct buffer out = {.size_max = MAPPING_TEXT_BYTES_MAX};
    if (decode(mapping_value_text(text), &data) < 0)
        return fault_set(fault, TRUC_E_PAYLOAD, "the text is not of the form it should be");
    append(&out, buffer_view(&data));
    return mapping_give_text(&out, ret_value, fault);
}

int mapping_run_base64_of_hex(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    return recode(arguments[0], hex_decode, base64_append, ret_value, fault);
}

int mapping_run_hex_of_base64(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    return recode(arguments[0], base64_decode, hex_append, ret_value, fault);
}

int mapping_run_sha256(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    BUFFER_CLEANUP struct buffer out = {0};
    struct sha256_digest digest = sha256_of(mapping_value_text(arguments[0]));
    hex_append(&out, sha256_view(&digest));
    return mapping_give_text(&out, ret_value, fault);
}

int mapping_run_contains(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    struct bytes part = mapping_value_text(arguments[1]);
    return mapping_give(json_boolean(part.size == 0 || find(mapping_value_text(arguments[0]), part)), ret_value, fault);
}

int mapping_run_starts_with(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    struct bytes text = mapping_value_text(arguments[0]), part = mapping_value_text(arguments[1]);
    bool starts = text.size >= part.size && bytes_equal(bytes_of(text.data, part.size), part);
    return mapping_give(json_boolean(starts), ret_value, fault);
}

int mapping_run_ends_with(json_t *const *arguments, size_t count, json_t **ret_value, struct truc_fault *fault)
{
    (void)count;
    struct bytes text = mapping_value_text(arguments[0]), part = mapping_value_text(arguments[1]);
    bool ends = text.size >= part.size && bytes_equal(bytes_of(text.data + (text.size - part.size), part.size), part);
    return mapping_give(json_boolean(ends), ret_value, fault);
}
