/* kill9_judge.c - sorting and comparing.
 * Each rule is one pass over sorted lines.
 * See kill9_judge.h. */
#include "kill9_judge.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct record_line *)a)->id, ((const struct record_line *)b)->id);
}

static int by_time(const void *a, const void *b)
{
    const struct record_line *one = a, *other = b;
    return (one->time_ns > other->time_ns) - (one->time_ns < other->time_ns);
}

struct placed {
    const struct record_line *line;
    size_t sender_size;
    size_t place; /* in the order of effects */
};

static int by_key_then_place(const void *a, const void *b)
{
    const struct placed *one = a, *other = b;
    size_t size = one->sender_size < other->sender_size ? one->sender_size : other->sender_size;
    int order = strncmp(one->line->id, other->line->id, size + 1); /* with the dash: no sender begins like another */
    if (order == 0)
        order = strcmp(one->line->key, other->line->key);
    return order ? order : (one->place > other->place) - (one->place < other->place);
}

static void note(struct kill9_verdict *verdict, const char *what, const char *id)
{
    if (verdict->first[0] == 0)
        (void)snprintf(verdict->first, sizeof verdict->first, "%s: %s", what, id);
}

static int check_order(const struct record_line *effects, size_t count, struct kill9_verdict *verdict)
{
    struct placed *placed = calloc(count + 1, sizeof *placed);
    if (placed == NULL)
        return TRUC_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        placed[i] = (struct placed){.line = &effects[i], .sender_size = strcspn(effects[i].id, "-"), .place = i};
    qsort(placed, count, sizeof *placed, by_key_then_place);
    for (size_t i = 1; i < count; i++) {
        const struct record_line *before = placed[i - 1].line, *line = placed[i].line;
        bool same = placed[i - 1].sender_size == placed[i].sender_size &&
                    strncmp(before->id, line->id, placed[i].sender_size + 1) == 0 &&
                    strcmp(before->key, line->key) == 0;
        if (same && record_number(line->id) < record_number(before->id)) {
            verdict->out_of_order++;
            note(verdict, "out of order", line->id);
        }
    }
    free(placed);
    return 0;
}

static void check_stops(struct record_line *acknowledged, size_t count, struct kill9_verdict *verdict)
{
    qsort(acknowledged, count, sizeof *acknowledged, by_time);
    for (size_t i = 1; i < count; i++)
        if (acknowledged[i].time_ns - acknowledged[i - 1].time_ns > verdict->longest_stop_ns)
            verdict->longest_stop_ns = acknowledged[i].time_ns - acknowledged[i - 1].time_ns;
}

/* The lines of one id lie together: [from, the returned index). */
static size_t end_of_id(const struct record_line *lines, size_t count, size_t from)
{
    size_t end = from + 1;
    while (end < count && strcmp(lines[end].id, lines[from].id) == 0)
        end++;
    return end;
}

static void compare(const struct record_line *acknowledged, size_t acknowledged_count,
                    const struct record_line *effects, size_t effects_count, struct kill9_verdict *verdict)
{
    size_t a = 0, e = 0;
    while (a < acknowledged_count || e < effects_count) {
        int order = a == acknowledged_count ? 1 : e == effects_count ? -1 : strcmp(acknowledged[a].id, effects[e].id);
        size_t a_end = order <= 0 ? end_of_id(acknowledged, acknowledged_count, a) : a;
        size_t e_end = order >= 0 ? end_of_id(effects, effects_count, e) : e;
        if (order < 0) {
            verdict->lost++;
            note(verdict, "lost", acknowledged[a].id);
        } else if (order > 0) {
            verdict->unexplained++;
            note(verdict, "never acknowledged", effects[e].id);
        } else if (acknowledged[a].sequence != effects[e].sequence ||
                   strcmp(acknowledged[a].key, effects[e].key) != 0) {
            verdict->unexplained++;
            note(verdict, "not what was acknowledged", effects[e].id);
        }
        if (a_end > a + 1) {
            verdict->unexplained++;
            note(verdict, "acknowledged twice", acknowledged[a].id);
        }
        if (e_end > e + 1) {
            verdict->doubled += e_end - e - 1;
            note(verdict, "doubled", effects[e].id);
        }
        a = a_end;
        e = e_end;
    }
}

int kill9_judge(struct record_line *acknowledged, size_t acknowledged_count, struct record_line *effects,
                size_t effects_count, struct kill9_verdict *ret_verdict)
{
    struct kill9_verdict verdict = {.acknowledged = acknowledged_count, .effects = effects_count};
    if (check_order(effects, effects_count, &verdict) < 0)
        return TRUC_E_MEMORY;
    if (acknowledged_count > 0) {
        check_stops(acknowledged, acknowledged_count, &verdict);
        qsort(acknowledged, acknowledged_count, sizeof *acknowledged, by_id);
    }
    if (effects_count > 0)
        qsort(effects, effects_count, sizeof *effects, by_id);
    compare(acknowledged, acknowledged_count, effects, effects_count, &verdict);
    *ret_verdict = verdict;
    return 0;
}
