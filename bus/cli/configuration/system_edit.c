/* system_edit.c - see system_edit.h.
 * The YAML reader says where things stand; the text is cut there, and what comes out is read again before anyone may use it.
 * Comments, order and style belong to the people who wrote the file. */
#include "system_edit.h"

#include "cli_words.h"
#include "init_plan.h"
#include "yaml_edit.h"

#include <string.h>

int system_edit_read(struct arena *arena, const char *file, struct bytes content, const char *id,
                     struct yaml_node **ret_root, struct truc_fault *fault)
{
    struct policy_report report = {0};
    int code = yaml_document_read(arena, file, content, &report, ret_root);
    policy_report_free(&report);
    if (code < 0) {
        fault_set(fault, code, _("%s can't be read as YAML"), file);
        return fault_hint(fault, _("truc check says where it is wrong"));
    }
    const struct yaml_node *named = yaml_get(*ret_root, "id");
    if (named == NULL || !bytes_equal_string(named->text, id))
        return fault_set(fault, TRUC_E_CONFIG, _("%s is not the file of the system '%s'"), file, id);
    return 0;
}

/* In front of the first key: on a line of its own, or, where the map is written in braces, behind the brace. */
static void put_new_key(struct buffer *out, struct bytes content, const struct yaml_node *root)
{
    BUFFER_CLEANUP struct buffer text = {0};
    const struct yaml_node *first = root->first;
    bool braces = root->line != first->line || root->column != first->column;
    buffer_append_string(&text, braces ? "suspended: true, " : "suspended: true\n");
    for (uint32_t i = 1; !braces && i < first->column; i++)
        buffer_append_byte(&text, ' ');
    yaml_edit_put(out, content, yaml_edit_offset(content, first->line, first->column), 0, buffer_view(&text));
}

static bool says(const struct yaml_node *root, bool suspended)
{
    const struct yaml_node *value = yaml_get(root, "suspended");
    return value ? bytes_equal_string(value->text, suspended ? "true" : "false") : !suspended;
}

static int edit(struct arena *arena, const char *file, struct bytes content, const char *id, bool suspended,
                struct buffer *edited, struct truc_fault *fault)
{
    struct yaml_node *root = NULL, *after = NULL;
    int code = system_edit_read(arena, file, content, id, &root, fault);
    if (code < 0)
        return code;
    const struct yaml_node *value = yaml_get(root, "suspended");
    if (says(root, suspended))
        buffer_append_bytes(edited, content);
    else if (value)
        yaml_edit_put(edited, content, yaml_edit_offset(content, value->line, value->column), value->text.size,
                      bytes_string(suspended ? "true" : "false"));
    else
        put_new_key(edited, content, root);
    if (buffer_failed(edited))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), file);
    struct truc_fault doubt = {0};
    if (system_edit_read(arena, file, buffer_view(edited), id, &after, &doubt) < 0 || !says(after, suspended)) {
        fault_set(fault, TRUC_E_CONFIG, _("%s is written in a way that can't be changed safely"), file);
        return fault_hint(fault, _("write 'suspended: %s' into it by hand, then truc reload"),
                          suspended ? "true" : "false");
    }
    return 0;
}

int system_edit_suspended(const char *file, struct bytes content, const char *id, bool suspended, struct buffer *out,
                          struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer edited = {0};
    ARENA_CLEANUP struct arena arena = {0};
    int code = edit(&arena, file, content, id, suspended, &edited, fault);
    if (code == 0)
        buffer_append_bytes(out, buffer_view(&edited));
    return code == 0 && buffer_failed(out) ? fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), file) : code;
}

/* ---- a new first entry of a list ---- */

/* The text of an entry, or of its `file`. */
static struct bytes entry_name(const struct yaml_node *entry)
{
    const struct yaml_node *file = entry && entry->kind == YAML_MAP ? yaml_get(entry, "file") : entry;
    return file && file->kind == YAML_TEXT ? file->text : BYTES_EMPTY;
}

static const struct yaml_node *first_entry(const struct yaml_node *list)
{
    return list && list->kind == YAML_LIST ? list->first : list;
}

/* In front of the first entry: behind the bracket, or on a line of its own; a single text becomes a list. */
static void put_first(struct buffer *out, struct bytes content, const struct yaml_node *list, const char *name)
{
    BUFFER_CLEANUP struct buffer text = {0};
    size_t at = yaml_edit_offset(content, list->line, list->column);
    bool dashes = list->kind == YAML_LIST && at < content.size && content.data[at] == '-';
    if (list->kind == YAML_TEXT) {
        buffer_printf(&text, "[%s, ", name);
        buffer_append_bytes(&text, list->text);
        buffer_append_byte(&text, ']');
        yaml_edit_put(out, content, at, list->text.size, buffer_view(&text));
        return;
    }
    buffer_printf(&text, dashes ? "- %s\n" : "%s, ", name);
    for (uint32_t i = 1; dashes && i < list->column; i++)
        buffer_append_byte(&text, ' ');
    if (!dashes)
        at = yaml_edit_offset(content, list->first->line, list->first->column);
    yaml_edit_put(out, content, at, 0, buffer_view(&text));
}

/* *edited gets the file with `name` first under `key`. What was there must be there still, one place further. */
static int edit_list(struct arena *arena, const char *file, struct bytes content, const char *id, const char *key,
                     const char *name, struct buffer *edited, struct truc_fault *fault)
{
    struct yaml_node *root = NULL, *after = NULL;
    int code = system_edit_read(arena, file, content, id, &root, fault);
    if (code < 0)
        return code;
    const struct yaml_node *list = yaml_get(root, key), *before = first_entry(list);
    if (before == NULL)
        return fault_set(fault, TRUC_E_CONFIG, _("%s: nothing is under '%s'"), file, key);
    put_first(edited, content, list, name);
    if (buffer_failed(edited))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), file);
    struct truc_fault doubt = {0};
    code = system_edit_read(arena, file, buffer_view(edited), id, &after, &doubt);
    const struct yaml_node *now = code == 0 ? first_entry(yaml_get(after, key)) : NULL;
    if (now && bytes_equal_string(now->text, name) && bytes_equal(entry_name(now->next), entry_name(before)))
        return 0;
    fault_set(fault, TRUC_E_CONFIG, _("%s is written in a way that can't be changed safely"), file);
    return fault_hint(fault, _("put '%s' first under '%s' by hand, then truc issue %s"), name, key, id);
}

static int edit_keys(struct arena *arena, const char *file, struct bytes content, const char *id,
                     const struct system_key_files *names, struct buffer *edited, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer half = {0};
    struct yaml_node *root = NULL;
    int code = system_edit_read(arena, file, content, id, &root, fault);
    if (code < 0)
        return code;
    bool transport = init_is_key_file(entry_name(first_entry(yaml_get(root, "transport-keys"))));
    bool signs = first_entry(yaml_get(root, "certificates")) != NULL;
    if (!transport && !signs) {
        fault_set(fault, TRUC_E_CONFIG, _("%s names no file of a key: '%s' makes its keys itself"), file, id);
        return fault_hint(fault, _("ask it for its new public key, and put that first under 'transport-keys'"));
    }
    if (transport)
        code = edit_list(arena, file, content, id, "transport-keys", names->public_key, signs ? &half : edited, fault);
    if (code == 0 && signs)
        code = edit_list(arena, file, transport ? buffer_view(&half) : content, id, "certificates", names->certificate,
                         edited, fault);
    return code;
}

int system_edit_new_keys(const char *file, struct bytes content, const char *id, const struct system_key_files *names,
                         struct buffer *out, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer edited = {0};
    ARENA_CLEANUP struct arena arena = {0};
    int code = edit_keys(&arena, file, content, id, names, &edited, fault);
    if (code == 0)
        buffer_append_bytes(out, buffer_view(&edited));
    return code == 0 && buffer_failed(out) ? fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), file) : code;
}
