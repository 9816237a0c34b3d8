/* exec_serving.c - see exec_serving.h: two lists, what waits and what is with the program.
 * A message with which the program has ended before goes alone, so that the next end says whose fault it is.
 * In the flow: called by the SDK (deliveries), the runner (answers, ends) and the loop. */
#include "exec_serving.h"

#include <stdio.h>
#include <stdlib.h>

#include "connector_delivery.h"
#include "exec_outbound.h"
#include "exec_suspects.h"
#include "fault.h"
#include "list.h"

struct exec_serving {
    const struct exec_adapter *adapter;
    struct exec_runner *runner;
    const struct connector_log *log;
    struct exec_suspects suspects;
    struct list_link waiting, out; /* in the order of their deadlines */
    size_t out_count;
    uint64_t deliveries; /* number of the last one said */
    uint64_t now_ms;
    bool is_stopped;
};

struct delivery {
    struct list_link link;
    struct exec_serving *serving;
    truc_request *request;
    struct exec_outbound outbound; /* header owned */
    struct sha256_digest name;
    uint64_t number;
    uint64_t deadline_ms; /* waiting: for a program; out: of its answer */
};

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static uint32_t within_ms(const struct exec_serving *serving)
{
    return serving->adapter->program.answer_within_ms;
}

/* Settles and frees. */
static int settle(struct delivery *delivery, struct connector_settlement *settlement)
{
    int result = connector_settle(delivery->request, settlement, delivery->serving->log);
    list_remove(&delivery->link);
    json_decref(delivery->outbound.header);
    free(delivery);
    return result;
}

static void retry(struct delivery *delivery, const char *text, const char *why)
{
    struct connector_settlement settlement = {0};
    connector_settlement_set(&settlement, CONNECTOR_RETRY, TRUC_E_UNAVAILABLE, "%s%.300s", text, why);
    settle(delivery, &settlement);
}

static int handle(truc_request *request, void *context)
{
    struct exec_serving *serving = context;
    struct delivery *delivery = calloc(1, sizeof(*delivery));
    json_t *header = connector_header_of(request);
    size_t size;
    const void *payload = truc_request_payload(request, &size);
    if (!delivery || !header) {
        free(delivery);
        json_decref(header);
        return truc_retry(request, TRUC_E_MEMORY, "no memory");
    }
    /* only types of serves: entries are registered */
    *delivery = (struct delivery){
        .serving = serving,
        .request = request,
        .name = exec_suspects_name(text_of(truc_request_source(request)), text_of(truc_request_id(request))),
        .deadline_ms = serving->now_ms + within_ms(serving)};
    delivery->outbound =
        (struct exec_outbound){.serve = exec_adapter_find_serve(serving->adapter, text_of(truc_request_type(request))),
                               .is_request = truc_request_kind(request) == TRUC_REQUEST,
                               .header = header,
                               .payload = bytes_of(payload, size)};
    list_append(&serving->waiting, &delivery->link);
    truc_keep(request);
    if (serving->is_stopped)
        retry(delivery, "the connector stops", "");
    return 0;
}

int exec_serving_open(const struct exec_adapter *adapter, truc_adapter *bus, struct exec_runner *runner,
                      const struct connector_log *log, struct exec_serving **ret_serving, struct truc_fault *fault)
{
    struct exec_serving *serving = calloc(1, sizeof(*serving));
    if (!serving)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the serving side");
    serving->adapter = adapter;
    serving->runner = runner;
    serving->log = log;
    list_init(&serving->waiting);
    list_init(&serving->out);
    for (size_t i = 0; i < adapter->serve_count; i++) {
        int result = truc_serve(bus, adapter->serves[i]->message->type, handle, serving);
        if (result < 0) {
            free(serving);
            return fault_set(fault, result, "%s can't be served", adapter->serves[i]->message->type);
        }
    }
    *ret_serving = serving;
    return 0;
}

static void retry_all(struct list_link *list, const char *text, const char *why)
{
    list_each(link, list)
        retry(list_element(link, struct delivery, link), text, why);
}

void exec_serving_close(struct exec_serving *serving)
{
    if (!serving)
        return;
    retry_all(&serving->out, "the connector stops", "");
    retry_all(&serving->waiting, "the connector stops", "");
    free(serving);
}

void exec_serving_stop(struct exec_serving *serving)
{
    serving->is_stopped = true;
    retry_all(&serving->waiting, "the connector stops", "");
}

size_t exec_serving_out(const struct exec_serving *serving)
{
    return serving->out_count;
}

int exec_serving_answer(struct exec_serving *serving, const struct exec_line *line, struct truc_fault *fault)
{
    struct delivery *delivery = NULL;
    struct connector_settlement settlement;
    list_each(link, &serving->out) {
        struct delivery *other = list_element(link, struct delivery, link);
        delivery = other->number == line->delivery ? other : delivery;
    }
    if (!delivery)
        return fault_set(fault, TRUC_E_PROTOCOL, "it answered a delivery that is not with it");
    exec_suspects_clear(&serving->suspects, &delivery->name);
    exec_outbound_judge(serving->adapter, &delivery->outbound, line, &settlement);
    serving->out_count--;
    settle(delivery, &settlement);
    return 0;
}

/* The program has ended with @delivery out. */
static void lose(struct delivery *delivery, bool is_alone, const char *why)
{
    struct exec_serving *serving = delivery->serving;
    char text[EXEC_WHY_BYTES + 96];
    struct connector_settlement settlement = {0};
    unsigned deaths = exec_suspects_blame(&serving->suspects, &delivery->name, is_alone);
    if (deaths < serving->adapter->program.deaths) {
        retry(delivery, "the program is down: ", why);
        return;
    }
    snprintf(text, sizeof(text), "the program went down %u times with this message alone: %s", deaths, why);
    exec_suspects_clear(&serving->suspects, &delivery->name);
    connector_settlement_reject(&settlement, "HANDLER", text);
    settle(delivery, &settlement);
}

void exec_serving_lost(struct exec_serving *serving, const char *why)
{
    bool is_alone = serving->out_count == 1;
    list_each(link, &serving->out)
        lose(list_element(link, struct delivery, link), is_alone, why);
    serving->out_count = 0;
}

/* ---- saying --------------------------------------------------------------------------------------------------- */

static void reject_too_large(struct delivery *delivery, const struct truc_fault *fault)
{
    struct connector_settlement settlement = {0};
    connector_settlement_reject(&settlement, "TOO_LARGE", fault->text);
    settle(delivery, &settlement);
}

static void say(struct delivery *delivery)
{
    struct exec_serving *serving = delivery->serving;
    struct connector_settlement settlement = {0};
    struct truc_fault fault = {0};
    json_t *line = NULL;
    int result = exec_outbound_make(serving->adapter, &delivery->outbound, serving->deliveries + 1, &line, &fault);
    if (result < 0) {
        connector_settlement_fault(&settlement, &fault);
        settle(delivery, &settlement);
        return;
    }
    result = exec_runner_say(serving->runner, line, &fault);
    if (result == TRUC_E_TOO_LARGE) {
        reject_too_large(delivery, &fault);
    } else if (result < 0) {
        retry(delivery, "the program was not told: ", fault.text);
    } else {
        delivery->number = ++serving->deliveries;
        delivery->deadline_ms = serving->now_ms + within_ms(serving);
        list_remove(&delivery->link);
        list_append(&serving->out, &delivery->link);
        serving->out_count++;
    }
}

/* The delivery whose time is over first. */
static struct delivery *first_of(const struct list_link *list)
{
    struct list_link *first = list_first(list);
    return first ? list_element(first, struct delivery, link) : NULL;
}

/* Whether @delivery may go beside what is out: a suspect goes alone, and nothing goes beside one. */
static bool may_go(const struct exec_serving *serving, const struct delivery *delivery)
{
    const struct delivery *first = first_of(&serving->out);
    if (!exec_runner_is_ready(serving->runner) || exec_runner_unread(serving->runner) > EXEC_SAID_BYTES_MAX)
        return false;
    if (!first)
        return true;
    return serving->out_count < serving->adapter->program.in_flight &&
           !exec_suspects_has(&serving->suspects, &delivery->name) &&
           !exec_suspects_has(&serving->suspects, &first->name);
}

/* Waiting is only for a program that is to come; the route's schedule waits better than we do. */
static void give_up_waiting(struct exec_serving *serving)
{
    const char *why = exec_runner_why(serving->runner);
    struct delivery *delivery;
    if (exec_runner_is_ready(serving->runner))
        return;
    while ((delivery = first_of(&serving->waiting)) && serving->now_ms >= delivery->deadline_ms)
        retry(delivery, "the program is down: ", *why ? why : "it is starting");
}

void exec_serving_set_now(struct exec_serving *serving, uint64_t now_ms)
{
    serving->now_ms = now_ms;
}

void exec_serving_step(struct exec_serving *serving, uint64_t now_ms)
{
    struct delivery *delivery;
    serving->now_ms = now_ms;
    give_up_waiting(serving);
    while ((delivery = first_of(&serving->waiting)) && may_go(serving, delivery))
        say(delivery);
    delivery = first_of(&serving->out);
    if (delivery && now_ms >= delivery->deadline_ms)
        exec_runner_fail(serving->runner, "it hangs: no answer within answer-within");
}

int exec_serving_timeout_ms(const struct exec_serving *serving, uint64_t now_ms)
{
    const struct delivery *first = first_of(&serving->out);
    if (!first && !exec_runner_is_ready(serving->runner))
        first = first_of(&serving->waiting);
    if (!first)
        return -1;
    uint64_t at_ms = first->deadline_ms;
    return at_ms <= now_ms ? 0 : at_ms - now_ms > INT32_MAX ? INT32_MAX : (int)(at_ms - now_ms);
}
