/* policy_difference.c - comparing two policies by the texts of policy_text.c, in which equal means equal rules.
 * Not: the texts themselves. Lines of one key are paired in their order, so that a change shows before and after.
 * In the flow: see policy_difference.h. */
#include "policy_difference.h"

#include "policy_text.h"

typedef int policy_visit(void *context, const struct policy_change *change);

struct difference {
    const struct policy *before, *after;
    policy_visit *visit;
    void *context;
};

/* ---- lines: "  key              value" ---- */

struct line {
    struct bytes key, value;
};

/* The next line of a text, taken off it; false at the end. */
static bool take_line(struct bytes *text, struct line *ret_line)
{
    if (text->size == 0)
        return false;
    const uint8_t *end = memchr(text->data, '\n', text->size);
    size_t size = end == NULL ? text->size : (size_t)(end - text->data);
    struct bytes line = bytes_of(text->data + POLICY_TEXT_INDENT, size - POLICY_TEXT_INDENT);
    size_t key = line.size < POLICY_TEXT_KEY_WIDTH ? line.size : POLICY_TEXT_KEY_WIDTH, start = key;
    while (key > 0 && line.data[key - 1] == ' ')
        key--;
    while (start < line.size && line.data[start] == ' ')
        start++;
    *ret_line = (struct line){bytes_of(line.data, key), bytes_of(line.data + start, line.size - start)};
    size_t taken = end == NULL ? size : size + 1;
    *text = bytes_of(text->data + taken, text->size - taken);
    return true;
}

static bool holds_line(struct bytes text, const struct line *wanted)
{
    struct line line;
    while (take_line(&text, &line))
        if (bytes_equal(line.key, wanted->key) && bytes_equal(line.value, wanted->value))
            return true;
    return false;
}

/* The n-th line with that key which @other lacks. */
static bool find_lacking(struct bytes text, struct bytes other, struct bytes key, size_t n, struct line *ret_line)
{
    struct line line;
    while (take_line(&text, &line)) {
        if (!bytes_equal(line.key, key) || holds_line(other, &line) || n-- > 0)
            continue;
        *ret_line = line;
        return true;
    }
    return false;
}

static size_t count_lacking(struct bytes text, struct bytes other, struct bytes key, const uint8_t *until)
{
    struct line line;
    size_t count = 0;
    while (take_line(&text, &line) && line.key.data < until)
        count += bytes_equal(line.key, key) && !holds_line(other, &line);
    return count;
}

/* ---- changes ---- */

static bool needs_restart(const char *what, struct bytes key)
{
    return strcmp(what, "bus") == 0 &&
           (bytes_equal_string(key, "listen") || bytes_equal_string(key, "bus") || bytes_equal_string(key, "sandbox"));
}

static int visit_change(const struct difference *difference, struct policy_change change, struct bytes key,
                        struct bytes before, struct bytes after)
{
    change.kind = POLICY_CHANGED;
    change.key = key;
    change.before = before;
    change.after = after;
    change.needs_restart = needs_restart(change.what, key);
    return difference->visit(difference->context, &change);
}

/* Lines gone, each with the line of its key that came in its place; then lines that came in nobody's. */
static int compare_lines(const struct difference *difference, const struct policy_change *object, struct bytes before,
                         struct bytes after)
{
    struct bytes rest = before;
    struct line line, other;
    int code = 0;
    while (code == 0 && take_line(&rest, &line)) {
        if (holds_line(after, &line))
            continue;
        size_t n = count_lacking(before, after, line.key, line.key.data);
        bool paired = find_lacking(after, before, line.key, n, &other);
        code = visit_change(difference, *object, line.key, line.value, paired ? other.value : BYTES_EMPTY);
    }
    rest = after;
    while (code == 0 && take_line(&rest, &line)) {
        size_t n = count_lacking(after, before, line.key, line.key.data);
        if (!holds_line(before, &line) && !find_lacking(before, after, line.key, n, &other))
            code = visit_change(difference, *object, line.key, BYTES_EMPTY, line.value);
    }
    return code;
}

static int compare_texts(const struct difference *difference, const struct policy_change *object, struct buffer *before,
                         struct buffer *after)
{
    int code = buffer_failed(before) != 0 ? buffer_failed(before) : buffer_failed(after);
    return code != 0 ? code : compare_lines(difference, object, buffer_view(before), buffer_view(after));
}

static int visit_object(const struct difference *difference, enum policy_change_kind kind, const char *what,
                        const char *name, const struct policy_place *place, struct buffer *words)
{
    struct policy_change change = {.kind = kind, .what = what, .name = name, .place = place};
    *(kind == POLICY_ADDED ? &change.after : &change.before) = buffer_view(words);
    return buffer_failed(words) ? buffer_failed(words) : difference->visit(difference->context, &change);
}

/* ---- objects ---- */

static int visit_system(const struct difference *difference, enum policy_change_kind kind,
                        const struct policy_system *system)
{
    struct buffer words BUFFER_CLEANUP = {0};
    buffer_append_string(&words, system->title);
    return visit_object(difference, kind, "system", system->id, &system->place, &words);
}

static int compare_systems(const struct difference *difference)
{
    const struct policy *before = difference->before, *after = difference->after;
    int code = 0;
    for (uint32_t i = 0; i < before->systems_count && code == 0; i++)
        if (policy_system_by_id(after, bytes_string(before->systems[i].id)) == NULL)
            code = visit_system(difference, POLICY_REMOVED, &before->systems[i]);
    for (uint32_t i = 0; i < after->systems_count && code == 0; i++) {
        const struct policy_system *system = &after->systems[i];
        const struct policy_system *old = policy_system_by_id(before, bytes_string(system->id));
        struct buffer old_text BUFFER_CLEANUP = {0}, text BUFFER_CLEANUP = {0};
        if (old == NULL) {
            code = visit_system(difference, POLICY_ADDED, system);
            continue;
        }
        policy_text_system(old, &old_text);
        policy_text_system(system, &text);
        const struct policy_change object = {.what = "system", .name = system->id, .place = &system->place};
        code = compare_texts(difference, &object, &old_text, &text);
    }
    return code;
}

static int visit_route(const struct difference *difference, enum policy_change_kind kind,
                       const struct policy_route *route)
{
    struct buffer words BUFFER_CLEANUP = {0};
    policy_text_way(route, &words);
    return visit_object(difference, kind, "route", route->name, &route->place, &words);
}

static int compare_routes(const struct difference *difference)
{
    const struct policy *before = difference->before, *after = difference->after;
    int code = 0;
    for (uint32_t i = 0; i < before->routes_count && code == 0; i++)
        if (policy_route_by_name(after, bytes_string(before->routes[i].name)) == NULL)
            code = visit_route(difference, POLICY_REMOVED, &before->routes[i]);
    for (uint32_t i = 0; i < after->routes_count && code == 0; i++) {
        const struct policy_route *route = &after->routes[i];
        const struct policy_route *old = policy_route_by_name(before, bytes_string(route->name));
        struct buffer old_text BUFFER_CLEANUP = {0}, text BUFFER_CLEANUP = {0};
        if (old == NULL) {
            code = visit_route(difference, POLICY_ADDED, route);
            continue;
        }
        policy_text_route(old, &old_text);
        policy_text_route(route, &text);
        const struct policy_change object = {.what = "route", .name = route->name, .place = &route->place};
        code = compare_texts(difference, &object, &old_text, &text);
    }
    return code;
}

static int visit_agreement(const struct difference *difference, enum policy_change_kind kind,
                           const struct policy_agreement *agreement)
{
    struct buffer words BUFFER_CLEANUP = {0};
    buffer_printf(&words, "%s → %s", agreement->provider->id, agreement->consumer->id);
    for (uint32_t i = 0; i < agreement->types_count; i++)
        buffer_printf(&words, "%s%s", i == 0 ? ": " : ", ", agreement->types[i]);
    return visit_object(difference, kind, "agreement", agreement->name, &agreement->place, &words);
}

static int compare_agreements(const struct difference *difference)
{
    const struct policy *before = difference->before, *after = difference->after;
    int code = 0;
    for (uint32_t i = 0; i < before->agreements_count && code == 0; i++)
        if (policy_agreement_by_name(after, bytes_string(before->agreements[i].name)) == NULL)
            code = visit_agreement(difference, POLICY_REMOVED, &before->agreements[i]);
    for (uint32_t i = 0; i < after->agreements_count && code == 0; i++) {
        const struct policy_agreement *agreement = &after->agreements[i];
        const struct policy_agreement *old = policy_agreement_by_name(before, bytes_string(agreement->name));
        struct buffer old_text BUFFER_CLEANUP = {0}, text BUFFER_CLEANUP = {0};
        if (old == NULL) {
            code = visit_agreement(difference, POLICY_ADDED, agreement);
            continue;
        }
        policy_text_agreement(old, &old_text);
        policy_text_agreement(agreement, &text);
        const struct policy_change object = {.what = "agreement", .name = agreement->name, .place = &agreement->place};
        code = compare_texts(difference, &object, &old_text, &text);
    }
    return code;
}

static int compare_bus(const struct difference *difference)
{
    static const struct policy_change bus = {.what = "bus", .name = ""};
    struct buffer old_text BUFFER_CLEANUP = {0}, text BUFFER_CLEANUP = {0};
    policy_text_bus(difference->before, &old_text);
    policy_text_bus(difference->after, &text);
    return compare_texts(difference, &bus, &old_text, &text);
}

int policy_differ(const struct policy *before, const struct policy *after, policy_visit *visit, void *context)
{
    const struct difference difference = {before, after, visit, context};
    int code = compare_bus(&difference);
    if (code == 0)
        code = compare_systems(&difference);
    if (code == 0)
        code = compare_routes(&difference);
    return code == 0 ? compare_agreements(&difference) : code;
}
