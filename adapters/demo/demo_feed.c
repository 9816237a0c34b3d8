/* demo_feed.c - lines of JSON become events.
 * One object a line, as docs/operations.md describes for `truc tail` and far_log.h for the sandbox.
 * See demo_feed.h. */
#include "demo_feed.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "demo_lines.h"
#include "fault.h"
#include "time_text.h"

enum { HTTP_ERROR_FIRST = '4' };

/* Long texts are cut for the screen. */
static void copy(char *to, size_t size, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    (void)snprintf(to, size, "%s", json_is_string(value) ? json_string_value(value) : "");
}

static void copy_destinations(char *to, size_t size, const json_t *object)
{
    const json_t *list = json_object_get(object, "destinations");
    size_t used = 0;
    copy(to, size, object, "destinations");
    for (size_t i = 0; i < json_array_size(list) && used < size; i++)
        used +=
            (size_t)snprintf(to + used, size - used, "%s%s", i ? ", " : "", json_string_value(json_array_get(list, i)));
}

/* The count of a name, made when it is new; the last one takes what has no place. */
static uint64_t *count_of(struct feed_counts *counts, const char *name)
{
    for (size_t i = 0; i < counts->count; i++)
        if (strcmp(counts->all[i].name, name) == 0)
            return &counts->all[i].count;
    if (counts->count == FEED_COUNTS_MAX)
        return &counts->all[FEED_COUNTS_MAX - 1].count;
    struct feed_count *added = &counts->all[counts->count++];
    (void)snprintf(added->name, sizeof added->name, "%s", counts->count == FEED_COUNTS_MAX ? "others" : name);
    return &added->count;
}

bool feed_is_down(const struct feed *feed, const char *system)
{
    for (size_t i = 0; i < feed->down.count; i++)
        if (strcmp(feed->down.all[i].name, system) == 0)
            return feed->down.all[i].count > 0;
    return false;
}

static struct feed_event *next_event(struct feed *feed, enum feed_kind kind)
{
    struct feed_event *event = &feed->kept[feed->seen++ % FEED_KEPT];
    *event = (struct feed_event){.kind = kind};
    return event;
}

static json_t *object_of(const char *line, size_t size, struct truc_fault *fault)
{
    json_error_t error;
    json_t *value = json_loadb(line, size, 0, &error);
    if (json_is_object(value))
        return value;
    json_decref(value);
    fault_set(fault, TRUC_E_PROTOCOL, "a line is no event: %s", error.text);
    return NULL;
}

static int take_bus_line(void *context, const char *line, size_t size, struct truc_fault *fault)
{
    struct feed *feed = context;
    char clock[TIME_TEXT_BYTES] = "";
    uint64_t time_ns;
    json_t *value = object_of(line, size, fault);
    if (value == NULL)
        return TRUC_E_PROTOCOL;
    struct feed_event *event = next_event(feed, FEED_MOVED);
    const json_t *time = json_object_get(value, "time");
    if (json_is_string(time) && time_parse_rfc3339(bytes_string(json_string_value(time)), &time_ns) == 0)
        time_format_clock(time_ns, clock);
    (void)snprintf(event->clock, sizeof event->clock, "%.12s", clock);
    copy(event->sender, sizeof event->sender, value, "sender");
    copy_destinations(event->destinations, sizeof event->destinations, value);
    copy(event->type, sizeof event->type, value, "type");
    copy(event->subject, sizeof event->subject, value, "subject");
    copy(event->code, sizeof event->code, value, "outcome");
    copy(event->text, sizeof event->text, value, "text");
    if (strcmp(event->code, "ACCEPTED") != 0) {
        event->kind = FEED_REFUSED;
        ++*count_of(&feed->refused, event->code);
    }
    json_decref(value);
    return 0;
}

static void add_outage(struct feed *feed, const char *system, bool begins, const char *clock)
{
    struct feed_event *event = next_event(feed, begins ? FEED_DOWN : FEED_UP);
    *count_of(&feed->down, system) = begins;
    (void)snprintf(event->sender, sizeof event->sender, "%s", system);
    (void)snprintf(event->clock, sizeof event->clock, "%.12s", clock);
}

static int take_far_line(void *context, const char *line, size_t size, struct truc_fault *fault)
{
    struct feed *feed = context;
    char side[FEED_NAME_BYTES], what[FEED_NAME_BYTES], outcome[FEED_NAME_BYTES], clock[TIME_TEXT_BYTES];
    json_t *value = object_of(line, size, fault);
    if (value == NULL)
        return TRUC_E_PROTOCOL;
    copy(clock, sizeof clock, value, "time");
    copy(side, sizeof side, value, "side");
    copy(what, sizeof what, value, "what");
    copy(outcome, sizeof outcome, value, "outcome");
    if (strcmp(what, "outage") == 0) {
        add_outage(feed, side, strcmp(outcome, "begins") == 0, clock);
    } else if (outcome[0] == HTTP_ERROR_FIRST) {
        struct feed_event *event = next_event(feed, FEED_ANSWERED);
        (void)snprintf(event->clock, sizeof event->clock, "%.12s", clock);
        memcpy(event->sender, side, sizeof side);
        memcpy(event->type, what, sizeof what);
        memcpy(event->code, outcome, sizeof outcome);
        copy(event->subject, sizeof event->subject, value, "dossier");
        ++*count_of(&feed->answered, outcome);
    }
    json_decref(value);
    return 0;
}

int feed_read_bus(struct feed *feed, int descriptor, struct truc_fault *fault)
{
    return lines_read(&feed->bus_partial, descriptor, take_bus_line, feed, fault);
}

int feed_read_far_sides(struct feed *feed, int descriptor, struct truc_fault *fault)
{
    return lines_read(&feed->far_partial, descriptor, take_far_line, feed, fault);
}

void feed_free(struct feed *feed)
{
    buffer_free(&feed->bus_partial);
    buffer_free(&feed->far_partial);
}
