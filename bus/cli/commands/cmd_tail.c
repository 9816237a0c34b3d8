/* cmd_tail.c - `truc tail`: the bus at work, one line an event, as it happens.
 * Not: history, which truc journal find and show read from the journal. No payload is ever shown here.
 * Ends with Ctrl-C, after --count events or --for a span; the end of the broker is an error. */
#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"
#include "header.h"
#include "operator_answer.h"
#include "tail_filter.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

const struct cli_option cmd_tail_options[] = {
    {.name = "count", .value = "N", .explanation = N_("end after so many events")},
    {.name = "for", .value = "SPAN", .explanation = N_("end after this time, like 30s")},
    {.name = "refused", .explanation = N_("only what was refused or failed")},
    TAIL_FILTER_OPTIONS,
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

enum { WAY_COLUMN = 34, TYPE_COLUMN = 24, SUBJECT_COLUMN = 22 };

struct tail {
    uint64_t count_left, end_ms;
    struct tail_filter filter;
    int stop_fd;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {"", "event", "command", "request", "reply"};
    return kind < sizeof names / sizeof *names ? names[kind] : "";
}

static int print_json(const struct cli *cli, const struct operator_event *event)
{
    json_t *object = json_object();
    cli_json_set(object, "time", cli_json_time(event->time_ns));
    cli_json_set(object, "outcome", json_string(event->code ? truc_error_name(-(int)event->code) : "ACCEPTED"));
    cli_json_set(object, "kind", json_string(kind_name(event->kind)));
    cli_json_set(object, "sender", cli_json_text(event->sender));
    cli_json_set(object, "destinations", cli_json_text(event->destinations));
    cli_json_set(object, "type", cli_json_text(event->type));
    cli_json_set(object, "subject", cli_json_text(event->subject));
    cli_json_set(object, "position", cli_json_count(event->sequence));
    cli_json_set(object, "text", cli_json_text(event->text));
    return cli_json_print_line(object, cli->out);
}

static void append_way(const struct operator_event *event, struct buffer *out)
{
    buffer_append_bytes(out, event->sender);
    if (event->destinations.size) {
        buffer_append_string(out, " → ");
        buffer_append_bytes(out, event->destinations);
    }
}

/* 14:03:07.118  portal → onestop  dossier.submitted  H56.14-261123-0042
 * 14:03:07.402  refused SECRET  edoc  document.send  12/CV-UBND  the reason */
static int print_line(const struct cli *cli, const struct operator_event *event)
{
    char clock[TIME_TEXT_BYTES];
    BUFFER_CLEANUP struct buffer line = {0};
    BUFFER_CLEANUP struct buffer way = {0};
    if (event->code)
        buffer_printf(&way, _("refused %s  "), truc_error_name(-(int)event->code));
    append_way(event, &way);
    buffer_printf(&line, "  %s  ", cli_format_clock(event->time_ns, clock));
    cli_append_padded(&line, buffer_view(&way), WAY_COLUMN);
    buffer_append_string(&line, "  ");
    cli_append_padded(&line, event->type, TYPE_COLUMN);
    buffer_append_string(&line, "  ");
    cli_append_padded(&line, event->subject, SUBJECT_COLUMN);
    buffer_append_string(&line, "  ");
    cli_append_safe(&line, event->text);
    while (line.size && line.data[line.size - 1] == ' ')
        line.size--;
    buffer_append_byte(&line, '\n');
    const char *text = buffer_string(&line);
    if (text == NULL || buffer_failed(&way))
        return TRUC_E_MEMORY;
    fputs(text, cli->out);
    return 0;
}

static int show(const struct cli *cli, struct tail *tail, struct bytes result, struct truc_fault *fault)
{
    struct operator_event event;
    int code = operator_event_decode(result, &event, fault);
    if (code < 0 || !tail_filter_takes(&tail->filter, &event))
        return code;
    code = cli->json ? print_json(cli, &event) : print_line(cli, &event);
    if (code == 0 && fflush(cli->out) != 0)
        code = TRUC_E_CLOSED; /* whoever read our output has gone */
    if (tail->count_left != UINT64_MAX)
        tail->count_left--;
    return code < 0 ? fault_set(fault, code, "%s", truc_error_meaning(code)) : 0;
}

static int follow(const struct cli *cli, struct tail *tail, struct cli_client *client, struct truc_fault *fault)
{
    struct command_answer answer;
    int code = cli_client_ask(client, "follow", BYTES_EMPTY, fault);
    while (code == 0 && tail->count_left > 0) {
        uint64_t now = now_ms();
        if (now >= tail->end_ms)
            break;
        uint64_t left = tail->end_ms == UINT64_MAX ? UINT64_MAX : tail->end_ms - now;
        code = cli_client_next(client, left, &answer, fault);
        if (code == 1)
            code = answer.result.size ? show(cli, tail, answer.result, fault) : 0;
    }
    return code;
}

static int read_options(const struct cli_arguments *arguments, struct tail *tail, struct truc_fault *fault)
{
    const char *span = cli_option_value(arguments, "for");
    uint64_t span_ns = 0;
    tail->count_left = tail->end_ms = UINT64_MAX;
    if (span && span_parse(bytes_string(span), &span_ns) < 0)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--for %s: a span like 30s or 5m"), span);
    if (span)
        tail->end_ms = now_ms() + span_ns / TIME_NS_PER_MS;
    int given = cli_option_number(arguments, "count", &tail->count_left, fault);
    return given < 0 ? given : tail_filter_read(arguments, &tail->filter, fault);
}

/* Ctrl-C becomes something to poll, so that it can't be missed between a check and a wait. */
static int catch_signals(struct tail *tail, sigset_t *ret_before, struct truc_fault *fault)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (pthread_sigmask(SIG_BLOCK, &signals, ret_before) != 0 ||
        (tail->stop_fd = signalfd(-1, &signals, SFD_CLOEXEC)) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, _("signals can't be caught"));
    return 0;
}

int cmd_tail(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct tail tail = {.stop_fd = -1};
    struct cli_client *client = NULL;
    sigset_t before;
    int code = read_options(arguments, &tail, &fault);
    if (code == 0)
        code = catch_signals(&tail, &before, &fault);
    if (code < 0)
        return cli_fail(cli, &fault);
    code = cli_broker_open(cli, arguments, tail.stop_fd, &client, &fault);
    if (code == 0)
        code = follow(cli, &tail, client, &fault);
    cli_client_close(client);
    close(tail.stop_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code < 0 && code != TRUC_E_CLOSED ? cli_fail(cli, &fault) : CLI_OK;
}
