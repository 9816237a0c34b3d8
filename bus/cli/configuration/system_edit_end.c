/* system_edit_end.c - ends a system's older keys in its file: see system_edit_end_keys in system_edit.h.
 * One change at a time, each made in a file that was read anew, until none is left to make.
 * Beside system_edit.c. */
#include "cli_words.h"
#include "system_edit.h"

#include "time_text.h"
#include "yaml_edit.h"

enum { CHANGES_MAX = 100 /* more than there may be keys */ };

struct ending {
    const char *file, *id, *since;
    uint64_t since_ns;
    unsigned changes;
};

static const struct yaml_node *last_of(const struct yaml_node *list)
{
    const struct yaml_node *node = list->first;
    while (node->next)
        node = node->next;
    return node;
}

/* All but the first text of a list: in brackets up to the last, else whole lines. */
static void put_only_first(struct buffer *out, struct bytes content, const struct yaml_node *list)
{
    size_t from = yaml_edit_end(content, list->first), until = yaml_edit_end(content, last_of(list));
    if (content.data[yaml_edit_begin(content, list)] != '[') {
        from = yaml_edit_line_end(content, from);
        until = yaml_edit_line_end(content, until);
    }
    yaml_edit_put(out, content, from, until - from, BYTES_EMPTY);
}

static void put_revoked_text(struct buffer *out, struct bytes content, const struct yaml_node *name, const char *since)
{
    BUFFER_CLEANUP struct buffer text = {0};
    size_t at = yaml_edit_begin(content, name), size = yaml_edit_end(content, name) - at;
    buffer_append_string(&text, "{file: ");
    buffer_append_bytes(&text, bytes_of(content.data + at, size));
    buffer_printf(&text, ", revoked: %s}", since);
    yaml_edit_put(out, content, at, size, buffer_view(&text));
}

/* In front of the map's first key. */
static void put_revoked_key(struct buffer *out, struct bytes content, const struct yaml_node *map, const char *since)
{
    BUFFER_CLEANUP struct buffer text = {0};
    bool braces = content.data[yaml_edit_begin(content, map)] == '{';
    buffer_printf(&text, braces ? "revoked: %s, " : "revoked: %s\n", since);
    for (uint32_t i = 1; !braces && i < map->first->column; i++)
        buffer_append_byte(&text, ' ');
    yaml_edit_put(out, content, yaml_edit_begin(content, map->first), 0, buffer_view(&text));
}

/* What is written there is no earlier: the end it has would come too late. */
static bool ends_later(const struct yaml_node *revoked, uint64_t since_ns)
{
    uint64_t written_ns;
    return revoked->kind == YAML_TEXT && time_parse_rfc3339(revoked->text, &written_ns) == 0 && written_ns > since_ns;
}

/* Makes one entry end, when it does not yet: 1. */
static int end_certificate(const struct ending *ending, struct bytes content, const struct yaml_node *entry,
                           struct buffer *out)
{
    const struct yaml_node *revoked = entry->kind == YAML_MAP ? yaml_get(entry, "revoked") : NULL;
    if (revoked && !ends_later(revoked, ending->since_ns))
        return 0;
    if (revoked) {
        size_t at = yaml_edit_begin(content, revoked);
        yaml_edit_put(out, content, at, yaml_edit_end(content, revoked) - at, bytes_string(ending->since));
    } else if (entry->kind == YAML_MAP) {
        put_revoked_key(out, content, entry, ending->since);
    } else {
        put_revoked_text(out, content, entry, ending->since);
    }
    return 1;
}

/* One change more: 1 with the changed file in `out`, 0 when everything is as wanted. */
static int step(const struct ending *ending, struct bytes content, struct buffer *out, struct truc_fault *fault)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct yaml_node *root = NULL;
    int code = system_edit_read(&arena, ending->file, content, ending->id, &root, fault);
    if (code < 0)
        return code;
    const struct yaml_node *keys = yaml_get(root, "transport-keys"), *certificates = yaml_get(root, "certificates");
    if (keys && keys->kind == YAML_LIST && keys->count > 1) {
        put_only_first(out, content, keys);
        return 1;
    }
    if (certificates && certificates->kind == YAML_LIST && certificates->first)
        for (const struct yaml_node *entry = certificates->first->next; entry; entry = entry->next)
            if (end_certificate(ending, content, entry, out))
                return 1;
    return 0;
}

static int end_all(struct ending *ending, struct buffer *content, struct truc_fault *fault)
{
    int code = 1;
    while (code == 1 && ending->changes < CHANGES_MAX) {
        BUFFER_CLEANUP struct buffer next = {0};
        code = step(ending, buffer_view(content), &next, fault);
        if (code == 1) {
            buffer_clear(content);
            buffer_append_bytes(content, buffer_view(&next));
            ending->changes++;
        }
        if (code >= 0 && (buffer_failed(&next) || buffer_failed(content)))
            return fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), ending->file);
    }
    return code;
}

/* The key that holds from now on, as the file says it. */
static struct bytes first_key(const struct yaml_node *root)
{
    const struct yaml_node *keys = yaml_get(root, "transport-keys");
    const struct yaml_node *first = keys && keys->kind == YAML_LIST ? keys->first : keys;
    return first && first->kind == YAML_TEXT ? first->text : BYTES_EMPTY;
}

/* A text in a style of its own may end elsewhere than it seems to, and what is left of it join the one before. */
static int check_first_key(const struct ending *ending, struct bytes before, struct bytes after,
                           struct truc_fault *fault)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct yaml_node *was = NULL, *is = NULL;
    int code = system_edit_read(&arena, ending->file, before, ending->id, &was, fault);
    if (code == 0)
        code = system_edit_read(&arena, ending->file, after, ending->id, &is, fault);
    return code < 0 || bytes_equal(first_key(was), first_key(is)) ? code : TRUC_E_CONFIG;
}

int system_edit_end_keys(const char *file, struct bytes content, const char *id, const char *since, struct buffer *out,
                         struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer edited = {0};
    struct truc_fault doubt = {0};
    struct ending ending = {.file = file, .id = id, .since = since};
    if (time_parse_rfc3339(bytes_string(since), &ending.since_ns) < 0)
        return fault_set(fault, TRUC_E_ARGUMENT, _("'%s' is no time"), since);
    buffer_append_bytes(&edited, content);
    int code = end_all(&ending, &edited, &doubt);
    if (code == 0)
        code = check_first_key(&ending, content, buffer_view(&edited), &doubt);
    if (code == TRUC_E_MEMORY || (code < 0 && ending.changes == 0)) {
        *fault = doubt;
        return code;
    }
    if (code != 0) {
        fault_set(fault, TRUC_E_CONFIG, _("%s is written in a way that can't be changed safely"), file);
        return fault_hint(fault,
                          _("by hand: leave only the first transport key, and write {file: …, revoked: %s} for "
                            "every certificate but the first; then truc reload"),
                          since);
    }
    if (ending.changes == 0) {
        fault_set(fault, TRUC_E_STATE, _("'%s' has no older key that holds"), id);
        return fault_hint(fault, _("truc system show %s has its keys; truc system rotate-key makes new ones"), id);
    }
    buffer_append_bytes(out, buffer_view(&edited));
    return buffer_failed(out) ? fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), file) : 0;
}
