/* operator_text.c - see operator_text.h.
 * Pure: values in, words out.
 * Spans are in the largest unit of which there are at least two. */
#include "operator_text.h"

#include "cli_format.h"
#include "cli_words.h"

void operator_queue_state(const struct operator_queue *queue, struct buffer *out)
{
    static const struct {
        uint64_t span_ms;
        const char *text;
    } units[] = {{24 * 3600000ull, N_("away %llu d")},
                 {3600000, N_("away %llu h")},
                 {60000, N_("away %llu min")},
                 {1000, N_("away %llu s")}};
    if (queue->removed)
        buffer_append_string(out, _("removed, "));
    if (queue->paused_by.size)
        buffer_append_string(out, _("paused, "));
    else if (queue->held_up.size)
        buffer_append_string(out, _("held up, "));
    if (queue->connected) {
        buffer_append_string(out, _("connected"));
        return;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (queue->away_ms >= 2 * units[i].span_ms || i + 1 == sizeof units / sizeof *units) {
            buffer_printf(out, cli_words(units[i].text), (unsigned long long)(queue->away_ms / units[i].span_ms));
            return;
        }
}

static void tell_held_up(const struct operator_queue *queue, struct buffer *out)
{
    if (queue->held_up.size == 0)
        return;
    cli_append_safe(out, queue->system);
    buffer_append_string(out, _(" is held up: "));
    cli_append_safe(out, queue->held_up);
    buffer_append_string(out, "\n");
}

void operator_queue_pause(const struct operator_queue *queue, struct buffer *out)
{
    char since[TIME_TEXT_BYTES];
    if (queue->paused_by.size == 0) {
        tell_held_up(queue, out);
        return;
    }
    cli_append_safe(out, queue->system);
    buffer_printf(out, _(" is paused since %s by "), cli_format_time(queue->paused_since_ns, since));
    cli_append_safe(out, queue->paused_by);
    buffer_append_string(out, ": ");
    cli_append_safe(out, queue->paused_reason);
    buffer_append_string(out, _("\n  to end it: truc queue resume "));
    cli_append_safe(out, queue->system);
    buffer_append_string(out, _(" --reason TEXT\n"));
}
