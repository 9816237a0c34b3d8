/* demo_view.c - draws the bus at work.
 * Vietnamese numbers (58.120) and GMT+7 for people; colours only on a terminal.
 * See demo_view.h. */
#include "demo_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value))
        return strtoull(json_string_value(value), NULL, 10); /* 64-bit numbers travel as text */
    return json_is_integer(value) && json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

/* 58120 → 58.120 */
static const char *grouped(uint64_t value, char out[32])
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value), at = 0;
    for (int i = 0; i < size; i++) {
        if (i && (size - i) % 3 == 0)
            out[at++] = '.';
        out[at++] = digits[i];
    }
    out[at] = 0;
    return out;
}

static void print_event(const struct feed_event *event, bool colours)
{
    bool refused = event->code[0] != 0;
    const char *on = colours && refused ? "\033[33m" : "", *off = colours && refused ? "\033[0m" : "";
    if (refused)
        printf("  %-13s %srefused %-12s %s → %s  %s  %s%s\n", event->clock, on, event->code, event->sender,
               event->destinations[0] ? event->destinations : "·", event->type, event->text, off);
    else
        printf("  %-13s %s → %-28s %-24s %s\n", event->clock, event->sender, event->destinations, event->type, event->subject);
}

static void print_queue(const json_t *queue)
{
    char waiting[32], done[32];
    bool connected = json_is_true(json_object_get(queue, "connected"));
    printf("  %-16s %-9s waiting %-8s done %-10s retrying %llu · dead %llu", text(queue, "system"), connected ? "connected" : "away",
           grouped(number(queue, "waiting"), waiting), grouped(number(queue, "done"), done),
           (unsigned long long)number(queue, "retrying"), (unsigned long long)number(queue, "dead"));
    if (!connected)
        printf("  down %llu s", (unsigned long long)(number(queue, "away_ms") / 1000));
    printf("\n");
}

static void print_queues(const json_t *status)
{
    const json_t *queues = json_object_get(status, "queues");
    for (size_t i = 0; i < json_array_size(queues); i++)
        print_queue(json_array_get(queues, i));
}

static void update_rate(struct view *view, const json_t *status, uint64_t running_ms)
{
    uint64_t accepted = number(status, "accepted");
    uint64_t span_ms = running_ms - view->time_before_ms;
    if (span_ms > 0)
        view->rate = (accepted - view->accepted_before) * 1000 / span_ms;
    view->accepted_before = accepted;
    view->time_before_ms = running_ms;
}

static void print_totals(const struct view *view, const json_t *status, uint64_t running_ms)
{
    char accepted[32], refused[32], records[32];
    printf("Trục · %s · up %02llu:%02llu:%02llu · journal %s records%s%s\n\n", text(status, "bus"), (unsigned long long)(running_ms / 3600000),
           (unsigned long long)(running_ms / 60000 % 60), (unsigned long long)(running_ms / 1000 % 60),
           grouped(number(status, "records"), records), json_is_true(json_object_get(status, "blocked")) ? " · BLOCKED: " : "",
           text(status, "blocked_text"));
    printf("  messages/s %-6llu accepted %-10s refused %-8s questions open %llu\n\n", (unsigned long long)view->rate,
           grouped(number(status, "accepted"), accepted), grouped(number(status, "refused"), refused),
           (unsigned long long)number(status, "requests_open"));
}

void view_show(struct view *view, const json_t *status, const struct feed *feed, uint64_t running_ms)
{
    update_rate(view, status, running_ms);
    if (!view->terminal) { /* a log: only what is new, at most what is kept */
        uint64_t from = feed->seen - view->shown > FEED_KEPT ? feed->seen - FEED_KEPT : view->shown;
        for (; from < feed->seen; from++)
            print_event(&feed->kept[from % FEED_KEPT], false);
        view->shown = feed->seen;
        fflush(stdout);
        return;
    }
    printf("\033[H\033[J");
    print_totals(view, status, running_ms);
    print_queues(status);
    printf("\n");
    for (uint64_t i = feed->seen > FEED_KEPT ? feed->seen - FEED_KEPT : 0; i < feed->seen; i++)
        print_event(&feed->kept[i % FEED_KEPT], true);
    printf("\n  Ctrl-C stops everything\n");
    fflush(stdout);
}

uint64_t view_waiting(const json_t *status)
{
    const json_t *queues = json_object_get(status, "queues");
    uint64_t waiting = 0;
    for (size_t i = 0; i < json_array_size(queues); i++)
        waiting += number(json_array_get(queues, i), "waiting");
    return waiting;
}

static void print_pairs(const json_t *object, const char *none)
{
    const char *key;
    const json_t *value;
    bool any = false;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        printf("%s%s: %lld", any ? ", " : "", key, (long long)json_integer_value(value));
        any = true;
    }
    printf("%s", any ? "" : none);
}

/* What was posted on purpose, what the portal's adapter answered, and the status in which the dossiers ended. */
static void print_classes(const json_t *account)
{
    const char *name;
    const json_t *entry;
    printf("\n  dossiers posted    answered                       ended with status\n");
    json_object_foreach(json_object_get(account, "classes"), name, entry)
    {
        const json_t *ended = json_object_get(entry, "ended");
        printf("  %-18s ", name);
        print_pairs(json_object_get(entry, "answers"), "-");
        printf("%s", json_object_size(ended) ? "  →  " : "");
        print_pairs(ended, "");
        printf("\n");
    }
    printf("\n  dossiers that reached a status at the portal: ");
    print_pairs(json_object_get(account, "statuses-at-portal"), "none");
    printf("\n");
}

/* Lists that must be empty; prints what is in them and returns how much. */
static uint64_t print_troubles(const json_t *account)
{
    static const char *const lists[] = {"unfinished", "doubled", "leaked", "out-of-order", "unexpected"};
    uint64_t troubles = 0;
    printf("  ");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        uint64_t count = number(json_object_get(account, lists[i]), "count");
        printf("%s%s %llu", i ? " · " : "", lists[i], (unsigned long long)count);
        troubles += count;
    }
    printf("\n");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const json_t *names = json_object_get(json_object_get(account, lists[i]), "names");
        for (size_t at = 0; at < json_array_size(names); at++)
            printf("  %s: %s\n", lists[i], json_string_value(json_array_get(names, at)));
    }
    return troubles;
}

uint64_t view_account(const json_t *status, const json_t *account, const struct feed *feed)
{
    char first[32], second[32], third[32];
    printf("\n  The bus took %s messages and refused %s; the journal has %s records.\n\n", grouped(number(status, "accepted"), first),
           grouped(number(status, "refused"), second), grouped(number(status, "records"), third));
    print_queues(status);
    for (size_t i = 0; i < feed->codes_count; i++)
        printf("  refused %-16s %llu\n", feed->codes[i].code, (unsigned long long)feed->codes[i].count);
    print_classes(account);
    return view_waiting(status) + print_troubles(account);
}
