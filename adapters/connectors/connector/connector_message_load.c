/* connector_message_load.c - message: of an adapter file: what a far side's value becomes, and the proof that it is classified.
 * A classification that is "not-secret" without the source's word would let a secret in: it is refused at load.
 * In the flow: a connector's own loader, once per entry -> this. */
#include "connector_load.h"
#include "connector_message.h"
#include "connector_records.h"

static const struct yaml_node *key_node(const struct yaml_node *message, const char *name)
{
    const struct yaml_node *found = yaml_get(message, name);
    return found ? found : message;
}

/* What the classification becomes when every path yields @probe. */
static int classify(const struct mapping_template *classification, json_t *probe, bool *ret_not_secret)
{
    struct mapping_values values = {.probe = probe};
    json_t *value = NULL;
    int result = mapping_template_run(classification, &values, &value, NULL);
    *ret_not_secret = result == 0 && json_is_string(value) && strcmp(json_string_value(value), "not-secret") == 0;
    json_decref(value);
    return result == TRUC_E_MEMORY ? result : 0;
}

static int check_classification(const struct connector_load *load, const struct yaml_node *message,
                                const struct connector_form *form)
{
    const struct mapping_template *classification = mapping_template_member(form->outgoing, "classification");
    const struct yaml_node *node = key_node(message, "classification");
    json_t *unknown = json_string("\xe2\xb8\xae unknown"); /* a text no source sends */
    bool absent_passes = false, unknown_passes = false;
    int result = unknown ? 0 : connector_load_no_memory(load);
    if (result == 0)
        result = classify(classification, json_null(), &absent_passes);
    if (result == 0)
        result = classify(classification, unknown, &unknown_passes);
    json_decref(unknown);
    if (result < 0)
        return connector_load_no_memory(load);
    static const char hint[] =
        "look up a field of the source: lookup(secrecy, $.DoMat), without a default of not-secret";
    if (absent_passes)
        return connector_load_fail(load, node, hint,
                                   "the classification is not-secret even when the source says nothing");
    if (unknown_passes)
        return connector_load_fail(load, node, hint, "the classification is not-secret whatever the source says");
    return 0;
}

static int check_message(const struct connector_load *load, const struct yaml_node *message,
                         const struct connector_form *form)
{
    static const char *const needed[] = {"subject", "classification", "body", "id", "time"};
    size_t count =
        form->message->kind == SCHEMA_KIND_REQUEST ? 3 : 5; /* asking twice is two questions, posting twice one event */
    for (size_t i = 0; i < count; i++) {
        if (!mapping_template_member(form->outgoing, needed[i]))
            return connector_load_fail(load, message,
                                       "id: the fields that name the message, so that a repeated post is one message",
                                       "message: lacks '%s'", needed[i]);
    }
    return check_classification(load, message, form);
}

int connector_load_message(const struct connector_load *load, const struct yaml_node *node,
                           const struct mapping_scope *scope, struct connector_form *form)
{
    struct mapping_record *record = arena_alloc(&load->adapter->arena, sizeof(*record));
    struct mapping_member *members =
        arena_alloc_array(&load->adapter->arena, CONNECTOR_MESSAGE_MEMBERS, sizeof(*members));
    if (!record || !members)
        return connector_load_no_memory(load);
    connector_message_members(form->message, members);
    *record = (struct mapping_record){"message", members, CONNECTOR_MESSAGE_MEMBERS};
    struct mapping_type target = {.kind = MAPPING_RECORD, .record = record};
    if (node->kind != YAML_MAP)
        return connector_load_fail(load, node, "", "message: is a map");
    int result = connector_load_template(load, node, scope, &target, &form->outgoing);
    return result < 0 ? result : check_message(load, node, form);
}
