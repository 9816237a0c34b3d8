/* policy_difference.c - what a new configuration changes, object by object and line by line.
 * Not: whether it may come into force; a policy that was loaded is right. Compares the texts of policy_text.c, in which
 * equal means equal rules, so that a moved line or a new comment is no change.
 * In the flow: see policy_text.h. */
#include "policy_text.h"

struct difference {
    struct buffer *out;
    struct policy_difference counts;
};

static void object_line(struct difference *difference, char sign, const char *kind, const char *name,
                        const struct policy_place *place)
{
    buffer_printf(difference->out, "%c %s%s%s", sign, kind, name[0] == 0 ? "" : " ", name);
    if (place != NULL)
        buffer_printf(difference->out, "  %s:%u", place->file, place->line);
    buffer_append_byte(difference->out, '\n');
    difference->counts.added += sign == '+';
    difference->counts.removed += sign == '-';
    difference->counts.changed += sign == '~';
}

/* The next line of a text, with its end, taken off it; empty at the end. */
static struct bytes take_line(struct bytes *text)
{
    const uint8_t *end = text->size > 0 ? memchr(text->data, '\n', text->size) : NULL;
    size_t size = end == NULL ? text->size : (size_t)(end - text->data) + 1;
    struct bytes line = bytes_of(text->data, size);
    *text = bytes_of(text->data + size, text->size - size);
    return line;
}

static bool holds_line(struct bytes text, struct bytes wanted)
{
    while (text.size > 0)
        if (bytes_equal(take_line(&text), wanted))
            return true;
    return false;
}

/* The lines of `text` that `other` lacks. */
static void print_lacking(struct difference *difference, char sign, struct bytes text, struct bytes other)
{
    while (text.size > 0) {
        struct bytes line = take_line(&text);
        if (!holds_line(other, line))
            buffer_printf(difference->out, "    %c %.*s", sign, (int)(line.size - 2), (const char *)line.data + 2);
    }
}

static int compare_texts(struct difference *difference, const char *kind, const char *name,
                         const struct policy_place *place, struct buffer *before, struct buffer *after)
{
    int error = buffer_failed(before) != 0 ? buffer_failed(before) : buffer_failed(after);
    if (error != 0 || bytes_equal(buffer_view(before), buffer_view(after)))
        return error;
    object_line(difference, '~', kind, name, place);
    print_lacking(difference, '-', buffer_view(before), buffer_view(after));
    print_lacking(difference, '+', buffer_view(after), buffer_view(before));
    return 0;
}

static int compare_systems(struct difference *difference, const struct policy *before, const struct policy *after)
{
    int error = 0;
    for (uint32_t i = 0; i < before->systems_count; i++)
        if (policy_system_by_id(after, bytes_string(before->systems[i].id)) == NULL)
            object_line(difference, '-', "system", before->systems[i].id, &before->systems[i].place);
    for (uint32_t i = 0; i < after->systems_count && error == 0; i++) {
        const struct policy_system *system = &after->systems[i];
        const struct policy_system *old = policy_system_by_id(before, bytes_string(system->id));
        if (old == NULL) {
            object_line(difference, '+', "system", system->id, &system->place);
            continue;
        }
        struct buffer old_text BUFFER_CLEANUP = {0}, text BUFFER_CLEANUP = {0};
        policy_text_system(old, &old_text);
        policy_text_system(system, &text);
        error = compare_texts(difference, "system", system->id, &system->place, &old_text, &text);
    }
    return error;
}

static int compare_routes(struct difference *difference, const struct policy *before, const struct policy *after)
{
    int error = 0;
    for (uint32_t i = 0; i < before->routes_count; i++)
        if (policy_route_by_name(after, bytes_string(before->routes[i].name)) == NULL)
            object_line(difference, '-', "route", before->routes[i].name, &before->routes[i].place);
    for (uint32_t i = 0; i < after->routes_count && error == 0; i++) {
        const struct policy_route *route = &after->routes[i];
        const struct policy_route *old = policy_route_by_name(before, bytes_string(route->name));
        if (old == NULL) {
            object_line(difference, '+', "route", route->name, &route->place);
            continue;
        }
        struct buffer old_text BUFFER_CLEANUP = {0}, text BUFFER_CLEANUP = {0};
        policy_text_route(old, &old_text);
        policy_text_route(route, &text);
        error = compare_texts(difference, "route", route->name, &route->place, &old_text, &text);
    }
    return error;
}

static int compare_agreements(struct difference *difference, const struct policy *before, const struct policy *after)
{
    int error = 0;
    for (uint32_t i = 0; i < before->agreements_count; i++)
        if (policy_agreement_by_name(after, bytes_string(before->agreements[i].name)) == NULL)
            object_line(difference, '-', "agreement", before->agreements[i].name, &before->agreements[i].place);
    for (uint32_t i = 0; i < after->agreements_count && error == 0; i++) {
        const struct policy_agreement *agreement = &after->agreements[i];
        const struct policy_agreement *old = policy_agreement_by_name(before, bytes_string(agreement->name));
        if (old == NULL) {
            object_line(difference, '+', "agreement", agreement->name, &agreement->place);
            continue;
        }
        struct buffer old_text BUFFER_CLEANUP = {0}, text BUFFER_CLEANUP = {0};
        policy_text_agreement(old, &old_text);
        policy_text_agreement(agreement, &text);
        error = compare_texts(difference, "agreement", agreement->name, &agreement->place, &old_text, &text);
    }
    return error;
}

static int compare_limits(struct difference *difference, const struct policy *before, const struct policy *after)
{
    struct buffer old_text BUFFER_CLEANUP = {0}, text BUFFER_CLEANUP = {0};
    policy_text_limits(before, &old_text);
    policy_text_limits(after, &text);
    return compare_texts(difference, "bus", "", NULL, &old_text, &text);
}

int policy_text_difference(const struct policy *before, const struct policy *after, struct buffer *out,
                           struct policy_difference *ret_difference)
{
    struct difference difference = {.out = out};
    int error = compare_limits(&difference, before, after);
    if (error == 0)
        error = compare_systems(&difference, before, after);
    if (error == 0)
        error = compare_routes(&difference, before, after);
    if (error == 0)
        error = compare_agreements(&difference, before, after);
    if (error == 0)
        error = buffer_failed(out);
    if (error == 0)
        *ret_difference = difference.counts;
    return error;
}
