/* cli_json.c - see cli_json.h.
 * jansson refuses text that is not UTF-8; journals hold what peers sent, so text is made safe first.
 * 64-bit counts beyond 2^63 do not occur: positions and sizes are far below. */
#include "cli_json.h"

#include "cli_format.h"
#include "encode.h"

#include <truc/error.h>

json_t *cli_json_text(struct bytes text)
{
    struct buffer safe = {0};
    cli_append_safe(&safe, text);
    json_t *value = buffer_failed(&safe) ? NULL : json_stringn((const char *)safe.data, safe.size);
    if (value == NULL && !buffer_failed(&safe) && safe.size == 0)
        value = json_string("");
    buffer_free(&safe);
    return value;
}

json_t *cli_json_hex(struct bytes data)
{
    struct buffer text = {0};
    hex_append(&text, data);
    const char *hex = buffer_string(&text);
    json_t *value = hex ? json_string(hex) : NULL;
    buffer_free(&text);
    return value;
}

json_t *cli_json_time(uint64_t time_ns)
{
    char text[TIME_TEXT_BYTES];
    if (time_ns == 0)
        return json_null();
    time_format_rfc3339(time_ns, text);
    return json_string(text);
}

json_t *cli_json_count(uint64_t count)
{
    return json_integer((json_int_t)count);
}

void cli_json_append_string(struct buffer *out, const char *text)
{
    json_t *string = json_string(text);
    char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    if (quoted)
        buffer_append_string(out, quoted);
    else
        out->failed = TRUC_E_MEMORY;
    free(quoted);
    json_decref(string);
}

void cli_json_set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static int print(json_t *value, size_t flags, FILE *out)
{
    if (value == NULL)
        return TRUC_E_MEMORY;
    int failed = json_dumpf(value, out, flags);
    json_decref(value);
    if (failed)
        return TRUC_E_IO;
    fputc('\n', out);
    return 0;
}

int cli_json_print(json_t *value, FILE *out)
{
    return print(value, JSON_INDENT(2), out);
}

int cli_json_print_line(json_t *value, FILE *out)
{
    return print(value, JSON_COMPACT, out);
}
