/* demo_feed.c - reads event lines from a pipe.
 * One JSON object a line, as docs/operations.md describes for `truc tail`.
 * See demo_feed.h. */
#include "demo_feed.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "fault.h"
#include "time_text.h"

static void copy(char *to, size_t size, const json_t *value)
{
    (void)snprintf(to, size, "%s", json_is_string(value) ? json_string_value(value) : ""); /* long texts are cut for the screen */
}

static void copy_destinations(char *to, size_t size, const json_t *value)
{
    size_t used = 0;
    to[0] = 0;
    if (json_is_string(value))
        copy(to, size, value);
    for (size_t i = 0; i < json_array_size(value) && used < size; i++)
        used += (size_t)snprintf(to + used, size - used, "%s%s", i ? ", " : "", json_string_value(json_array_get(value, i)));
}

static void count_code(struct feed *feed, const char *code)
{
    if (*code == 0)
        return;
    for (size_t i = 0; i < feed->codes_count; i++)
        if (strcmp(feed->codes[i].code, code) == 0) {
            feed->codes[i].count++;
            return;
        }
    if (feed->codes_count < FEED_CODES_MAX) {
        (void)snprintf(feed->codes[feed->codes_count].code, sizeof feed->codes->code, "%s", code);
        feed->codes[feed->codes_count++].count = 1;
    }
}

static int take_line(struct feed *feed, const char *line, size_t size, struct truc_fault *fault)
{
    json_error_t error;
    char full[TIME_TEXT_BYTES] = "", code[sizeof feed->kept->code];
    uint64_t time_ns;
    json_t *value = json_loadb(line, size, 0, &error);
    if (!json_is_object(value)) {
        json_decref(value);
        return fault_set(fault, TRUC_E_PROTOCOL, "truc tail wrote a line that is no event: %s", error.text);
    }
    struct feed_event *event = &feed->kept[feed->seen++ % FEED_KEPT];
    const json_t *time = json_object_get(value, "time");
    if (json_is_string(time) && time_parse_rfc3339(bytes_string(json_string_value(time)), &time_ns) == 0)
        time_format_clock(time_ns, full);
    (void)snprintf(event->clock, sizeof event->clock, "%.12s", full);
    copy(event->sender, sizeof event->sender, json_object_get(value, "sender"));
    copy_destinations(event->destinations, sizeof event->destinations, json_object_get(value, "destinations"));
    copy(event->type, sizeof event->type, json_object_get(value, "type"));
    copy(event->subject, sizeof event->subject, json_object_get(value, "subject"));
    copy(code, sizeof code, json_object_get(value, "outcome"));
    if (strcmp(code, "ACCEPTED") == 0)
        code[0] = 0;
    memcpy(event->code, code, sizeof code);
    copy(event->text, sizeof event->text, json_object_get(value, "text"));
    count_code(feed, code);
    json_decref(value);
    return 0;
}

/* Takes whole lines out of the partial buffer; the rest moves to its front. */
static int take_lines(struct feed *feed, struct truc_fault *fault)
{
    size_t start = 0;
    const uint8_t *end;
    int code = 0;
    while (code == 0 && (end = memchr(feed->partial.data + start, '\n', feed->partial.size - start))) {
        size_t size = (size_t)(end - feed->partial.data) - start;
        code = take_line(feed, (const char *)feed->partial.data + start, size, fault);
        start += size + 1;
    }
    memmove(feed->partial.data, feed->partial.data + start, feed->partial.size - start);
    feed->partial.size -= start;
    return code;
}

int feed_read(struct feed *feed, int descriptor, struct truc_fault *fault)
{
    char chunk[65536];
    struct pollfd ready = {.fd = descriptor, .events = POLLIN};
    if (poll(&ready, 1, 0) <= 0)
        return 0;
    ssize_t size = read(descriptor, chunk, sizeof chunk);
    if (size < 0)
        return errno == EINTR ? 0 : fault_errno(fault, TRUC_E_IO, errno, "reading from truc tail");
    if (size == 0)
        return TRUC_E_DISCONNECTED;
    buffer_append(&feed->partial, chunk, (size_t)size);
    if (buffer_failed(&feed->partial))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for events");
    int code = take_lines(feed, fault);
    return code < 0 ? code : 1;
}

void feed_free(struct feed *feed)
{
    buffer_free(&feed->partial);
}
