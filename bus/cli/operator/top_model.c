/* top_model.c - see top_model.h.
 * Texts from the broker are kept as they are and made safe where they are shown.
 * A queue's reason is the first that holds, from what needs a person down to what passes by itself. */
#include "top_model.h"

#include "cli_words.h"
#include "encode.h"
#include "fault.h"
#include "operator_text.h"
#include "text.h"
#include "time_text.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- status ---- */

static uint64_t a_minute(uint64_t before, uint64_t after, uint64_t span_ns)
{
    return after > before && span_ns > 0 ? (uint64_t)((double)(after - before) * 60e9 / (double)span_ns + 0.5) : 0;
}

static const struct top_queue *find_queue(const struct top_queue *queues, size_t count, const char *system)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(queues[i].system, system) == 0)
            return &queues[i];
    return NULL;
}

/* Why it stands, as far as numbers say it. Letters may say it better. */
static const char *reason_of(const struct top_queue *queue, bool has_rates)
{
    if (*queue->pause)
        return queue->pause;
    if (queue->dead > 0)
        return _("messages need a person: truc dead list");
    if (queue->waiting == 0)
        return "";
    if (!queue->connected)
        return _("its adapter is away: messages wait for it");
    if (queue->retrying > 0)
        return _("it asks for messages again later: its far side may be out of order");
    if (queue->credit_bytes == 0 && queue->out == 0)
        return _("it is connected and asks for nothing");
    if (has_rates && queue->out > 0 && queue->done_a_minute == 0)
        return _("it takes messages and settles none");
    return "";
}

static void copy_queue(const struct operator_queue *from, struct top_queue *to)
{
    BUFFER_CLEANUP struct buffer state = {0};
    operator_queue_state(from, &state);
    *to = (struct top_queue){.connected = from->connected,
                             .waiting = from->waiting,
                             .out = from->out,
                             .retrying = from->retrying,
                             .behind = from->behind,
                             .dead = from->dead,
                             .accepted = from->accepted,
                             .done = from->done,
                             .credit_bytes = from->credit_bytes};
    text_copy(to->system, sizeof to->system, from->system);
    text_copy(to->state, sizeof to->state, buffer_view(&state));
    if (from->paused_by.size)
        (void)snprintf(to->pause, sizeof to->pause, _("paused by %.*s: %.*s"), BYTES_PRINTF(from->paused_by),
                       BYTES_PRINTF(from->paused_reason));
    else if (from->held_up.size)
        text_copy(to->pause, sizeof to->pause, from->held_up);
}

static int take_queues(struct bytes elements, struct top_queue *queues, size_t *ret_count, struct truc_fault *fault)
{
    struct operator_queue queue = {.connected = false};
    size_t offset = 0, count = 0;
    int more;
    while ((more = operator_queue_next(elements, &offset, &queue, fault)) > 0 && count < TOP_QUEUES_MAX)
        copy_queue(&queue, &queues[count++]);
    *ret_count = count;
    return more < 0 ? more : 0;
}

static void rate_queues(const struct top_model *before, struct top_queue *queues, size_t count, bool has_rates,
                        uint64_t span_ns)
{
    for (size_t i = 0; i < count; i++) {
        const struct top_queue *last = find_queue(before->queues, before->queues_count, queues[i].system);
        if (has_rates && last) {
            queues[i].accepted_a_minute = a_minute(last->accepted, queues[i].accepted, span_ns);
            queues[i].done_a_minute = a_minute(last->done, queues[i].done, span_ns);
        }
        snprintf(queues[i].why, sizeof queues[i].why, "%s", reason_of(&queues[i], has_rates && last));
    }
}

static void take_totals(struct top_model *model, const struct operator_status *status)
{
    BUFFER_CLEANUP struct buffer hash = {0};
    size_t hash_bytes = status->configuration.size < 3 ? status->configuration.size : 3;
    hex_append(&hash, bytes_of(status->configuration.data, hash_bytes));
    text_copy(model->bus, sizeof model->bus, status->bus);
    text_copy(model->configuration, sizeof model->configuration, buffer_view(&hash));
    text_copy(model->scope, sizeof model->scope, status->scope);
    text_copy(model->blocked_text, sizeof model->blocked_text, status->blocked_text);
    model->blocked = status->blocked;
    model->time_ns = status->time_ns;
    model->started_ns = status->started_ns;
    model->durable = status->durable;
    model->accepted = status->accepted;
    model->refused = status->refused;
    model->requests_open = status->requests_open;
    model->deadlines_missed = status->deadlines_missed;
}

int top_take_status(struct top_model *model, struct bytes result, struct truc_fault *fault)
{
    struct operator_status status;
    size_t count = 0;
    int code = operator_status_decode(result, &status, fault);
    if (code < 0)
        return code;
    struct top_queue *queues = calloc(TOP_QUEUES_MAX, sizeof *queues);
    if (queues == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for the queues"));
    code = take_queues(status.queues, queues, &count, fault);
    if (code == 0) {
        uint64_t span_ns = status.time_ns > model->time_ns ? status.time_ns - model->time_ns : 0;
        bool has_rates = model->has_status && model->started_ns == status.started_ns && span_ns > 0;
        rate_queues(model, queues, count, has_rates, span_ns);
        model->accepted_a_minute = has_rates ? a_minute(model->accepted, status.accepted, span_ns) : 0;
        model->refused_a_minute = has_rates ? a_minute(model->refused, status.refused, span_ns) : 0;
        model->records_a_minute = has_rates ? a_minute(model->durable, status.durable, span_ns) : 0;
        model->has_status = true;
        model->has_rates = has_rates;
        memcpy(model->queues, queues, count * sizeof *queues);
        model->queues_count = count;
        take_totals(model, &status);
    }
    free(queues);
    return code;
}

/* ---- reasons ---- */

int top_take_letters(struct top_model *model, struct bytes result, struct truc_fault *fault)
{
    struct bytes elements;
    struct operator_dead_letter letter = {.sequence = 0};
    uint64_t newest_ns[TOP_QUEUES_MAX] = {0};
    size_t offset = 0;
    int more = operator_dead_letters_decode(result, &elements, fault);
    if (more < 0)
        return more;
    while ((more = operator_dead_letter_next(elements, &offset, &letter, fault)) > 0)
        for (size_t i = 0; i < model->queues_count; i++) {
            struct top_queue *queue = &model->queues[i];
            if (!bytes_equal_string(letter.destination, queue->system) || letter.time_ns < newest_ns[i] ||
                *queue->pause)
                continue;
            struct bytes reason = letter.reason.size ? letter.reason : letter.code;
            newest_ns[i] = letter.time_ns;
            snprintf(queue->why, sizeof queue->why, "%.*s%s%.*s", BYTES_PRINTF(reason), letter.text.size ? ": " : "",
                     BYTES_PRINTF(letter.text));
        }
    return more;
}

int top_take_event(struct top_model *model, struct bytes result, struct truc_fault *fault)
{
    struct operator_event event;
    int code = operator_event_decode(result, &event, fault);
    if (code < 0 || event.code == 0)
        return code;
    memmove(model->refusals + 1, model->refusals, (TOP_REFUSALS_MAX - 1) * sizeof *model->refusals);
    model->refusals_count += model->refusals_count < TOP_REFUSALS_MAX;
    struct top_refusal *refusal = &model->refusals[0];
    *refusal = (struct top_refusal){.time_ns = event.time_ns, .code = event.code};
    text_copy(refusal->sender, sizeof refusal->sender, event.sender);
    text_copy(refusal->type, sizeof refusal->type, event.type);
    text_copy(refusal->text, sizeof refusal->text, event.text);
    return 0;
}

/* ---- JSON ---- */

static json_t *queue_json(const struct top_queue *queue)
{
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"waiting", queue->waiting},
                  {"with_receiver", queue->out},
                  {"retrying", queue->retrying},
                  {"behind", queue->behind},
                  {"dead", queue->dead},
                  {"accepted_a_minute", queue->accepted_a_minute},
                  {"done_a_minute", queue->done_a_minute}};
    json_t *object = json_object();
    cli_json_set(object, "system", cli_json_text(bytes_string(queue->system)));
    cli_json_set(object, "connected", json_boolean(queue->connected));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        cli_json_set(object, counts[i].name, cli_json_count(counts[i].count));
    cli_json_set(object, "why", cli_json_text(bytes_string(queue->why)));
    return object;
}

json_t *top_json(const struct top_model *model)
{
    json_t *document = json_object(), *queues = json_array(), *refusals = json_array();
    for (size_t i = 0; i < model->queues_count; i++)
        json_array_append_new(queues, queue_json(&model->queues[i]));
    for (size_t i = 0; i < model->refusals_count; i++) {
        json_t *refusal = json_object();
        cli_json_set(refusal, "time", cli_json_time(model->refusals[i].time_ns));
        cli_json_set(refusal, "code", json_string(truc_error_name(-(int)model->refusals[i].code)));
        cli_json_set(refusal, "sender", cli_json_text(bytes_string(model->refusals[i].sender)));
        cli_json_set(refusal, "type", cli_json_text(bytes_string(model->refusals[i].type)));
        cli_json_set(refusal, "text", cli_json_text(bytes_string(model->refusals[i].text)));
        json_array_append_new(refusals, refusal);
    }
    cli_json_set(document, "time", cli_json_time(model->time_ns));
    cli_json_set(document, "bus", cli_json_text(bytes_string(model->bus)));
    cli_json_set(document, "blocked_text", cli_json_text(bytes_string(model->blocked ? model->blocked_text : "")));
    cli_json_set(document, "accepted_a_minute", cli_json_count(model->accepted_a_minute));
    cli_json_set(document, "refused_a_minute", cli_json_count(model->refused_a_minute));
    cli_json_set(document, "requests_open", cli_json_count(model->requests_open));
    cli_json_set(document, "deadlines_missed", cli_json_count(model->deadlines_missed));
    cli_json_set(document, "queues", queues);
    cli_json_set(document, "refusals", refusals);
    return document;
}
