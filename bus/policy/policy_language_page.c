/* policy_language_page.c - the reference of the configuration as a page: every key, object by object.
 * Not: the page's own words around it, which are written by hand.
 * In the flow: docs/configuration.md, which a test compares. */
#include "policy_language.h"

#include "policy_language_parts.h"
#include "policy_match.h"

static void put_row(const char *path, const struct yaml_key *key, struct buffer *out)
{
    char form[YAML_FORM_BYTES], bounds[YAML_FORM_BYTES];
    yaml_key_form(key, NULL, form);
    yaml_key_bounds(key, NULL, bounds);
    buffer_printf(out, "| `%s` | %s%s%s | %s | %s |\n", path, form, bounds[0] != 0 ? ", " : "", bounds,
                  key->required ? "yes" : "", key->explanation);
}

struct page {
    struct buffer *out;
    const struct policy_language_object *object;
};

static int visit(void *context, const struct policy_language_key *found)
{
    const struct page *page = context;
    size_t size = strlen(page->object->name);
    if (strncmp(found->path, page->object->name, size) == 0 && found->path[size] == '.')
        put_row(found->path + size + 1, found->key, page->out);
    return 0;
}

static void put_object(const struct policy_language_object *object, struct buffer *out)
{
    struct page page = {out, object};
    buffer_printf(out, "\n### %s: `%s`\n\n", object->name, object->where);
    if (object->listed)
        buffer_printf(out, "A file is a list of them under `%s`.\n\n", object->file->keys[0].name);
    buffer_append_string(out, "| key | value | required | meaning |\n|---|---|---|---|\n");
    (void)policy_language_each(visit, &page);
}

int policy_language_page(struct buffer *out)
{
    for (size_t i = 0; i < POLICY_LANGUAGE_OBJECTS; i++)
        put_object(&policy_language_objects[i], out);
    buffer_append_string(out, "\n### What `match` may ask of a field\n\n| written | meaning |\n|---|---|\n"
                              "| `full`, `[full, partial]` | it is this, or one of these |\n");
    for (size_t i = 0; i < POLICY_OPERATORS_COUNT; i++)
        buffer_printf(out, "| `%s` | %s |\n", policy_operators[i].example, policy_operators[i].explanation);
    buffer_append_string(out, "\nHeader fields, after `header.`: ");
    for (int i = 0; i < POLICY_HEADER_FIELDS_COUNT; i++)
        buffer_printf(out, "%s`%s`", i == 0 ? "" : ", ", policy_header_field_name((enum policy_header_field)i));
    buffer_append_string(out, ".\n");
    return buffer_failed(out);
}
