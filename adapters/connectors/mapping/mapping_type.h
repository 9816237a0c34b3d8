/* mapping_type.h - what is known of a value before it is there: the static types of the mapping language.
 * Not the values themselves (jansson's json_t) and not protobuf's types (bus/schema), though it points at them.
 * In the flow: the parser's nodes get one each in mapping_check.c; functions and templates state what they take. */
#ifndef TRUC_MAPPING_TYPE_H
#define TRUC_MAPPING_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "schema.h"

struct mapping_record;
struct mapping_table;

/* How each kind looks at run time, as a JSON value:
 * TIME an integer (UTC nanoseconds), SPAN a text ("30s"), ENUM a text (the schema's word), MESSAGE and RECORD an
 * object. */
enum mapping_kind {
    MAPPING_ANY, /* known only at run time: whatever a far side sent */
    MAPPING_NULL,
    MAPPING_BOOL,
    MAPPING_INTEGER,
    MAPPING_REAL,
    MAPPING_TEXT,
    MAPPING_TIME,
    MAPPING_SPAN,
    MAPPING_ENUM,
    MAPPING_MESSAGE,
    MAPPING_RECORD,
    MAPPING_KIND_COUNT,
};

struct mapping_type {
    enum mapping_kind kind;
    bool list;   /* a list of the kind */
    bool folded; /* an ANY whose members' names are small letters, however written: HTTP headers */
    const struct schema_message *message;  /* of MAPPING_MESSAGE */
    const struct schema_enum *enumeration; /* of MAPPING_ENUM */
    const struct mapping_record *record;   /* of MAPPING_RECORD */
    const struct mapping_table *table;     /* a TEXT that is one of this code table's values; else NULL */
};

/* An object with known members that no schema describes: a message's header, the adapter's settings. */
struct mapping_member {
    const char *name;
    struct mapping_type type;
};

struct mapping_record {
    const char *title; /* for faults: "the header" */
    const struct mapping_member *members;
    size_t member_count;
};

static inline struct mapping_type mapping_type_of(enum mapping_kind kind)
{
    return (struct mapping_type){.kind = kind};
}

/* The type of a schema's field. Bytes fields are TEXT in base64, as in protobuf's JSON form. */
struct mapping_type mapping_type_of_field(const struct schema_field *field);
struct mapping_type mapping_type_of_message(const struct schema_message *message);

/* "text", "list of time", "truc.dossier.v1.Agency", …, in `out`. */
enum { MAPPING_TYPE_TEXT_BYTES = 96 };
void mapping_type_format(const struct mapping_type *type, char out[MAPPING_TYPE_TEXT_BYTES]);

/* Whether values of both types can be equal at all; ANY and NULL go with everything, ENUM with TEXT. */
bool mapping_types_comparable(const struct mapping_type *a, const struct mapping_type *b);
/* The type of a value that is either an `a` or a `b`. */
struct mapping_type mapping_type_join(const struct mapping_type *a, const struct mapping_type *b);

#endif
