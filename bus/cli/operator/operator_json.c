/* operator_json.c - see operator_json.h.
 * Pure: values in, a jansson value out.
 * Names are stable: programs read them. */
#include "operator_json.h"

json_t *operator_queue_json(const struct operator_queue *queue)
{
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"waiting", queue->waiting},     {"with_receiver", queue->out}, {"retrying", queue->retrying},
                  {"behind", queue->behind},       {"dead", queue->dead},         {"accepted", queue->accepted},
                  {"delivered", queue->delivered}, {"done", queue->done},         {"retried", queue->retried},
                  {"rejected", queue->rejected},   {"expired", queue->expired},   {"credit_bytes", queue->credit_bytes},
                  {"timed", queue->timed},         {"suspects", queue->suspects}};
    json_t *object = json_object();
    cli_json_set(object, "system", cli_json_text(queue->system));
    cli_json_set(object, "title", cli_json_text(queue->title));
    cli_json_set(object, "connected", json_boolean(queue->connected));
    cli_json_set(object, "away_ms", cli_json_count(queue->away_ms));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        cli_json_set(object, counts[i].name, cli_json_count(counts[i].count));
    cli_json_set(object, "paused_by", cli_json_text(queue->paused_by));
    cli_json_set(object, "paused_reason", cli_json_text(queue->paused_reason));
    cli_json_set(object, "paused_since", cli_json_time(queue->paused_since_ns));
    cli_json_set(object, "removed", json_boolean(queue->removed));
    cli_json_set(object, "held_up", cli_json_text(queue->held_up));
    return object;
}
