/* config_dry_run.c - see config_dry_run.h. The decision is policy_route's, asked twice.
 * Groups are few and compared one by one; what lies beyond their number is only counted.
 * In the flow: see config_dry_run.h. */
#include "config_dry_run.h"

#include "cli_words.h"
#include "judged.h"
#include "text.h"

#include <stdlib.h>

/* ---- what changes, in words ---- */

static const struct policy_delivery *find_delivery(const struct policy_decision *decision, const char *system)
{
    for (uint32_t i = 0; i < decision->deliveries_count; i++)
        if (strcmp(decision->deliveries[i].to->id, system) == 0)
            return &decision->deliveries[i];
    return NULL;
}

static void put_part(struct buffer *out, const char *before, const char *text, const char *after)
{
    buffer_printf(out, "%s%s%s%s", out->size > 0 ? "; " : "", before, text, after);
}

/* "portal observes it"; "portal waits for a person: SUSPENDED" */
static void put_outcome(const struct policy_delivery *delivery, struct buffer *out)
{
    bool ok = delivery->outcome == 0;
    const char *does = delivery->observer ? (ok ? _(" observes it") : _(" misses it: "))
                                          : (ok ? _(" gets it") : _(" waits for a person: "));
    put_part(out, delivery->to->id, does, ok ? "" : truc_error_name(delivery->outcome));
}

/* One system that both decisions name. */
static void compare_delivery(const struct policy_delivery *before, const struct policy_delivery *after,
                             struct buffer *out)
{
    if (before->outcome != after->outcome || before->observer != after->observer)
        put_outcome(after, out);
    else if (strcmp(before->route->name, after->route->name) != 0)
        put_part(out, after->to->id, _(" by route "), after->route->name);
}

static void compare_decisions(const struct policy_decision *before, const struct policy_decision *after,
                              struct buffer *out)
{
    for (uint32_t i = 0; i < before->deliveries_count; i++) {
        const struct policy_delivery *was = &before->deliveries[i], *is = find_delivery(after, was->to->id);
        if (is == NULL)
            put_part(out, was->observer ? _("no longer observed by ") : _("no longer to "), was->to->id, "");
        else
            compare_delivery(was, is, out);
    }
    for (uint32_t i = 0; i < after->deliveries_count; i++) {
        const struct policy_delivery *is = &after->deliveries[i];
        if (find_delivery(before, is->to->id) == NULL)
            put_part(out, is->observer ? _("also observed by ") : _("also to "), is->to->id, "");
    }
}

static void put_destinations(const struct policy_decision *decision, struct buffer *out)
{
    buffer_append_string(out, _("accepted"));
    for (uint32_t i = 0; i < decision->deliveries_count; i++)
        buffer_printf(out, "%s%s", i == 0 ? _(", to ") : ", ", decision->deliveries[i].to->id);
}

/* Empty when the proposal changes nothing for the message. */
static void put_change(int was, const struct policy_decision *before, int is, const struct policy_decision *after,
                       struct buffer *out)
{
    if (was == 0 && is == 0)
        compare_decisions(before, after, out);
    else if (was < 0 && is == 0)
        put_destinations(after, out);
    else if (was != is)
        put_part(out, _("refused: "), truc_error_name(is), "");
}

/* The routes that the present decision takes, each once. */
static void put_way(int was, const struct policy_decision *before, struct buffer *out)
{
    for (uint32_t i = 0; was == 0 && i < before->deliveries_count; i++) {
        uint32_t earlier = 0;
        while (before->deliveries[earlier].route != before->deliveries[i].route)
            earlier++;
        if (earlier == i)
            buffer_printf(out, "%s%s", out->size > 0 ? ", " : "", before->deliveries[i].route->name);
    }
}

/* ---- groups ---- */

static struct dry_run_group *find_group(struct dry_run *run, const struct dry_run_group *wanted)
{
    for (size_t i = 0; i < run->groups_count; i++) {
        struct dry_run_group *group = &run->groups[i];
        if (strcmp(group->type, wanted->type) == 0 && strcmp(group->way, wanted->way) == 0 &&
            strcmp(group->change, wanted->change) == 0)
            return group;
    }
    if (run->groups_count == DRY_RUN_GROUPS_MAX)
        return NULL;
    struct dry_run_group *added = &run->groups[run->groups_count++];
    *added = *wanted;
    return added;
}

static void add_to_group(struct dry_run *run, const struct judged *judged, struct bytes way, struct bytes change)
{
    struct dry_run_group wanted = {.count = 0};
    text_copy(wanted.type, sizeof wanted.type, judged->header.type);
    text_copy(wanted.way, sizeof wanted.way, way);
    text_copy(wanted.change, sizeof wanted.change, change);
    struct dry_run_group *group = find_group(run, &wanted);
    run->differ++;
    if (group == NULL) {
        run->others++;
        return;
    }
    group->count++;
    if (group->examples_count == DRY_RUN_EXAMPLES_MAX)
        return;
    group->examples[group->examples_count].position = judged->sequence;
    text_copy(group->examples[group->examples_count++].subject, DRY_RUN_SUBJECT_BYTES, judged->header.subject);
}

/* ---- the run ---- */

static int judge(struct dry_run *run, const struct judged *judged)
{
    struct buffer way BUFFER_CLEANUP = {0}, change BUFFER_CLEANUP = {0};
    struct policy_decision before, after;
    struct truc_fault fault = {0};
    run->messages++;
    if (!judged->has_payload && (judged_asks_payload(judged, run->before) || judged_asks_payload(judged, run->after))) {
        run->not_judged++;
        return 0;
    }
    int was = judged_route(judged, run->before, run->now_ns, &before, &fault);
    int is = judged_route(judged, run->after, run->now_ns, &after, &fault);
    put_change(was, &before, is, &after, &change);
    put_way(was, &before, &way);
    if (buffer_failed(&way) || buffer_failed(&change))
        return TRUC_E_MEMORY;
    if (change.size > 0)
        add_to_group(run, judged, buffer_view(&way), buffer_view(&change));
    return 0;
}

static int visit(void *context, const struct journal_record *record)
{
    struct judged judged;
    if (record->kind != RECORD_ACCEPTED)
        return 0;
    int code = judged_decode(record, &judged, NULL);
    if (code < 0 || judged.header.kind == HEADER_REPLY)
        return code;
    return judge(context, &judged);
}

/* The first record that is not older; records are in the order of their time. */
static int find_since(struct journal *journal, uint64_t since_ns, uint64_t *ret_sequence, struct truc_fault *fault)
{
    struct buffer scratch BUFFER_CLEANUP = {0};
    struct journal_record record;
    uint64_t low = 0, high = journal_next_sequence(journal);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int code = journal_read(journal, middle, 0, &scratch, &record, fault);
        if (code < 0)
            return code;
        if (record.time_ns < since_ns)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_sequence = low;
    return 0;
}

int dry_run_make(struct dry_run *run, struct journal *journal, uint64_t since_ns, struct truc_fault *fault)
{
    uint64_t from = 0;
    run->groups = calloc(DRY_RUN_GROUPS_MAX, sizeof *run->groups);
    if (run->groups == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a dry run"));
    int code = find_since(journal, since_ns, &from, fault);
    return code < 0 ? code : journal_scan(journal, from, JOURNAL_WITH_PAYLOAD, visit, run, fault);
}

void dry_run_free(struct dry_run *run)
{
    free(run->groups);
    *run = (struct dry_run){0};
}
