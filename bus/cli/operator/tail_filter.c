/* tail_filter.c - see tail_filter.h.
 * Destinations come as one text, "onestop, deadlines": a system is one of its words, not a part of one.
 * Pure. */
#include "tail_filter.h"

#include "cli_error.h"
#include "cli_words.h"
#include "fault.h"

static struct bytes text_option(const struct cli_arguments *arguments, const char *name)
{
    const char *text = cli_option_value(arguments, name);
    return bytes_string(text ? text : "");
}

int tail_filter_read(const struct cli_arguments *arguments, struct tail_filter *ret_filter, struct truc_fault *fault)
{
    int code = 0;
    if (cli_error_option(arguments, &code, fault) < 0)
        return fault->code;
    *ret_filter = (struct tail_filter){.only_refused = cli_option_value(arguments, "refused") != NULL,
                                       .code = (uint32_t)-code,
                                       .system = text_option(arguments, "system"),
                                       .from = text_option(arguments, "from"),
                                       .to = text_option(arguments, "to"),
                                       .type = text_option(arguments, "type"),
                                       .subject = text_option(arguments, "dossier")};
    return 0;
}

static bool is_among(struct bytes list, struct bytes word)
{
    for (size_t at = 0; at < list.size;) {
        const uint8_t *end = memchr(list.data + at, ',', list.size - at);
        size_t size = end ? (size_t)(end - list.data) - at : list.size - at;
        if (bytes_equal(bytes_of(list.data + at, size), word))
            return true;
        at += size + 1;
        while (at < list.size && list.data[at] == ' ')
            at++;
    }
    return false;
}

/* Empty: not asked for. */
static bool fits(struct bytes wanted, struct bytes text)
{
    return wanted.size == 0 || bytes_equal(wanted, text);
}

bool tail_filter_takes(const struct tail_filter *filter, const struct operator_event *event)
{
    if ((filter->only_refused && event->code == 0) || (filter->code && event->code != filter->code))
        return false;
    if (filter->to.size && !is_among(event->destinations, filter->to))
        return false;
    if (filter->system.size && !bytes_equal(event->sender, filter->system) &&
        !is_among(event->destinations, filter->system))
        return false;
    return fits(filter->from, event->sender) && fits(filter->type, event->type) &&
           fits(filter->subject, event->subject);
}
