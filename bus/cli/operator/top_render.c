/* top_render.c - see top_render.h. From the top: the bus, what holds it back, queues, refusals, keys.
 * When there is too little room, queues are scrolled and refusals cut: the head always stays.
 * Text from elsewhere is made safe here (cli_append_safe). */
#include "top_render.h"

#include "cli_format.h"
#include "cli_words.h"
#include "time_text.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SYSTEM_COLUMN = 16, /* these two at least: longer names and states widen them */
    STATE_COLUMN = 11,
    NUMBER_COLUMN = 9,
    CODE_COLUMN = 16,
    TYPE_COLUMN = 26,
    REFUSALS_SHOWN = 6,
    ROWS_LEAST = 8,
    MINUTE_S = 60,
};

struct screen {
    const struct top_view *view;
    struct buffer *out;
    size_t rows_left;
    size_t system_column, state_column;
};

/* ---- lines ---- */

/* Bytes of `text` that fill at most `columns` characters. */
static size_t cut(struct bytes text, size_t columns)
{
    size_t size = 0, next = 0;
    while (next < text.size) {
        for (next++; next < text.size && (text.data[next] & 0xc0) == 0x80;)
            next++;
        if (cli_text_width(bytes_of(text.data, next)) > columns)
            return size;
        size = next;
    }
    return size;
}

static void put_line(struct screen *screen, struct buffer *line)
{
    if (screen->rows_left > 0) {
        size_t size = cut(buffer_view(line), screen->view->columns);
        while (size > 0 && line->data && line->data[size - 1] == ' ')
            size--;
        buffer_append(screen->out, line->data, size);
        buffer_append_byte(screen->out, '\n');
        screen->rows_left--;
    }
    buffer_clear(line);
}

static void append_number(struct buffer *line, uint64_t number)
{
    char text[CLI_NUMBER_BYTES];
    buffer_printf(line, "%*s", NUMBER_COLUMN, cli_format_count(number, text));
}

/* "12/s", "0,4/s" below ten a second; "-" while there are no rates. */
static const char *rate_text(bool has_rates, uint64_t a_minute, char out[CLI_NUMBER_BYTES])
{
    char count[CLI_NUMBER_BYTES];
    if (!has_rates)
        snprintf(out, CLI_NUMBER_BYTES, "-");
    else if (a_minute >= 10ull * MINUTE_S)
        snprintf(out, CLI_NUMBER_BYTES, "%s/s", cli_format_count(a_minute / MINUTE_S, count));
    else if (a_minute == 0)
        snprintf(out, CLI_NUMBER_BYTES, "0/s");
    else
        snprintf(out, CLI_NUMBER_BYTES, "%u,%u/s", (unsigned)(a_minute / MINUTE_S),
                 (unsigned)(a_minute % MINUTE_S * 10 / MINUTE_S));
    return out;
}

/* ---- the head ---- */

/* Of the whole bus; an integrator is told instead what the screen is about. */
static void put_totals(struct screen *screen, const struct top_model *model)
{
    BUFFER_CLEANUP struct buffer line = {0};
    char count[4][CLI_NUMBER_BYTES], rate[2][CLI_NUMBER_BYTES];
    if (*model->scope) {
        buffer_append_string(&line, _("only what concerns "));
        cli_append_safe(&line, bytes_string(model->scope));
    } else {
        buffer_printf(
            &line, _("accepted %s (%s) · refused %s (%s) · requests %s open, %s past their deadline"),
            cli_format_count(model->accepted, count[0]), rate_text(model->has_rates, model->accepted_a_minute, rate[0]),
            cli_format_count(model->refused, count[1]), rate_text(model->has_rates, model->refused_a_minute, rate[1]),
            cli_format_count(model->requests_open, count[2]), cli_format_count(model->deadlines_missed, count[3]));
    }
    put_line(screen, &line);
}

static void put_head(struct screen *screen, const struct top_model *model)
{
    BUFFER_CLEANUP struct buffer line = {0};
    char count[CLI_NUMBER_BYTES], rate[CLI_NUMBER_BYTES], now[TIME_TEXT_BYTES], up[TIME_TEXT_BYTES];
    uint64_t up_ns = model->time_ns > model->started_ns ? model->time_ns - model->started_ns : 0;
    buffer_append_string(&line, "Trục · ");
    cli_append_safe(&line, bytes_string(model->bus));
    buffer_printf(&line, _(" · config %s · %s · up %s"), model->configuration, cli_format_time(model->time_ns, now),
                  cli_format_uptime(up_ns, up));
    if (*model->scope == '\0')
        buffer_printf(&line, _(" · journal %s records (%s)"), cli_format_count(model->durable, count),
                      rate_text(model->has_rates, model->records_a_minute, rate));
    put_line(screen, &line);
    put_totals(screen, model);
    if (model->blocked) {
        buffer_append_string(&line, _("BLOCKED, nothing is taken: "));
        cli_append_safe(&line, bytes_string(model->blocked_text));
        put_line(screen, &line);
    }
    put_line(screen, &line);
}

/* ---- queues ---- */

static int by_number(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b); /* the most first */
}

static int by_trouble(const struct top_queue *a, const struct top_queue *b)
{
    int order = by_number(a->dead > 0, b->dead > 0);
    if (order == 0)
        order = by_number(*a->why != '\0', *b->why != '\0');
    return order ? order : by_number(a->waiting, b->waiting);
}

/* qsort_r's context is the sort; equal ones stay in the order of their names. */
static int queue_order(const void *left, const void *right, void *context)
{
    const struct top_queue *a = *(const struct top_queue *const *)left, *b = *(const struct top_queue *const *)right;
    int order = 0;
    switch (*(const enum top_sort *)context) {
    case TOP_BY_TROUBLE:
        order = by_trouble(a, b);
        break;
    case TOP_BY_QUEUED:
        order = by_number(a->waiting, b->waiting);
        break;
    case TOP_BY_RATE:
        order = by_number(a->done_a_minute, b->done_a_minute);
        break;
    case TOP_BY_DEAD:
        order = by_number(a->dead, b->dead);
        break;
    case TOP_BY_SYSTEM:
        break;
    }
    return order ? order : strcmp(a->system, b->system);
}

static void put_queue(struct screen *screen, const struct top_queue *queue, bool has_rates)
{
    BUFFER_CLEANUP struct buffer line = {0};
    char rate[CLI_NUMBER_BYTES];
    cli_append_padded(&line, bytes_string(queue->system), screen->system_column);
    buffer_append_byte(&line, ' ');
    cli_append_padded(&line, bytes_string(queue->state), screen->state_column);
    append_number(&line, queue->waiting);
    buffer_printf(&line, "%*s", NUMBER_COLUMN, rate_text(has_rates, queue->accepted_a_minute, rate));
    buffer_printf(&line, "%*s", NUMBER_COLUMN, rate_text(has_rates, queue->done_a_minute, rate));
    append_number(&line, queue->out);
    append_number(&line, queue->retrying);
    append_number(&line, queue->behind);
    append_number(&line, queue->dead);
    buffer_append_string(&line, "  ");
    cli_append_safe(&line, bytes_string(queue->why));
    put_line(screen, &line);
}

static void put_titles(struct screen *screen, struct buffer *line)
{
    static const char *const numbers[] = {N_("QUEUED"),   N_("IN"),     N_("DONE"),  N_("OUT"),
                                          N_("RETRYING"), N_("BEHIND"), N_("PERSON")};
    cli_append_padded(line, bytes_string(_("SYSTEM")), screen->system_column);
    buffer_append_byte(line, ' ');
    cli_append_padded(line, bytes_string(_("STATE")), screen->state_column);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct bytes title = bytes_string(cli_words(numbers[i]));
        for (size_t used = cli_text_width(title); used < NUMBER_COLUMN; used++)
            buffer_append_byte(line, ' ');
        buffer_append_bytes(line, title);
    }
    buffer_printf(line, "  %s", _("WHY IT STANDS"));
    put_line(screen, line);
}

static void widen(size_t *column, const char *text)
{
    size_t width = cli_text_width(bytes_string(text));
    if (*column < width)
        *column = width;
}

/* By all of the queues: a column that is scrolled must not jump. */
static void measure(struct screen *screen, const struct top_model *model)
{
    screen->system_column = SYSTEM_COLUMN;
    screen->state_column = STATE_COLUMN;
    for (size_t i = 0; i < model->queues_count; i++) {
        widen(&screen->system_column, model->queues[i].system);
        widen(&screen->state_column, model->queues[i].state);
    }
}

static void put_queues(struct screen *screen, const struct top_model *model, size_t shown)
{
    BUFFER_CLEANUP struct buffer line = {0};
    const struct top_queue *sorted[TOP_QUEUES_MAX];
    enum top_sort sort = screen->view->sort;
    for (size_t i = 0; i < model->queues_count; i++)
        sorted[i] = &model->queues[i];
    qsort_r(sorted, model->queues_count, sizeof(const struct top_queue *), queue_order, &sort);
    measure(screen, model);
    put_titles(screen, &line);
    size_t end = screen->view->first + shown;
    for (size_t i = screen->view->first; i < end && i < model->queues_count; i++)
        put_queue(screen, sorted[i], model->has_rates);
    if (end < model->queues_count) {
        buffer_printf(&line, _("… %zu more below"), model->queues_count - end);
        put_line(screen, &line);
    }
}

/* ---- refusals ---- */

static size_t refusals_shown(const struct top_model *model)
{
    return model->refusals_count < REFUSALS_SHOWN ? model->refusals_count : REFUSALS_SHOWN;
}

static void put_refusals(struct screen *screen, const struct top_model *model)
{
    BUFFER_CLEANUP struct buffer line = {0};
    char clock[TIME_TEXT_BYTES];
    put_line(screen, &line);
    buffer_append_string(&line, model->refusals_count ? _("REFUSED, the last ones")
                                                      : _("REFUSED: nothing since this began to look"));
    put_line(screen, &line);
    for (size_t i = 0; i < refusals_shown(model); i++) {
        const struct top_refusal *refusal = &model->refusals[i];
        buffer_printf(&line, "%s  %-*s ", cli_format_clock(refusal->time_ns, clock), CODE_COLUMN,
                      truc_error_name(-(int)refusal->code));
        cli_append_padded(&line, bytes_string(refusal->sender), SYSTEM_COLUMN);
        buffer_append_byte(&line, ' ');
        cli_append_padded(&line, bytes_string(refusal->type), TYPE_COLUMN);
        buffer_append_byte(&line, ' ');
        cli_append_safe(&line, bytes_string(refusal->text));
        put_line(screen, &line);
    }
}

/* ---- the whole ---- */

/* Lines that aren't queues: the head, their titles, "more below", the refusals, the keys. */
static size_t rows_taken(const struct top_model *model, const struct top_view *view)
{
    return (model->blocked ? 4u : 3u) + 2 + 2 + refusals_shown(model) + (view->has_keys ? 2 : 0);
}

static size_t queues_shown(const struct top_model *model, const struct top_view *view)
{
    size_t taken = rows_taken(model, view);
    return view->rows > taken ? view->rows - taken : 1;
}

size_t top_first_max(const struct top_model *model, const struct top_view *view)
{
    size_t shown = queues_shown(model, view);
    return model->queues_count > shown ? model->queues_count - shown : 0;
}

void top_render(const struct top_model *model, const struct top_view *view, struct buffer *out)
{
    struct screen screen = {.view = view, .out = out, .rows_left = view->rows};
    BUFFER_CLEANUP struct buffer line = {0};
    put_head(&screen, model);
    put_queues(&screen, model, queues_shown(model, view));
    if (view->rows >= ROWS_LEAST)
        put_refusals(&screen, model);
    if (!view->has_keys)
        return;
    put_line(&screen, &line);
    buffer_append_string(&line,
                         _("q quit · sort by t trouble, s system, w queued, r rate, d needs a person · ↑ ↓ scroll"));
    put_line(&screen, &line);
}
