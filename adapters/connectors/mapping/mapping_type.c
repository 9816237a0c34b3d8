/* mapping_type.c - see mapping_type.h: naming, comparing and joining static types.
 * Not the checking of expressions (mapping_check.c) nor of targets (mapping_target.c).
 * In the flow: called while an adapter file is loaded, never for a message. */
#include "mapping_type.h"

#include <stdio.h>

struct mapping_type mapping_type_of_message(const struct schema_message *message)
{
    return (struct mapping_type){.kind = MAPPING_MESSAGE, .message = message};
}

static struct mapping_type scalar_type(const struct schema_field *field)
{
    if (field->instant)
        return mapping_type_of(MAPPING_TIME);
    switch (field->type) {
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
        return mapping_type_of(MAPPING_TEXT);
    case SCHEMA_BOOL:
        return mapping_type_of(MAPPING_BOOL);
    case SCHEMA_DOUBLE:
    case SCHEMA_FLOAT:
        return mapping_type_of(MAPPING_REAL);
    case SCHEMA_MESSAGE:
        return mapping_type_of_message(field->message);
    case SCHEMA_ENUM:
        return (struct mapping_type){.kind = MAPPING_ENUM, .enumeration = field->enumeration};
    default:
        return mapping_type_of(MAPPING_INTEGER);
    }
}

struct mapping_type mapping_type_of_field(const struct schema_field *field)
{
    struct mapping_type type = scalar_type(field);
    type.list = field->repeated;
    return type;
}

void mapping_type_format(const struct mapping_type *type, char out[MAPPING_TYPE_TEXT_BYTES])
{
    static const char *const names[MAPPING_KIND_COUNT] = {
        [MAPPING_ANY] = "any value",   [MAPPING_NULL] = "null",     [MAPPING_BOOL] = "bool",
        [MAPPING_INTEGER] = "integer", [MAPPING_REAL] = "number",   [MAPPING_TEXT] = "text",
        [MAPPING_TIME] = "time",       [MAPPING_SPAN] = "span",     [MAPPING_ENUM] = "enum",
        [MAPPING_MESSAGE] = "object",  [MAPPING_RECORD] = "object",
    };
    const char *name = names[type->kind];
    if (type->kind == MAPPING_MESSAGE && type->message)
        name = type->message->full_name;
    else if (type->kind == MAPPING_ENUM && type->enumeration)
        name = type->enumeration->full_name;
    else if (type->kind == MAPPING_RECORD && type->record)
        name = type->record->title;
    snprintf(out, MAPPING_TYPE_TEXT_BYTES, "%s%.80s", type->list ? "list of " : "", name);
}

static bool is_textual(enum mapping_kind kind)
{
    return kind == MAPPING_TEXT || kind == MAPPING_ENUM;
}

static bool is_number(enum mapping_kind kind)
{
    return kind == MAPPING_INTEGER || kind == MAPPING_REAL;
}

bool mapping_types_comparable(const struct mapping_type *a, const struct mapping_type *b)
{
    if (a->kind == MAPPING_ANY || b->kind == MAPPING_ANY || a->kind == MAPPING_NULL || b->kind == MAPPING_NULL)
        return true;
    if (a->list != b->list)
        return false;
    if (a->kind == MAPPING_ENUM && b->kind == MAPPING_ENUM)
        return a->enumeration == b->enumeration;
    if (is_textual(a->kind) && is_textual(b->kind))
        return true;
    return a->kind == b->kind || (is_number(a->kind) && is_number(b->kind));
}

static bool same_type(const struct mapping_type *a, const struct mapping_type *b)
{
    return a->kind == b->kind && a->list == b->list && a->message == b->message && a->enumeration == b->enumeration &&
           a->record == b->record;
}

struct mapping_type mapping_type_join(const struct mapping_type *a, const struct mapping_type *b)
{
    if (a->kind == MAPPING_NULL)
        return *b;
    if (b->kind == MAPPING_NULL)
        return *a;
    if (same_type(a, b)) {
        struct mapping_type joined = *a;
        if (a->table != b->table)
            joined.table = NULL;
        return joined;
    }
    if (a->list != b->list)
        return mapping_type_of(MAPPING_ANY);
    struct mapping_type joined = mapping_type_of(MAPPING_ANY);
    joined.list = false;
    if (is_textual(a->kind) && is_textual(b->kind))
        joined = (struct mapping_type){.kind = MAPPING_TEXT, .list = a->list};
    else if (is_number(a->kind) && is_number(b->kind))
        joined = (struct mapping_type){.kind = MAPPING_REAL, .list = a->list};
    return joined;
}
