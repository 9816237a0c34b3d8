/* policy_language.c - explaining the configuration language from its own tables.
 * Not: any text about single keys; those stand beside the keys in policy_keys.c.
 * In the flow: see policy_language.h. */
#include "policy_language.h"

#include "policy_language_parts.h"
#include "policy_match.h"
#include "text.h"

#include <stdio.h>

enum { NAMES_MAX = 256 }; /* of keys, for did-you-mean */

const struct policy_language_object policy_language_objects[POLICY_LANGUAGE_OBJECTS] = {
    {"bus", "bus.yaml", &policy_bus_file, false},
    {"system", "systems/ID.yaml", &policy_system_file, false},
    {"route", "routes/*.yaml", &policy_routes_file, true},
    {"agreement", "agreements/*.yaml", &policy_agreements_file, true},
};

/* ---- walking ---- */

struct walk {
    policy_language_visit *visit;
    void *context;
    char path[POLICY_LANGUAGE_PATH_BYTES];
    const char *where;
};

static int walk_object(struct walk *walk, const struct yaml_object *object)
{
    size_t size = strlen(walk->path);
    for (uint32_t i = 0; i < object->keys_count; i++) {
        const struct yaml_key *key = &object->keys[i];
        (void)snprintf(walk->path + size, sizeof walk->path - size, ".%s", key->name);
        const struct policy_language_key found = {walk->path, walk->where, key};
        int code = walk->visit(walk->context, &found);
        if (code == 0 && key->object != NULL)
            code = walk_object(walk, key->object);
        walk->path[size] = 0;
        if (code != 0)
            return code;
    }
    return 0;
}

int policy_language_each(policy_language_visit *visit, void *context)
{
    struct walk walk = {.visit = visit, .context = context};
    for (size_t i = 0; i < POLICY_LANGUAGE_OBJECTS; i++) {
        const struct policy_language_object *object = &policy_language_objects[i];
        (void)snprintf(walk.path, sizeof walk.path, "%s", object->name);
        walk.where = object->where;
        int code = walk_object(&walk, policy_language_keys(object));
        if (code != 0)
            return code;
    }
    return 0;
}

/* ---- explaining ---- */

static void explain_match(words_translate *translate, struct buffer *out)
{
    for (size_t i = 0; i < POLICY_OPERATORS_COUNT; i++)
        buffer_printf(out, "    %-26s %s\n", policy_operators[i].example,
                      words_by(translate, policy_operators[i].explanation));
    buffer_printf(out, "    %s: ", words_by(translate, N_("header fields")));
    for (int i = 0; i < POLICY_HEADER_FIELDS_COUNT; i++)
        buffer_printf(out, "%s%s", i == 0 ? "" : ", ", policy_header_field_name((enum policy_header_field)i));
    buffer_printf(out, "\n    %s: truc schema show TYPE\n", words_by(translate, N_("payload fields")));
}

static void explain_key(const struct yaml_key *key, words_translate *translate, struct buffer *out)
{
    char form[YAML_FORM_BYTES], bounds[YAML_FORM_BYTES];
    yaml_key_form(key, translate, form);
    yaml_key_bounds(key, translate, bounds);
    buffer_printf(out, "  %-16s %s%s%s%s\n  %-16s %s\n", key->name, form, bounds[0] != 0 ? ", " : "", bounds,
                  key->required ? words_by(translate, N_(" (required)")) : "", "",
                  words_by(translate, key->explanation));
    if (key->type == TYPED_FREE)
        explain_match(translate, out);
}

static void explain_object(const struct yaml_object *object, words_translate *translate, struct buffer *out)
{
    for (uint32_t i = 0; i < object->keys_count; i++)
        explain_key(&object->keys[i], translate, out);
}

/* An object by its own name or in the plural that its file or folder has: route, routes. */
static const struct policy_language_object *find_object(struct bytes name)
{
    struct bytes single = name.size > 0 && name.data[name.size - 1] == 's' ? bytes_of(name.data, name.size - 1) : name;
    for (size_t i = 0; i < POLICY_LANGUAGE_OBJECTS; i++) {
        const char *object = policy_language_objects[i].name;
        if (bytes_equal_string(name, object) || bytes_equal_string(single, object))
            return &policy_language_objects[i];
    }
    return NULL;
}

/* Whether the path is this key's, whole or from any of its names on: "route.retry.for", "retry.for", "for". */
static bool names_key(struct bytes path, const char *key_path)
{
    struct bytes whole = bytes_string(key_path);
    if (path.size == 0 || path.size > whole.size)
        return false;
    size_t skipped = whole.size - path.size;
    return memcmp(whole.data + skipped, path.data, path.size) == 0 && (skipped == 0 || whole.data[skipped - 1] == '.');
}

struct search {
    struct bytes path;
    words_translate *translate;
    struct buffer *out;
    size_t found;
    const char *names[NAMES_MAX];
    size_t names_count;
};

static int visit_key(void *context, const struct policy_language_key *found)
{
    struct search *search = context;
    if (search->names_count < NAMES_MAX)
        search->names[search->names_count++] = found->key->name;
    if (!names_key(search->path, found->path))
        return 0;
    buffer_printf(search->out, "%s: %s\n", found->path, found->where);
    explain_key(found->key, search->translate, search->out);
    if (found->key->object != NULL)
        explain_object(found->key->object, search->translate, search->out);
    search->found++;
    return 0;
}

static int refuse(const struct search *search, struct truc_fault *fault)
{
    const uint8_t *dot = search->path.data + search->path.size;
    while (dot > search->path.data && dot[-1] != '.')
        dot--;
    struct bytes last = bytes_of(dot, search->path.size - (size_t)(dot - search->path.data));
    fault_set(fault, TRUC_E_NOT_FOUND, words_by(search->translate, N_("'%.*s' is no key of the configuration")),
              BYTES_PRINTF(search->path));
    const char *nearest = text_nearest(last, search->names, search->names_count);
    if (nearest != NULL)
        fault_hint(fault, words_by(search->translate, N_("did you mean '%s'?")), nearest);
    else
        fault_hint(fault, "%s", words_by(search->translate, POLICY_LANGUAGE_OBJECTS_HINT));
    return TRUC_E_NOT_FOUND;
}

/* "routes.order-by" → "route.order-by" */
static struct bytes singular(struct bytes path, char out[POLICY_LANGUAGE_PATH_BYTES])
{
    const uint8_t *dot = path.size > 0 ? memchr(path.data, '.', path.size) : NULL;
    if (dot == NULL || path.size >= POLICY_LANGUAGE_PATH_BYTES)
        return path;
    size_t first = (size_t)(dot - path.data);
    const struct policy_language_object *object = find_object(bytes_of(path.data, first));
    if (object == NULL)
        return path;
    int size =
        snprintf(out, POLICY_LANGUAGE_PATH_BYTES, "%s%.*s", object->name, (int)(path.size - first), (const char *)dot);
    return bytes_of(out, (size_t)size);
}

int policy_language_explain(struct bytes path, words_translate *translate, struct buffer *out, struct truc_fault *fault)
{
    char text[POLICY_LANGUAGE_PATH_BYTES];
    if (path.size == 0) {
        for (size_t i = 0; i < POLICY_LANGUAGE_OBJECTS; i++)
            buffer_printf(out, "  %-16s %s\n", policy_language_objects[i].name, policy_language_objects[i].where);
        return buffer_failed(out);
    }
    struct search search = {.path = singular(path, text), .translate = translate, .out = out};
    const struct policy_language_object *object = find_object(path);
    if (object != NULL) {
        buffer_printf(out, "%s: %s\n", object->name, object->where);
        explain_object(policy_language_keys(object), translate, out);
        return buffer_failed(out);
    }
    for (size_t i = 0; i < POLICY_LANGUAGE_OBJECTS; i++)
        search.names[search.names_count++] = policy_language_objects[i].name;
    (void)policy_language_each(visit_key, &search);
    return search.found > 0 ? buffer_failed(out) : refuse(&search, fault);
}
