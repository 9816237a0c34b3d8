/* demo_view.c - draws the bus at work.
 * Vietnamese numbers (58.120) and GMT+7 for people; colours only on a terminal.
 * See demo_view.h. */
#include "demo_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    WAY_COLUMNS = 34,
    TYPE_COLUMNS = 24,
    SCREEN_FIXED_ROWS = 10, /* all but queues and events */
    ROWS_OTHERWISE = 30,
};

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

/* Prints text and fills up with blanks to so many columns: characters, which in Vietnamese are not bytes. */
static void print_padded(const char *value, size_t columns)
{
    size_t used = 0;
    for (const char *at = value; *at; at++)
        used += ((unsigned char)*at & 0xC0) != 0x80;
    printf("%s%*s", value, (int)(used < columns ? columns - used : 0), "");
}

static void print_way(const struct feed_event *event)
{
    char way[sizeof event->sender + sizeof event->destinations + 8];
    (void)snprintf(way, sizeof way, "%s → %s", event->sender, event->destinations[0] ? event->destinations : "·");
    print_padded(way, WAY_COLUMNS);
    printf("  ");
    print_padded(event->type, TYPE_COLUMNS);
}

static void print_event(const struct feed_event *event, bool colours)
{
    bool plain = event->kind == FEED_MOVED || !colours;
    printf("  %s%s  ", plain ? "" : "\033[33m", event->clock);
    switch (event->kind) {
    case FEED_MOVED:
        print_way(event);
        printf("  %s", event->subject);
        break;
    case FEED_REFUSED:
        print_way(event);
        printf("  refused %s: %s", event->code, event->text);
        break;
    case FEED_ANSWERED:
        printf("%s's adapter answered %s to dossier %s (%s)", event->sender, event->code, event->subject, event->type);
        break;
    case FEED_DOWN:
        printf("the far side of %s goes down for a while, on purpose", event->sender);
        break;
    case FEED_UP:
        printf("the far side of %s is up again", event->sender);
        break;
    }
    printf("%s\n", plain ? "" : "\033[0m");
}

static void print_queue(const json_t *queue, const struct feed *feed)
{
    char waiting[32], retrying[32], done[32], dead[32];
    const char *system = text(queue, "system");
    bool connected = json_is_true(json_object_get(queue, "connected"));
    printf("  %-16s %-9s %9s %9s %9s %9s", system, connected ? "connected" : "away",
           grouped(number(queue, "waiting"), waiting), grouped(number(queue, "retrying"), retrying),
           grouped(number(queue, "done"), done), grouped(number(queue, "dead"), dead));
    if (!connected)
        printf("   away for %llu s", (unsigned long long)(number(queue, "away_ms") / 1000));
    if (feed_is_down(feed, system))
        printf("   its far side is down, on purpose");
    printf("\n");
}

static size_t print_queues(const json_t *status, const struct feed *feed)
{
    const json_t *queues = json_object_get(status, "queues");
    printf("  %-16s %-9s %9s %9s %9s %9s\n", "system", "adapter", "waiting", "retrying", "done", "dead");
    for (size_t i = 0; i < json_array_size(queues); i++)
        print_queue(json_array_get(queues, i), feed);
    return json_array_size(queues) + 1;
}

/* "  refused by the bus   NO_ROUTE × 5" */
static void print_counts(const char *title, const struct feed_counts *counts)
{
    printf("  %s  ", title);
    for (size_t i = 0; i < counts->count; i++)
        printf("%s%s × %llu", i ? ", " : "", counts->all[i].name, (unsigned long long)counts->all[i].count);
    printf("%s\n", counts->count ? "" : "none yet");
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
    printf("Trục · %s · config %.6s · journal %s records · up %02llu:%02llu:%02llu%s%s\n\n", text(status, "bus"),
           text(status, "configuration"), grouped(number(status, "records"), records),
           (unsigned long long)(running_ms / 3600000), (unsigned long long)(running_ms / 60000 % 60),
           (unsigned long long)(running_ms / 1000 % 60),
           json_is_true(json_object_get(status, "blocked")) ? " · BLOCKED: " : "", text(status, "blocked_text"));
    printf("  messages/s %-6llu accepted %-10s refused %-8s questions open %llu\n\n", (unsigned long long)view->rate,
           grouped(number(status, "accepted"), accepted), grouped(number(status, "refused"), refused),
           (unsigned long long)number(status, "requests_open"));
}

static size_t terminal_rows(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : ROWS_OTHERWISE;
}

/* The newest events, as many as there is room for. */
static void print_events(const struct feed *feed, size_t room)
{
    uint64_t shown = feed->seen < room ? feed->seen : room;
    for (uint64_t i = feed->seen - shown; i < feed->seen; i++)
        print_event(&feed->kept[i % FEED_KEPT], true);
}

static void show_screen(const struct view *view, const json_t *status, const struct feed *feed, uint64_t running_ms)
{
    printf("\033[?7l\033[H\033[J"); /* lines too long for the screen are cut, not wrapped */
    print_totals(view, status, running_ms);
    size_t used = SCREEN_FIXED_ROWS + print_queues(status, feed), rows = terminal_rows();
    printf("\n");
    print_counts("refused by the bus       ", &feed->refused);
    print_counts("answered by the adapters ", &feed->answered);
    printf("\n");
    size_t room = rows > used ? rows - used : 1;
    print_events(feed, room < FEED_KEPT ? room : FEED_KEPT);
    printf("\n  Ctrl-C stops everything\r\033[?7h");
}

/* A log: only what is new, at most what is kept; how many more there were is said. */
static void show_lines(struct view *view, const struct feed *feed)
{
    if (feed->seen - view->shown > FEED_KEPT) {
        printf("  … %llu more\n", (unsigned long long)(feed->seen - view->shown - FEED_KEPT));
        view->shown = feed->seen - FEED_KEPT;
    }
    for (; view->shown < feed->seen; view->shown++)
        print_event(&feed->kept[view->shown % FEED_KEPT], false);
}

void view_show(struct view *view, const json_t *status, const struct feed *feed, uint64_t running_ms)
{
    update_rate(view, status, running_ms);
    if (view->terminal)
        show_screen(view, status, feed, running_ms);
    else
        show_lines(view, feed);
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
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        printf("%s%s × %lld", any ? ", " : "", key, (long long)json_integer_value(value));
        any = true;
    }
    printf("%s", any ? "" : none);
}

/* What was posted on purpose, what the portal's adapter answered, and the status in which the dossiers ended. */
static void print_classes(const json_t *account)
{
    const char *name;
    const json_t *entry;
    printf("\n  posted as         answered, then ended with status\n");
    json_object_foreach(json_object_get(account, "classes"), name, entry) {
        const json_t *ended = json_object_get(entry, "ended");
        printf("  %-16s  ", name);
        print_pairs(json_object_get(entry, "answers"), "none posted");
        printf("%s", json_object_size(ended) ? "  →  " : "");
        print_pairs(ended, "");
        printf("\n");
    }
    printf("\n  statuses that reached the portal: ");
    print_pairs(json_object_get(account, "statuses-at-portal"), "none");
    printf("\n");
}

/* A dead letter is named by the broker: it waits for a person, so it is not accounted for. */
static uint64_t dead_letters(const json_t *status)
{
    const json_t *queues = json_object_get(status, "queues");
    uint64_t dead = 0;
    for (size_t i = 0; i < json_array_size(queues); i++)
        dead += number(json_array_get(queues, i), "dead");
    return dead;
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
    char accepted[32], refused[32], records[32];
    const json_t *answer = json_object_get(account, "answer-us");
    printf("\n\n  The bus took %s messages and refused %s; its journal has %s records.\n",
           grouped(number(status, "accepted"), accepted), grouped(number(status, "refused"), refused),
           grouped(number(status, "records"), records));
    printf("  A posted dossier was answered, safe on disk, after %.1f ms (median), %.1f ms (p99).\n\n",
           (double)number(answer, "p50") / 1000, (double)number(answer, "p99") / 1000);
    print_queues(status, feed);
    printf("\n");
    print_counts("refused by the bus       ", &feed->refused);
    print_counts("answered by the adapters ", &feed->answered);
    print_classes(account);
    return view_waiting(status) + dead_letters(status) + print_troubles(account);
}
