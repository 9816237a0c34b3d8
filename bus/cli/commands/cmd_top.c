/* cmd_top.c - `truc top`: the bus on a whole screen, once a second: what is late, stuck or refused, and why.
 * Not: history. It asks what status and dead list ask, and follows refusals as tail does, over one connection.
 * Ends with q, a signal, --count, --for, or the broker's end; the terminal is given back in every case. */
#include "cli_broker.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"
#include "time_text.h"
#include "top_render.h"
#include "top_terminal.h"

#include <stdlib.h>
#include <time.h>

const struct cli_option cmd_top_options[] = {
    {.name = "every", .value = "SPAN", .explanation = N_("ask so often; 1s when not given")},
    {.name = "count", .value = "N", .explanation = N_("end after so many screens")},
    {.name = "for", .value = "SPAN", .explanation = N_("end after this time, like 30s")},
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

enum {
    LETTERS_MAX = 200,
    EVERY_MS_DEFAULT = 1000,
    EVERY_MS_LEAST = 250 /* two questions each; the broker takes ten a second */
};

struct top {
    const struct cli *cli;
    struct top_terminal terminal;
    struct cli_client *client;
    struct top_model model;
    struct top_view view;
    uint64_t every_ms, end_ms, frames_left;
    uint64_t due_ms; /* when it asks again; UINT64_MAX while an answer is awaited */
    uint64_t follow_number, status_number, letters_number; /* of the questions */
    bool quits;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- showing ---- */

static int draw(struct top *top)
{
    BUFFER_CLEANUP struct buffer lines = {0};
    if (!top->model.has_status)
        return 0;
    if (top->cli->json)
        return cli_json_print_line(top_json(&top->model), top->cli->out);
    top_terminal_size(&top->terminal, &top->view.columns, &top->view.rows);
    size_t first_max = top_first_max(&top->model, &top->view);
    if (top->view.first > first_max)
        top->view.first = first_max;
    top_render(&top->model, &top->view, &lines);
    if (!top->terminal.is_terminal)
        buffer_append_byte(&lines, '\n'); /* between frames */
    return buffer_failed(&lines) ? TRUC_E_MEMORY : top_terminal_draw(&top->terminal, buffer_view(&lines));
}

static void scroll(struct top *top, long by)
{
    long first = (long)top->view.first + by;
    top->view.first = first > 0 ? (size_t)first : 0;
}

static void sort_by(struct top *top, char letter)
{
    static const struct {
        char letter;
        enum top_sort sort;
    } sorts[] = {
        {'t', TOP_BY_TROUBLE}, {'s', TOP_BY_SYSTEM}, {'w', TOP_BY_QUEUED}, {'r', TOP_BY_RATE}, {'d', TOP_BY_DEAD}};
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
        if (sorts[i].letter == letter) {
            top->view.sort = sorts[i].sort;
            top->view.first = 0;
        }
}

/* Everything typed since, and one screen for all of it. */
static int take_keys(struct top *top)
{
    char letter = '\0';
    enum top_key key;
    while ((key = top_terminal_key(&top->terminal, &letter)) != TOP_KEY_NONE)
        switch (key) {
        case TOP_KEY_QUIT:
            top->quits = true;
            break;
        case TOP_KEY_UP:
            scroll(top, -1);
            break;
        case TOP_KEY_DOWN:
            scroll(top, 1);
            break;
        case TOP_KEY_PAGE_UP:
            scroll(top, -(long)top->view.rows / 2);
            break;
        case TOP_KEY_PAGE_DOWN:
            scroll(top, (long)top->view.rows / 2);
            break;
        case TOP_KEY_LETTER:
            sort_by(top, letter);
            break;
        default:
            break;
        }
    return top->terminal.is_terminal && !top->quits ? draw(top) : 0;
}

/* ---- asking ---- */

static int ask(struct top *top, const char *verb, struct bytes arguments, uint64_t *ret_number,
               struct truc_fault *fault)
{
    int code = cli_client_ask(top->client, verb, arguments, fault);
    *ret_number = cli_client_asked(top->client);
    return code;
}

static int ask_letters(struct top *top, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer encoded = {0};
    const struct operator_dead_query query = {.count_max = LETTERS_MAX};
    operator_dead_query_encode(&query, &encoded);
    if (buffer_failed(&encoded))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a question"));
    return ask(top, "dead-list", buffer_view(&encoded), &top->letters_number, fault);
}

/* Status, then letters, then a screen. */
static int take_answer(struct top *top, const struct command_answer *answer, struct truc_fault *fault)
{
    int code = 0;
    if (answer->number == top->follow_number)
        return answer->result.size ? top_take_event(&top->model, answer->result, fault) : 0;
    if (answer->number == top->status_number) {
        code = top_take_status(&top->model, answer->result, fault);
        return code < 0 ? code : ask_letters(top, fault);
    }
    if (answer->number != top->letters_number)
        return 0;
    code = top_take_letters(&top->model, answer->result, fault);
    if (code == 0 && (code = draw(top)) < 0)
        return fault_set(fault, code, "%s", truc_error_meaning(code));
    if (top->frames_left != UINT64_MAX)
        top->frames_left--;
    top->due_ms = now_ms() + top->every_ms;
    return code;
}

static int ask_when_due(struct top *top, uint64_t now, struct truc_fault *fault)
{
    if (now < top->due_ms)
        return 0;
    top->due_ms = UINT64_MAX;
    return ask(top, "status", BYTES_EMPTY, &top->status_number, fault);
}

static int run(struct top *top, struct truc_fault *fault)
{
    struct command_answer answer;
    int code = ask(top, "follow", BYTES_EMPTY, &top->follow_number, fault);
    while (code >= 0 && !top->quits && top->frames_left > 0) {
        uint64_t now = now_ms();
        if (now >= top->end_ms)
            break;
        code = ask_when_due(top, now, fault);
        if (code < 0)
            break;
        uint64_t until = top->due_ms < top->end_ms ? top->due_ms : top->end_ms;
        code = cli_client_next_any(top->client, until == UINT64_MAX ? UINT64_MAX : until - now, &answer, fault);
        if (code == 1)
            code = take_answer(top, &answer, fault);
        else if (code == TRUC_E_CLOSED) /* keys or signals */
            code = take_keys(top);
    }
    return code < 0 ? code : 0;
}

static int read_span(const struct cli_arguments *arguments, const char *name, uint64_t *ret_span_ms,
                     struct truc_fault *fault)
{
    const char *text = cli_option_value(arguments, name);
    uint64_t span_ns = 0;
    if (text == NULL)
        return 0;
    if (span_parse(bytes_string(text), &span_ns) < 0 || span_ns / TIME_NS_PER_MS < EVERY_MS_LEAST)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--%s %s: a span of at least %d ms, like 5s"), name, text,
                         EVERY_MS_LEAST);
    *ret_span_ms = span_ns / TIME_NS_PER_MS;
    return 1;
}

static int read_options(const struct cli_arguments *arguments, struct top *top, struct truc_fault *fault)
{
    uint64_t for_ms = 0;
    int code = read_span(arguments, "every", &top->every_ms, fault);
    if (code >= 0 && (code = read_span(arguments, "for", &for_ms, fault)) > 0)
        top->end_ms = now_ms() + for_ms;
    if (code >= 0)
        code = cli_option_number(arguments, "count", &top->frames_left, fault);
    return code < 0 ? code : 0;
}

/* A pipe that nobody ends would fill for ever. */
static int check_end(const struct top *top, struct truc_fault *fault)
{
    if (top->terminal.is_terminal || top->frames_left != UINT64_MAX || top->end_ms != UINT64_MAX)
        return 0;
    fault_set(fault, TRUC_E_ARGUMENT, _("this is no terminal: say when to end"));
    fault_hint(fault, _("--count 1 for one screen, --for 1m for a minute; truc status is for programs"));
    return TRUC_E_ARGUMENT;
}

/* A key or a new size while it connects is no reason to end. */
static int connect_broker(struct top *top, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    char letter;
    int code;
    do
        code = cli_broker_open(top->cli, arguments, top_terminal_fd(&top->terminal), &top->client, fault);
    while (code == TRUC_E_CLOSED && top_terminal_key(&top->terminal, &letter) != TOP_KEY_QUIT);
    return code;
}

int cmd_top(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct top *top = calloc(1, sizeof *top);
    if (top == NULL)
        return cli_fail_code(cli, TRUC_E_MEMORY);
    top->cli = cli;
    top->every_ms = EVERY_MS_DEFAULT;
    top->end_ms = top->frames_left = UINT64_MAX;
    int code = read_options(arguments, top, &fault);
    bool opened = code == 0 && (code = top_terminal_open(cli->out, &top->terminal, &fault)) == 0;
    top->view.has_keys = opened && top->terminal.is_terminal;
    if (opened)
        code = check_end(top, &fault);
    if (code == 0)
        code = connect_broker(top, arguments, &fault);
    if (code == 0)
        code = run(top, &fault);
    cli_client_close(top->client);
    if (opened)
        top_terminal_close(&top->terminal); /* before anything is said below */
    free(top);
    return code < 0 && code != TRUC_E_CLOSED ? cli_fail(cli, &fault) : CLI_OK;
}
