/* schema_set.h - the inside of a loaded set, and the steps of loading one.
 * Not public: others see schema.h.
 * Order of loading: schema_load.c (unpack) → schema_tables.c (tables) → schema_marks.c (options) → schema_types.c. */
#ifndef TRUC_SCHEMA_SET_H
#define TRUC_SCHEMA_SET_H

#include "arena.h"
#include "map.h"
#include "schema.h"

#include <google/protobuf/descriptor.pb-c.h>

enum {
    SCHEMA_MESSAGES_MAX = 8192,    /* of one set, and as many enums */
    SCHEMA_ENUM_VALUES_MAX = 4096, /* of one enum */
    SCHEMA_NAME_BYTES_MAX = 256,   /* of a full name */
    SCHEMA_TYPE_BYTES_MAX = 64,    /* of a bus type */
    SCHEMA_SOURCE_PATH_MAX = 64,   /* numbers in a SourceCodeInfo path */
};

struct schema_set {
    struct arena arena; /* holds everything below */
    struct schema_message *messages;
    struct schema_enum *enums;
    const struct schema_message **types; /* ordered by type, then version */
    const char **type_names;             /* the same order, for likeness */
    struct map messages_by_name, enums_by_name;
    size_t message_count, enum_count, type_count;
};

/* A place in a .proto file by SourceCodeInfo's numbers. */
struct schema_source_path {
    int32_t numbers[SCHEMA_SOURCE_PATH_MAX];
    size_t count;
};

/* A message together with what it is made from; only while loading. */
struct schema_draft {
    const Google__Protobuf__DescriptorProto *descriptor;
    const Google__Protobuf__FileDescriptorProto *file;
    const struct map *comments; /* of the file: path bytes → Location */
    struct schema_source_path path;
    const char *reply_name; /* (truc.reply), "" for none */
};

struct schema_loading {
    struct schema_set *set;
    struct arena *scratch;       /* the unpacked descriptors and the drafts */
    struct schema_draft *drafts; /* one for each of set->messages */
    struct truc_fault *fault;
};

/* schema_tables.c: registers every message and enum by name, then fills fields and values. */
int schema_tables_build(struct schema_loading *loading, const Google__Protobuf__FileDescriptorSet *files);

/* schema_marks.c: what the options of schemas/truc/options.proto say. */
int schema_marks_field(struct schema_loading *loading, const Google__Protobuf__FieldOptions *options,
                       struct schema_field *field);
int schema_marks_message(struct schema_loading *loading, struct schema_draft *draft, struct schema_message *message);
int schema_marks_value(struct schema_loading *loading, const Google__Protobuf__EnumValueOptions *options,
                       struct schema_enum_value *value);
/* The comment at a place as one line, "" for none; NULL when memory is out. */
const char *schema_marks_comment(struct schema_loading *loading, const struct map *comments,
                                 const struct schema_source_path *path);

/* schema_types.c: checks what messages claim to be, links replies, orders types, spreads has_personal. */
int schema_types_link(struct schema_loading *loading);

#endif
