/* schema_types.c - the last step of loading: bus types are checked and ordered, replies found, personal marks spread.
 * Not about fields (schema_tables.c).
 * While a set is loaded. */
#include "fault.h"
#include "schema_set.h"

#include <stdlib.h>

/* Lower-case words joined by dots and hyphens: dossier.supplement-requested. */
static bool schema_type_is_valid(const char *type)
{
    size_t size = strlen(type);
    bool word = false;
    for (size_t i = 0; i < size; i++) {
        bool letter = (type[i] >= 'a' && type[i] <= 'z') || (type[i] >= '0' && type[i] <= '9');
        if (!letter && !(word && (type[i] == '.' || type[i] == '-')))
            return false;
        word = letter;
    }
    return word && size <= SCHEMA_TYPE_BYTES_MAX;
}

static int schema_type_reply(struct schema_loading *loading, const char *reply_name, struct schema_message *message)
{
    if (message->kind != SCHEMA_KIND_REQUEST) {
        if (reply_name[0] == '\0')
            return 0;
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s has (truc.reply) but is no request", message->full_name);
    }
    message->reply = schema_set_find_message(loading->set, bytes_string(reply_name));
    if (message->reply == NULL)
        return fault_set(loading->fault, TRUC_E_CONFIG, "the reply of %s, '%.120s', is not described",
                         message->full_name, reply_name);
    if (message->reply->kind != SCHEMA_KIND_REPLY)
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s is the reply of %s, so its (truc.kind) must be KIND_REPLY",
                         message->reply->full_name, message->full_name);
    return 0;
}

static int schema_type_check(struct schema_loading *loading, const struct schema_draft *draft,
                             struct schema_message *message)
{
    if (message->type[0] == '\0') {
        if (message->kind == SCHEMA_KIND_NONE || message->kind == SCHEMA_KIND_REPLY)
            return schema_type_reply(loading, draft->reply_name, message);
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s has a (truc.kind) but no (truc.type)", message->full_name);
    }
    if (!schema_type_is_valid(message->type))
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s: '%.80s' is no message type: lower-case words with . and -",
                         message->full_name, message->type);
    if (message->kind == SCHEMA_KIND_NONE || message->kind == SCHEMA_KIND_REPLY || message->version == 0)
        return fault_set(loading->fault, TRUC_E_CONFIG,
                         "%s: a type needs (truc.kind) event, command or request, "
                         "and (truc.version) from 1",
                         message->full_name);
    if (draft->file->syntax == NULL || strcmp(draft->file->syntax, "proto3") != 0)
        return fault_set(loading->fault, TRUC_E_CONFIG, "%s: message types are written in proto3", message->full_name);
    loading->set->type_count++;
    return schema_type_reply(loading, draft->reply_name, message);
}

static int schema_compare_types(const void *a, const void *b)
{
    const struct schema_message *left = *(const struct schema_message *const *)a;
    const struct schema_message *right = *(const struct schema_message *const *)b;
    int order = strcmp(left->type, right->type);
    return order != 0 ? order : (left->version > right->version) - (left->version < right->version);
}

static int schema_types_order(struct schema_loading *loading)
{
    struct schema_set *set = loading->set;
    set->types = arena_alloc_array(&set->arena, set->type_count + 1, sizeof *set->types);
    set->type_names = arena_alloc_array(&set->arena, set->type_count + 1, sizeof *set->type_names);
    if (set->types == NULL || set->type_names == NULL)
        return fault_set(loading->fault, TRUC_E_MEMORY, "no memory for the schemas' types");
    size_t count = 0;
    for (size_t i = 0; i < set->message_count; i++)
        if (set->messages[i].type[0] != '\0')
            set->types[count++] = &set->messages[i];
    if (count > 0)
        qsort(set->types, count, sizeof *set->types, schema_compare_types);
    for (size_t i = 0; i < count; i++) {
        set->type_names[i] = set->types[i]->type;
        if (i > 0 && schema_compare_types(&set->types[i - 1], &set->types[i]) == 0)
            return fault_set(loading->fault, TRUC_E_CONFIG, "%s and %s both claim to be %s version %u",
                             set->types[i - 1]->full_name, set->types[i]->full_name, set->types[i]->type,
                             set->types[i]->version);
    }
    return 0;
}

static bool schema_message_is_personal(const struct schema_message *message)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct schema_field *field = &message->fields[i];
        if (field->identity || field->personal != SCHEMA_PERSONAL_NONE ||
            (field->message != NULL && field->message->has_personal))
            return true;
    }
    return false;
}

/* Messages may hold each other in circles, so the mark spreads until nothing changes. */
static void schema_types_spread_personal(struct schema_set *set)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < set->message_count; i++) {
            if (set->messages[i].has_personal || !schema_message_is_personal(&set->messages[i]))
                continue;
            set->messages[i].has_personal = true;
            changed = true;
        }
    }
}

int schema_types_link(struct schema_loading *loading)
{
    struct schema_set *set = loading->set;
    for (size_t i = 0; i < set->message_count; i++) {
        int result = schema_type_check(loading, &loading->drafts[i], &set->messages[i]);
        if (result < 0)
            return result;
    }
    schema_types_spread_personal(set);
    return schema_types_order(loading);
}
