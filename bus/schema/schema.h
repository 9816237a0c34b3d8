/* schema.h - message schemas as data: load a descriptor set, then validate, read, show and mask payloads by it.
 * Not a protobuf library: it never builds message structures, does no I/O and keeps no globals. Bytes in, values out.
 * In the flow: validate (after verify), route by field, persons concerned, and whatever shows a payload to people. */
#ifndef TRUC_SCHEMA_H
#define TRUC_SCHEMA_H

#include "buffer.h"
#include "bytes.h"
#include "words.h"
#include <truc/error.h>

enum {
    SCHEMA_SET_BYTES_MAX = 16 * 1024 * 1024,  /* of a descriptor set */
    SCHEMA_SET_MEMORY_MAX = 64 * 1024 * 1024, /* while one is loaded */
    SCHEMA_DESCRIPTOR_DEPTH_MAX = 24,         /* nesting of a descriptor set on the wire, checked before unpacking */
    SCHEMA_DEPTH_MAX = 32,                    /* nesting of a payload: the message itself is depth 1 */
    SCHEMA_FIELDS_MAX = 256,                  /* fields of one message */
    SCHEMA_PATH_STEPS_MAX = 16,               /* names in a dotted path */
    SCHEMA_PATH_TEXT_MAX = 512,               /* bytes of a dotted path as text */
};

/* What a message type is to the bus: option (truc.kind). */
enum schema_kind { SCHEMA_KIND_NONE, SCHEMA_KIND_EVENT, SCHEMA_KIND_COMMAND, SCHEMA_KIND_REQUEST, SCHEMA_KIND_REPLY };

/* Field types; the numbers are FieldDescriptorProto.Type's (protobuf descriptor.proto). Groups (10) are refused. */
enum schema_type {
    SCHEMA_DOUBLE = 1,
    SCHEMA_FLOAT = 2,
    SCHEMA_INT64 = 3,
    SCHEMA_UINT64 = 4,
    SCHEMA_INT32 = 5,
    SCHEMA_FIXED64 = 6,
    SCHEMA_FIXED32 = 7,
    SCHEMA_BOOL = 8,
    SCHEMA_STRING = 9,
    SCHEMA_MESSAGE = 11,
    SCHEMA_BYTES = 12,
    SCHEMA_UINT32 = 13,
    SCHEMA_ENUM = 14,
    SCHEMA_SFIXED32 = 15,
    SCHEMA_SFIXED64 = 16,
    SCHEMA_SINT32 = 17,
    SCHEMA_SINT64 = 18,
};

/* What a field says about a person: option (truc.personal) of schemas/truc/options.proto, same numbers. */
enum schema_personal {
    SCHEMA_PERSONAL_NONE,
    SCHEMA_PERSONAL_NAME,
    SCHEMA_PERSONAL_CONTACT,
    SCHEMA_PERSONAL_BIRTH,
    SCHEMA_PERSONAL_ADDRESS,
    SCHEMA_PERSONAL_HEALTH,
    SCHEMA_PERSONAL_FAMILY,
    SCHEMA_PERSONAL_FINANCE,
    SCHEMA_PERSONAL_OTHER,
};

/* The tables below belong to their set, never change, and live until schema_set_free.
 * Strings are never NULL ("" for none). */
struct schema_enum_value {
    int32_t number;
    const char *name;  /* as in the schema: SERVICE_FULL */
    const char *word;  /* for people and configuration: without the common prefix, lower case, '-' for '_': full */
    const char *title; /* Vietnamese, may be "" */
};

struct schema_enum {
    const char *full_name;                  /* truc.dossier.v1.Service */
    const struct schema_enum_value *values; /* in ascending order of number */
    size_t value_count;
};

struct schema_field {
    const char *name;    /* as in the schema, snake_case; also its JSON name */
    const char *title;   /* Vietnamese: option (truc.title), may be "" */
    const char *comment; /* the schema's comment before or beside the field, may be "" */
    const struct schema_message *parent;
    const struct schema_message *message;  /* of SCHEMA_MESSAGE, else NULL */
    const struct schema_enum *enumeration; /* of SCHEMA_ENUM, else NULL */
    uint32_t number;
    enum schema_type type;
    enum schema_personal personal; /* NONE, or what it tells; identity numbers count as personal too (has_personal) */
    bool repeated;
    bool identity;  /* holds an identity number: persons concerned are found by it */
    bool instant;   /* (truc.instant): UTC nanoseconds since 1970 in a fixed64 */
    uint16_t index; /* place in parent->fields */
    int16_t oneof;  /* number of its oneof within the message, or -1 */
};

struct schema_message {
    const char *full_name; /* truc.dossier.v1.Submitted */
    const char *type;      /* bus message type, "dossier.submitted"; "" for parts of messages and for replies */
    const char *title;     /* Vietnamese: option (truc.message_title), may be "" */
    const char *comment;
    const struct schema_field *fields; /* in ascending order of number */
    size_t field_count;
    const struct schema_message *reply; /* of a request: the message that answers it; else NULL */
    enum schema_kind kind;
    uint32_t version;  /* of the type; 1 or more where type is not "" */
    bool has_personal; /* it, or a message within it, has a field marked personal or identity (without ->reply) */
};

struct schema_set;

/* Loads a serialised google.protobuf.FileDescriptorSet (protoc --include_imports [--include_source_info]).
 * Copies what it needs: @descriptor_set may go afterwards. The set is immutable: any number of threads may read it.
 * TRUC_E_CONFIG (malformed, map or group field, type named twice, reply unknown, …), TRUC_E_LIMIT, TRUC_E_MEMORY. */
int schema_set_load(struct bytes descriptor_set, struct schema_set **ret_set, struct truc_fault *fault);
void schema_set_free(struct schema_set *set); /* NULL is fine */
/* By bus type: its highest version / that version; NULL when there is none. */
const struct schema_message *schema_set_find_type(const struct schema_set *set, struct bytes type);
const struct schema_message *schema_set_find_version(const struct schema_set *set, struct bytes type, uint32_t version);
/* By full protobuf name, without a leading dot. */
const struct schema_message *schema_set_find_message(const struct schema_set *set, struct bytes full_name);
/* Messages with a bus type, ordered by type then version: at = 0 .. count - 1. */
size_t schema_set_type_count(const struct schema_set *set);
const struct schema_message *schema_set_type(const struct schema_set *set, size_t at);
/* The type with the most similar name, for "did you mean"; NULL when none is near. */
const struct schema_message *schema_set_nearest_type(const struct schema_set *set, struct bytes type);
/* Whether readers and writers of @before are understood under @after: no type, field, or enum value gone or changed in
 * number, type or repetition, no personal or identity mark dropped. TRUC_E_CONFIG with the first difference, or 0. */
int schema_set_compatible(const struct schema_set *before, const struct schema_set *after, struct truc_fault *fault);

const struct schema_field *schema_find_field(const struct schema_message *message, struct bytes name);
/* The field whose name is most like that, or NULL. */
const char *schema_nearest_field(const struct schema_message *message, struct bytes name);
const struct schema_field *schema_find_number(const struct schema_message *message, uint32_t number);
/* A value by word ("full"), name ("SERVICE_FULL") or by number; NULL when there is none. */
const struct schema_enum_value *schema_enum_find(const struct schema_enum *enumeration, struct bytes text);
const struct schema_enum_value *schema_enum_number(const struct schema_enum *enumeration, int32_t number);
const char *schema_type_text(enum schema_type type);             /* "string", "int32", "enum", "message", … */
const char *schema_kind_text(enum schema_kind kind);             /* "event", "command", "request", "reply", "part" */
const char *schema_personal_text(enum schema_personal personal); /* "name", "contact", …; "" for none */

/* {0} (or NULL) means: unknown fields are refused, depth SCHEMA_DEPTH_MAX. */
struct schema_limits {
    bool allow_unknown;
    uint32_t depth_max; /* 0, or at most SCHEMA_DEPTH_MAX */
};

/* Strict check of the wire form (protobuf encoding specification), stricter than parsers, so that all of them read the
 * same thing: whole tags and varints, wire type of the field, packed or not, strict UTF-8 without NUL in strings, known
 * enum values, known fields, 0 or 1 in bools, 32-bit ranges, no group, no singular field twice, one member of a oneof.
 * 0 or TRUC_E_PAYLOAD; fault->where holds the field path, "applicant.identity_number". */
int schema_validate(const struct schema_message *message, struct bytes payload, const struct schema_limits *limits,
                    struct truc_fault *fault);

/* A compiled dotted path. Copy freely; valid as long as the set it was compiled from. */
struct schema_path {
    const struct schema_field *steps[SCHEMA_PATH_STEPS_MAX];
    uint8_t step_count;
    bool repeated; /* some step is repeated: several values may be found */
};

/* "procedure.service" from @message (no "body." in front). TRUC_E_CONFIG: no such field, with a did-you-mean hint;
 * a step into something that is no message; too long. */
int schema_path_compile(const struct schema_message *message, struct bytes text, struct schema_path *ret_path,
                        struct truc_fault *fault);
/* The field that was probably meant by the first name of @text that is none, or NULL: for "did you mean". */
const struct schema_field *schema_path_nearest(const struct schema_message *message, struct bytes text);
static inline const struct schema_field *schema_path_field(const struct schema_path *path)
{
    return path->steps[path->step_count - 1];
}

/* Which member of schema_value is set, by the field's type. */
enum schema_value_kind {
    SCHEMA_VALUE_TEXT,     /* string: .bytes, UTF-8, in the payload */
    SCHEMA_VALUE_BYTES,    /* bytes, and message (its wire form): .bytes */
    SCHEMA_VALUE_SIGNED,   /* int32, int64, sint…, sfixed…: .number */
    SCHEMA_VALUE_UNSIGNED, /* uint32, uint64, fixed…: .unsigned_number */
    SCHEMA_VALUE_REAL,     /* float, double: .real */
    SCHEMA_VALUE_BOOL,     /* .truth */
    SCHEMA_VALUE_ENUM,     /* .number, and .enum_value (NULL when the number is not known) */
};

struct schema_value {
    enum schema_value_kind kind;
    bool present; /* false: not in the payload; then the value is proto3's default (0, "", first enum value) */
    struct bytes bytes;
    int64_t number;
    uint64_t unsigned_number;
    double real;
    bool truth;
    const struct schema_enum_value *enum_value;
};

/* Returns 0 to go on; anything else stops the walk and is returned by it. @value and its bytes live during the call. */
typedef int (*schema_visit)(void *context, const struct schema_field *field, const struct schema_value *value);

/* The first value at the path, or its default with present = false. Safe on any bytes: TRUC_E_PAYLOAD if malformed. */
int schema_path_read(const struct schema_path *path, struct bytes payload, struct schema_value *ret_value);
/* Every value at the path, in wire order; none is no error. */
int schema_path_each(const struct schema_path *path, struct bytes payload, schema_visit visit, void *context);

/* Every non-empty value of a field marked identity, at any depth: the persons concerned. */
int schema_each_identity(const struct schema_message *message, struct bytes payload, schema_visit visit, void *context);

/* Whether a payload holds only what @allowed names (a path to a message allows all of it): an agreement's reply-fields.
 * 0, TRUC_E_REPLY_FIELDS with the field path in where, TRUC_E_PAYLOAD when malformed. */
int schema_check_only(const struct schema_message *message, struct bytes payload, const struct schema_path *allowed,
                      size_t allowed_count, struct truc_fault *fault);

/* {0} (or NULL): one line, protobuf's JSON mapping with the schema's own field names. */
struct schema_json_options {
    bool mask;     /* personal fields → "•••", identity numbers → "…217" (the last three characters) */
    bool pretty;   /* lines, indented by two spaces */
    bool words;    /* enums by word (full), not by name (SERVICE_FULL) */
    bool instants; /* fields marked instant in RFC 3339 (UTC), not as a string of nanoseconds */
};

/* Appends JSON text: 64-bit integers as strings, bytes in base64, absent fields left out, unknown fields left out.
 * TRUC_E_PAYLOAD when malformed, TRUC_E_MEMORY, TRUC_E_LIMIT (@out's); after an error @out holds what it held. */
int schema_to_json(const struct schema_message *message, struct bytes payload,
                   const struct schema_json_options *options, struct buffer *out, struct truc_fault *fault);
/* The other way, strict: unknown or doubled members, wrong types, numbers out of range and unknown enum values are
 * TRUC_E_PAYLOAD with the field path in where. Takes enums by name, word or number, integers as string or number,
 * instants as nanoseconds or RFC 3339, null as absent. Fields are written in the order of their numbers: equal JSON
 * gives equal bytes. After an error @out holds what it held. */
int schema_from_json(const struct schema_message *message, struct bytes json, struct buffer *out,
                     struct truc_fault *fault);

/* Text for `truc schema show`: the message, its fields indented below it with number, type, marks and title. */
int schema_describe(const struct schema_message *message, words_translate *translate, struct buffer *out);

#endif
