/* schema_tables.c - from protobuf-c's descriptors to the compact tables of schema.h.
 * Not a type checker of .proto files: protoc was. It refuses only what the bus can't read the same way everywhere.
 * Two rounds: every name first, so that fields may point at messages that come later. */
#include "fault.h"
#include "schema_set.h"

#include <stdio.h>
#include <stdlib.h>

/* SourceCodeInfo numbers: FileDescriptorProto.message_type, DescriptorProto.nested_type, DescriptorProto.field. */
enum { SCHEMA_SOURCE_MESSAGE = 4, SCHEMA_SOURCE_NESTED = 3, SCHEMA_SOURCE_FIELD = 2 };

typedef Google__Protobuf__DescriptorProto message_descriptor;
typedef Google__Protobuf__EnumDescriptorProto enum_descriptor;
typedef Google__Protobuf__FieldDescriptorProto field_descriptor;
typedef Google__Protobuf__FileDescriptorProto file_descriptor;

/* An arena copy of @text ("" for NULL); NULL when memory is out. */
static const char *keep_text(struct schema_set *set, const char *text)
{
    return text == NULL ? "" : arena_string(&set->arena, bytes_string(text));
}

static int schema_out_of_memory(const struct schema_loading *loading)
{
    return fault_set(loading->fault, TRUC_E_MEMORY, "the schemas need more memory than there is, or than %d bytes",
                     SCHEMA_SET_MEMORY_MAX);
}

static void schema_count(const message_descriptor *descriptor, size_t *messages, size_t *enums)
{
    *messages += 1;
    *enums += descriptor->n_enum_type;
    for (size_t i = 0; i < descriptor->n_nested_type; i++)
        schema_count(descriptor->nested_type[i], messages, enums);
}

/* "outer.name", or NULL when it is too long or memory is out (the fault says which). */
static const char *schema_full_name(const struct schema_loading *loading, const char *outer, const char *name)
{
    char full[SCHEMA_NAME_BYTES_MAX];
    int size = snprintf(full, sizeof full, "%s%s%s", outer, outer[0] != '\0' ? "." : "", name != NULL ? name : "");
    if (name == NULL || name[0] == '\0' || size < 0 || (size_t)size >= sizeof full) {
        fault_set(loading->fault, TRUC_E_CONFIG, "a name in '%.100s' is empty or too long", outer);
        return NULL;
    }
    const char *copy = keep_text(loading->set, full);
    if (copy == NULL)
        schema_out_of_memory(loading);
    return copy;
}

static int schema_name_failed(const struct schema_loading *loading)
{
    return loading->fault != NULL ? loading->fault->code : TRUC_E_CONFIG;
}

/* Registers under its full name; a name given twice is refused. */
static int schema_register(const struct schema_loading *loading, struct map *names, const char *full_name, void *what)
{
    if (map_get_bytes(names, bytes_string(full_name)) != NULL)
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s is described twice", full_name);
    return map_put_bytes(names, bytes_string(full_name), what) < 0 ? schema_out_of_memory(loading) : 0;
}

/* APPLICANT_KIND_ from ApplicantKind: what style guides put before every value's name. */
static size_t schema_enum_prefix(const char *name, char out[SCHEMA_NAME_BYTES_MAX])
{
    size_t used = 0;
    for (size_t i = 0; name[i] != '\0' && used + 3 < SCHEMA_NAME_BYTES_MAX; i++) {
        bool upper = name[i] >= 'A' && name[i] <= 'Z';
        if (upper && i > 0 && !(name[i - 1] >= 'A' && name[i - 1] <= 'Z'))
            out[used++] = '_';
        out[used++] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
    }
    out[used++] = '_';
    out[used] = '\0';
    return used;
}

/* SERVICE_FULL of Service → full. A rest that would begin with a digit keeps its prefix. */
static const char *schema_enum_word(struct schema_set *set, const char *prefix, size_t prefix_size, const char *name)
{
    bool strip = strncmp(name, prefix, prefix_size) == 0 && name[prefix_size] != '\0' &&
                 !(name[prefix_size] >= '0' && name[prefix_size] <= '9');
    char *word = arena_string(&set->arena, bytes_string(strip ? name + prefix_size : name));
    for (char *at = word; at != NULL && *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    return word;
}

static int schema_compare_values(const void *a, const void *b)
{
    const struct schema_enum_value *left = a, *right = b;
    int order = (left->number > right->number) - (left->number < right->number);
    return order != 0 ? order : strcmp(left->name, right->name); /* aliases: the same order everywhere */
}

static int schema_fill_enum(struct schema_loading *loading, const enum_descriptor *descriptor, const char *full_name,
                            struct schema_enum *enumeration)
{
    if (descriptor->n_value == 0 || descriptor->n_value > SCHEMA_ENUM_VALUES_MAX)
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s has no values, or more than %d", full_name,
                         SCHEMA_ENUM_VALUES_MAX);
    struct schema_enum_value *values = arena_alloc_array(&loading->set->arena, descriptor->n_value, sizeof *values);
    if (values == NULL)
        return schema_out_of_memory(loading);
    char prefix[SCHEMA_NAME_BYTES_MAX];
    size_t prefix_size = schema_enum_prefix(descriptor->name, prefix);
    for (size_t i = 0; i < descriptor->n_value; i++) {
        const char *name = descriptor->value[i]->name;
        values[i].number = descriptor->value[i]->number;
        values[i].name = keep_text(loading->set, name);
        values[i].word = schema_enum_word(loading->set, prefix, prefix_size, name != NULL ? name : "");
        if (values[i].name == NULL || values[i].word == NULL)
            return schema_out_of_memory(loading);
        int result = schema_marks_value(loading, descriptor->value[i]->options, &values[i]);
        if (result < 0)
            return result;
    }
    qsort(values, descriptor->n_value, sizeof *values, schema_compare_values);
    *enumeration = (struct schema_enum){full_name, values, descriptor->n_value};
    return 0;
}

static int schema_register_enums(struct schema_loading *loading, const char *outer, size_t count,
                                 enum_descriptor *const *descriptors)
{
    struct schema_set *set = loading->set;
    for (size_t i = 0; i < count; i++) {
        const char *full_name = schema_full_name(loading, outer, descriptors[i]->name);
        if (full_name == NULL)
            return schema_name_failed(loading);
        struct schema_enum *enumeration = &set->enums[set->enum_count++];
        int result = schema_fill_enum(loading, descriptors[i], full_name, enumeration);
        if (result == 0)
            result = schema_register(loading, &set->enums_by_name, full_name, enumeration);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Recursion is bounded: schema_load.c has checked the nesting. */
static int schema_register_message(struct schema_loading *loading, const char *outer, struct schema_draft draft)
{
    struct schema_set *set = loading->set;
    const char *full_name = schema_full_name(loading, outer, draft.descriptor->name);
    if (full_name == NULL)
        return schema_name_failed(loading);
    struct schema_message *message = &set->messages[set->message_count];
    loading->drafts[set->message_count++] = draft;
    *message = (struct schema_message){.full_name = full_name, .type = "", .title = "", .comment = ""};
    int result = schema_register(loading, &set->messages_by_name, full_name, message);
    if (result == 0)
        result = schema_register_enums(loading, full_name, draft.descriptor->n_enum_type, draft.descriptor->enum_type);
    for (size_t i = 0; result == 0 && i < draft.descriptor->n_nested_type; i++) {
        struct schema_draft inner = draft;
        inner.descriptor = draft.descriptor->nested_type[i];
        inner.path.numbers[inner.path.count++] = SCHEMA_SOURCE_NESTED;
        inner.path.numbers[inner.path.count++] = (int32_t)i;
        result = schema_register_message(loading, full_name, inner);
    }
    return result;
}

/* Comments by place: the key is the Location's own path array. */
static int schema_index_comments(struct schema_loading *loading, const file_descriptor *file, struct map *comments)
{
    const Google__Protobuf__SourceCodeInfo *info = file->source_code_info;
    for (size_t i = 0; info != NULL && i < info->n_location; i++) {
        Google__Protobuf__SourceCodeInfo__Location *location = info->location[i];
        if (location->leading_comments == NULL && location->trailing_comments == NULL)
            continue;
        struct bytes key = bytes_of(location->path, location->n_path * sizeof location->path[0]);
        if (map_put_bytes(comments, key, location) < 0)
            return schema_out_of_memory(loading);
    }
    return 0;
}

static int schema_register_file(struct schema_loading *loading, const file_descriptor *file, struct map *comments)
{
    int result = schema_index_comments(loading, file, comments);
    const char *package = file->package != NULL ? file->package : "";
    if (result == 0)
        result = schema_register_enums(loading, package, file->n_enum_type, file->enum_type);
    for (size_t i = 0; result == 0 && i < file->n_message_type; i++) {
        struct schema_draft draft = {.descriptor = file->message_type[i], .file = file, .comments = comments};
        draft.path = (struct schema_source_path){.numbers = {SCHEMA_SOURCE_MESSAGE, (int32_t)i}, .count = 2};
        draft.reply_name = "";
        result = schema_register_message(loading, package, draft);
    }
    return result;
}

/* Finds what a field of type message or enum points at. Names in descriptor sets are full, with a dot in front. */
static int schema_resolve(const struct schema_loading *loading, const field_descriptor *descriptor,
                          struct schema_field *field)
{
    if (field->type != SCHEMA_MESSAGE && field->type != SCHEMA_ENUM)
        return 0;
    const char *name = descriptor->type_name != NULL ? descriptor->type_name : "";
    struct bytes full_name = bytes_string(name[0] == '.' ? name + 1 : name);
    if (field->type == SCHEMA_MESSAGE)
        field->message = map_get_bytes(&loading->set->messages_by_name, full_name);
    else
        field->enumeration = map_get_bytes(&loading->set->enums_by_name, full_name);
    if (field->message == NULL && field->enumeration == NULL)
        return fault_set(loading->fault, TRUC_E_CONFIG,
                         "%s.%s is of type '%.120s', which the set does not describe (protoc --include_imports)",
                         field->parent->full_name, field->name, name);
    return 0;
}

static int schema_fill_field(struct schema_loading *loading, const struct schema_draft *draft, size_t at,
                             struct schema_field *field)
{
    const field_descriptor *descriptor = draft->descriptor->field[at];
    field->name = keep_text(loading->set, descriptor->name);
    struct schema_source_path path = draft->path;
    path.numbers[path.count++] = SCHEMA_SOURCE_FIELD;
    path.numbers[path.count++] = (int32_t)at;
    field->comment = schema_marks_comment(loading, draft->comments, &path);
    if (field->name == NULL || field->comment == NULL)
        return schema_out_of_memory(loading);
    int type = (int)descriptor->type;
    if (type < SCHEMA_DOUBLE || type > SCHEMA_SINT64 ||
        type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP)
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s.%s is a group or of no known type: use a message",
                         field->parent->full_name, field->name);
    if (field->name[0] == '\0' || descriptor->number < 1)
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s has a field without name or number",
                         field->parent->full_name);
    field->type = (enum schema_type)type;
    field->number = (uint32_t)descriptor->number;
    field->repeated = descriptor->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    field->oneof = -1;
    if (descriptor->has_oneof_index) {
        if (descriptor->oneof_index < 0 || descriptor->oneof_index >= SCHEMA_FIELDS_MAX)
            return fault_set(loading->fault, TRUC_E_CONFIG, "%s.%s is in no known choice (oneof)",
                             field->parent->full_name, field->name);
        field->oneof = (int16_t)descriptor->oneof_index;
    }
    int result = schema_resolve(loading, descriptor, field);
    return result < 0 ? result : schema_marks_field(loading, descriptor->options, field);
}

static int schema_compare_fields(const void *a, const void *b)
{
    const struct schema_field *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

/* Numbers the fields by place, and refuses what two readers could take for different things. */
static int schema_order_fields(struct schema_loading *loading, const struct schema_message *message,
                               struct schema_field *fields, size_t count)
{
    if (count > 0)
        qsort(fields, count, sizeof *fields, schema_compare_fields);
    for (size_t i = 0; i < count; i++) {
        fields[i].index = (uint16_t)i;
        if (i > 0 && fields[i].number == fields[i - 1].number)
            return fault_set(loading->fault, TRUC_E_CONFIG, "%s has two fields with the number %u", message->full_name,
                             fields[i].number);
    }
    return 0;
}

static int schema_fill_message(struct schema_loading *loading, struct schema_draft *draft,
                               struct schema_message *message)
{
    size_t count = draft->descriptor->n_field;
    if (count > SCHEMA_FIELDS_MAX)
        return fault_set(loading->fault, TRUC_E_LIMIT, "%s has %zu fields, %d are allowed", message->full_name, count,
                         SCHEMA_FIELDS_MAX);
    const Google__Protobuf__MessageOptions *options = draft->descriptor->options;
    if (options != NULL && options->map_entry)
        return fault_set(loading->fault, TRUC_E_CONFIG,
                         "%s is a map: readers disagree on keys that occur twice; use a repeated message",
                         message->full_name);
    struct schema_field *fields = arena_alloc_array(&loading->set->arena, count > 0 ? count : 1, sizeof *fields);
    if (fields == NULL)
        return schema_out_of_memory(loading);
    for (size_t i = 0; i < count; i++) {
        fields[i].parent = message;
        int result = schema_fill_field(loading, draft, i, &fields[i]);
        if (result < 0)
            return result;
    }
    message->fields = fields;
    message->field_count = count;
    message->comment = schema_marks_comment(loading, draft->comments, &draft->path);
    if (message->comment == NULL)
        return schema_out_of_memory(loading);
    int result = schema_order_fields(loading, message, fields, count);
    return result < 0 ? result : schema_marks_message(loading, draft, message);
}

static int schema_tables_allocate(struct schema_loading *loading, const Google__Protobuf__FileDescriptorSet *files)
{
    size_t messages = 0, enums = 0;
    for (size_t i = 0; i < files->n_file; i++) {
        enums += files->file[i]->n_enum_type;
        for (size_t j = 0; j < files->file[i]->n_message_type; j++)
            schema_count(files->file[i]->message_type[j], &messages, &enums);
    }
    if (messages > SCHEMA_MESSAGES_MAX || enums > SCHEMA_MESSAGES_MAX)
        return fault_set(loading->fault, TRUC_E_LIMIT, "the set describes %zu messages and %zu enums, %d are allowed",
                         messages, enums, SCHEMA_MESSAGES_MAX);
    struct schema_set *set = loading->set;
    set->messages = arena_alloc_array(&set->arena, messages + 1, sizeof *set->messages);
    set->enums = arena_alloc_array(&set->arena, enums + 1, sizeof *set->enums);
    loading->drafts = arena_alloc_array(loading->scratch, messages + 1, sizeof *loading->drafts);
    if (set->messages == NULL || set->enums == NULL || loading->drafts == NULL)
        return schema_out_of_memory(loading);
    return 0;
}

int schema_tables_build(struct schema_loading *loading, const Google__Protobuf__FileDescriptorSet *files)
{
    int result = schema_tables_allocate(loading, files);
    if (result < 0)
        return result;
    struct map *comments = arena_alloc_array(loading->scratch, files->n_file, sizeof *comments);
    if (comments == NULL)
        return schema_out_of_memory(loading);
    for (size_t i = 0; result == 0 && i < files->n_file; i++)
        result = schema_register_file(loading, files->file[i], &comments[i]);
    for (size_t i = 0; result == 0 && i < loading->set->message_count; i++)
        result = schema_fill_message(loading, &loading->drafts[i], &loading->set->messages[i]);
    for (size_t i = 0; i < files->n_file; i++)
        map_free(&comments[i]);
    return result;
}
