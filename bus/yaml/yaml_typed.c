/* yaml_typed.c - reading maps by their tables, with a suggestion for every mistake.
 * Not: the tables themselves (policy_keys.c), nor single values (yaml_value.c).
 * In the flow: see yaml_typed.h. */
#include "yaml_typed.h"

#include "text.h"
#include "yaml_value.h"

static struct typed_value *value_slot(void *object, const struct yaml_key *key)
{
    return (struct typed_value *)(void *)((char *)object + key->offset);
}

static const struct yaml_key *find_key(const struct yaml_object *object, struct bytes name)
{
    for (uint32_t i = 0; i < object->keys_count; i++)
        if (bytes_equal_string(name, object->keys[i].name))
            return &object->keys[i];
    return NULL;
}

/* Returns the key that was probably meant, or NULL. */
static const struct yaml_key *refuse_key(const struct yaml_object *object, const struct yaml_node *key,
                                         struct policy_report *report)
{
    struct policy_problem *problem =
        policy_report_error(report, policy_spot_node(key), "a %s has no key '%s'",
                            words_by(report->translate, object->title), (const char *)key->text.data);
    const char *names[YAML_KEYS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < object->keys_count && count < YAML_KEYS_MAX; i++)
        names[count++] = object->keys[i].name;
    const char *nearest = text_nearest(key->text, names, count);
    if (nearest != NULL) {
        policy_report_did_you_mean(report, problem, nearest);
        return find_key(object, bytes_string(nearest));
    }
    struct buffer list BUFFER_CLEANUP = {0};
    for (size_t i = 0; i < count; i++)
        buffer_printf(&list, "%s%s", i == 0 ? "" : ", ", names[i]);
    policy_report_detail(report, problem, "its keys: %s", policy_report_text(report, &list));
    return NULL;
}

static void refuse_shape(const struct yaml_node *node, const char *name, const char *wanted,
                         struct policy_report *report)
{
    static const char *const found[] = {
        [YAML_TEXT] = N_("a single value"), [YAML_LIST] = N_("a list"), [YAML_MAP] = N_("a map")};
    policy_report_error(report, policy_spot_node(node), "'%s' is %s, not %s", name, words_by(report->translate, wanted),
                        words_by(report->translate, found[node->kind]));
}

/* A text, or a list of texts, checked one by one as `each`. */
static int read_list(struct arena *arena, const struct yaml_key *key, enum yaml_type each, const struct yaml_node *node,
                     struct policy_report *report, struct typed_value *ret)
{
    if (node->kind == YAML_MAP) {
        refuse_shape(node, key->name, N_("one value or a list of them"), report);
        return 0;
    }
    if (node->kind == YAML_LIST && node->count == 0) {
        policy_report_error(report, policy_spot_node(node), "the list '%s' is empty", key->name);
        return 0;
    }
    uint32_t count = node->kind == YAML_TEXT ? 1 : node->count;
    if (count > YAML_LIST_ITEMS_MAX) {
        policy_report_error(report, policy_spot_node(node), "'%s' has %u entries, more than %d", key->name, count,
                            YAML_LIST_ITEMS_MAX);
        return 0;
    }
    const struct yaml_node **items = arena_alloc_array(arena, count, sizeof *items);
    if (items == NULL)
        return TRUC_E_MEMORY;
    struct yaml_key single = *key;
    single.type = each;
    struct typed_value value = {.node = node, .items = items};
    for (const struct yaml_node *item = node->kind == YAML_TEXT ? node : node->first; item != NULL;
         item = node->kind == YAML_TEXT ? NULL : item->next) {
        struct typed_value one = {0};
        yaml_value_read(&single, item, report, &one);
        for (uint32_t i = 0; i < value.count && one.node != NULL && !key->repeats; i++) {
            if (!bytes_equal(items[i]->text, item->text))
                continue;
            policy_report_error(report, policy_spot_node(item), "'%s' is listed twice", one.text);
            one.node = NULL;
        }
        if (one.node == NULL)
            continue;
        items[value.count++] = item;
        if (each == TYPED_WORD)
            value.number |= (uint64_t)1 << one.number;
    }
    *ret = value;
    return 0;
}

static int read_objects(struct arena *arena, const struct yaml_key *key, const struct yaml_node *node,
                        struct policy_report *report, struct typed_value *ret)
{
    const struct yaml_object *object = key->object;
    bool list = key->type == TYPED_OBJECTS && node->kind == YAML_LIST;
    if (!list && node->kind != YAML_MAP && !(object->shorthand && node->kind == YAML_TEXT)) {
        refuse_shape(node, key->name, key->type == TYPED_OBJECTS ? N_("a list") : N_("a map"), report);
        return 0;
    }
    uint32_t count = list ? node->count : 1;
    char *objects = arena_alloc_array(arena, count == 0 ? 1 : count, object->size);
    if (objects == NULL)
        return TRUC_E_MEMORY;
    uint32_t at = 0;
    for (const struct yaml_node *item = list ? node->first : node; item != NULL; item = list ? item->next : NULL) {
        int error = yaml_typed_read(arena, object, item, report, objects + object->size * at++);
        if (error < 0)
            return error;
    }
    *ret = (struct typed_value){.node = node, .objects = objects, .count = count};
    return 0;
}

static int read_value(struct arena *arena, const struct yaml_key *key, const struct yaml_node *node,
                      struct policy_report *report, void *ret)
{
    struct typed_value *slot = value_slot(ret, key);
    switch (key->type) {
    case TYPED_IDS:
        return read_list(arena, key, TYPED_ID, node, report, slot);
    case TYPED_TYPES:
        return read_list(arena, key, TYPED_TYPE, node, report, slot);
    case TYPED_TEXTS:
        return read_list(arena, key, TYPED_TEXT, node, report, slot);
    case TYPED_WORDS:
        return read_list(arena, key, TYPED_WORD, node, report, slot);
    case TYPED_OBJECT:
    case TYPED_OBJECTS:
        return read_objects(arena, key, node, report, slot);
    case TYPED_FREE:
        if (node->kind != YAML_MAP)
            refuse_shape(node, key->name, N_("a map"), report);
        else
            *slot = (struct typed_value){.node = node, .count = node->count};
        return 0;
    default:
        if (node->kind != YAML_TEXT)
            refuse_shape(node, key->name, yaml_type_text(key->type), report);
        else
            yaml_value_read(key, node, report, slot);
        return 0;
    }
}

static void refuse_missing(const struct yaml_object *object, const struct yaml_node *node, const bool *given,
                           struct policy_report *report)
{
    for (uint32_t i = 0; i < object->keys_count; i++) {
        const struct yaml_key *key = &object->keys[i];
        if (!key->required || given[i])
            continue;
        struct policy_problem *problem = policy_report_error(report, policy_spot_line(node), "this %s lacks '%s'",
                                                             words_by(report->translate, object->title), key->name);
        char form[YAML_FORM_BYTES];
        yaml_key_form(key, report->translate, form);
        policy_report_detail(report, problem, "%s: %s; %s", key->name, form,
                             words_by(report->translate, key->explanation));
    }
}

/* A text in place of a map: {first key: text}. */
static int read_shorthand(struct arena *arena, const struct yaml_object *object, const struct yaml_node *node,
                          struct policy_report *report, void *ret)
{
    return read_value(arena, &object->keys[0], node, report, ret);
}

int yaml_typed_read(struct arena *arena, const struct yaml_object *object, const struct yaml_node *node,
                    struct policy_report *report, void *ret)
{
    *(const struct yaml_node **)ret = node;
    if (node->kind == YAML_TEXT && object->shorthand)
        return read_shorthand(arena, object, node, report, ret);
    if (node->kind != YAML_MAP) {
        policy_report_error(report, policy_spot_node(node), "a %s is a map of keys and values",
                            words_by(report->translate, object->title));
        return 0;
    }
    bool given[YAML_KEYS_MAX] = {false};
    for (const struct yaml_node *name = node->first; name != NULL; name = name->next) {
        const struct yaml_key *key = find_key(object, name->text);
        if (key == NULL) {
            key = refuse_key(object, name, report);
            if (key != NULL) /* misspelt, so not missing as well */
                given[key - object->keys] = true;
            continue;
        }
        given[key - object->keys] = true;
        int error = read_value(arena, key, name->value, report, ret);
        if (error < 0)
            return error;
    }
    refuse_missing(object, node, given, report);
    return 0;
}
