/* http_accepting.c - see http_accepting.h.
 * A caller that has left or whose time is over is forgotten; the message's own fate is the SDK's and the bus's.
 * In the flow: called by the loop, the server and the SDK, all from one thread. */
#include "http_accepting.h"

#include <stdlib.h>

#include "fault.h"
#include "list.h"

struct waiting {
    struct list_link link;
    struct http_accepting *accepting;
    struct http_exchange *exchange; /* NULL: already answered, its time was over */
    struct http_translated translated;
    struct http_incoming incoming; /* headers and query only, owned */
    uint64_t deadline_ms;
};

struct http_accepting {
    const struct http_adapter *adapter;
    truc_adapter *bus;
    const struct connector_log *log;
    struct list_link waiting; /* those of one `within` are in order; few differ, so it is searched */
    size_t waiting_count;
    uint64_t now_ms;
};

int http_accepting_open(const struct http_adapter *adapter, truc_adapter *bus, const struct connector_log *log,
                        struct http_accepting **ret_accepting, struct truc_fault *fault)
{
    struct http_accepting *accepting = calloc(1, sizeof(*accepting));
    if (!accepting)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the accepting side");
    accepting->adapter = adapter;
    accepting->bus = bus;
    accepting->log = log;
    list_init(&accepting->waiting);
    *ret_accepting = accepting;
    return 0;
}

static void waiting_free(struct waiting *waiting)
{
    if (list_is_linked(&waiting->link)) {
        list_remove(&waiting->link);
        waiting->accepting->waiting_count--;
    }
    http_translated_free(&waiting->translated);
    json_decref(waiting->incoming.headers);
    json_decref(waiting->incoming.query);
    free(waiting);
}

void http_accepting_close(struct http_accepting *accepting)
{
    if (!accepting)
        return;
    list_each(link, &accepting->waiting)
        waiting_free(list_element(link, struct waiting, link));
    free(accepting);
}

static void refuse(const struct http_accepting *accepting, struct http_exchange *exchange,
                   const struct http_accept *accept, int code, bool malformed, const char *reason, const char *text,
                   const char *where)
{
    struct http_answer answer;
    enum document_format format = accept ? accept->format : DOCUMENT_FORMAT_JSON;
    http_answer_fault(format, code, malformed, reason, text, where, &answer);
    connector_log(accepting->log, CONNECTOR_LOG_INFO, "refused %s%s%s%s%s", *reason ? reason : truc_error_name(code),
                  accept ? " " : "", accept ? accept->form.message->type : "", *where ? " " : "", where);
    if (exchange)
        http_server_answer(exchange, &answer);
    buffer_free(&answer.body);
}

static void answer_or_refuse(struct waiting *waiting, int result, struct http_answer *answer,
                             const struct truc_fault *fault)
{
    if (result < 0)
        refuse(waiting->accepting, waiting->exchange, waiting->translated.accept, TRUC_E_INTERNAL, false, "",
               "the answer could not be mapped", fault->where);
    else
        http_server_answer(waiting->exchange, answer);
}

static void on_published(void *context, const struct truc_outcome *outcome)
{
    struct waiting *waiting = context;
    const struct http_accepting *accepting = waiting->accepting;
    struct http_answer answer = {0};
    struct truc_fault fault = {0};
    if (outcome->code < 0)
        refuse(accepting, waiting->exchange, waiting->translated.accept, outcome->code, false, "", outcome->text, "");
    else if (waiting->exchange)
        answer_or_refuse(waiting,
                         http_answer_accepted(accepting->adapter, &waiting->incoming, &waiting->translated,
                                              outcome->sequence, &answer, &fault),
                         &answer, &fault);
    waiting_free(waiting);
}

static void on_answered(void *context, const struct truc_answer *reply)
{
    struct waiting *waiting = context;
    const struct http_accepting *accepting = waiting->accepting;
    struct http_answer answer = {0};
    struct truc_fault fault = {0};
    if (reply->code < 0)
        refuse(accepting, waiting->exchange, waiting->translated.accept, reply->code, false,
               reply->reason ? reply->reason : "", reply->text, "");
    else if (waiting->exchange)
        answer_or_refuse(waiting,
                         http_answer_reply(accepting->adapter, &waiting->incoming, &waiting->translated,
                                           bytes_of(reply->payload, reply->payload_bytes), &answer, &fault),
                         &answer, &fault);
    waiting_free(waiting);
}

/* Hands the message to the SDK; from then on the completion frees @waiting. */
static int send(struct waiting *waiting, struct truc_fault *fault)
{
    const struct http_accepting *accepting = waiting->accepting;
    const struct truc_outgoing *outgoing = &waiting->translated.message.outgoing;
    if (accepting->waiting_count > HTTP_WAITING_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "more than %d requests wait for the bus", HTTP_WAITING_MAX);
    if (!truc_is_connected(accepting->bus))
        return fault_set(fault, TRUC_E_DISCONNECTED, "the connector has no connection to the bus");
    if (outgoing->kind == TRUC_REQUEST)
        return truc_ask(accepting->bus, outgoing, waiting->translated.accept->within_ms, on_answered, waiting, fault);
    return truc_publish(accepting->bus, outgoing, on_published, waiting, fault);
}

void http_accepting_handle(void *context, struct http_exchange *exchange, const struct http_incoming *incoming)
{
    struct http_accepting *accepting = context;
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    struct truc_fault fault = {0};
    bool malformed = false;
    if (!waiting) {
        refuse(accepting, exchange, NULL, TRUC_E_MEMORY, false, "", "", "");
        return;
    }
    if (incoming->too_large) {
        free(waiting);
        refuse(accepting, exchange, NULL, TRUC_E_TOO_LARGE, false, "", "the body is larger than 2 MiB", "");
        return;
    }
    waiting->accepting = accepting;
    waiting->exchange = exchange;
    waiting->incoming =
        (struct http_incoming){.headers = json_incref(incoming->headers), .query = json_incref(incoming->query)};
    int result = http_translate(accepting->adapter, incoming, &waiting->translated, &malformed, &fault);
    if (result == 0) {
        waiting->deadline_ms = accepting->now_ms + waiting->translated.accept->within_ms;
        list_append(&accepting->waiting, &waiting->link);
        accepting->waiting_count++;
        result = send(waiting, &fault);
    }
    if (result == 0)
        return;
    refuse(accepting, exchange, waiting->translated.accept, result, malformed, "", fault.text, fault.where);
    waiting_free(waiting);
}

void http_accepting_set_now(struct http_accepting *accepting, uint64_t now_ms)
{
    accepting->now_ms = now_ms;
}

/* A question's end is the SDK's to call, shortly after `within`; this is for publishes that the bus does not answer. */
void http_accepting_expire(struct http_accepting *accepting, uint64_t now_ms)
{
    list_each(link, &accepting->waiting) {
        struct waiting *waiting = list_element(link, struct waiting, link);
        bool question = waiting->translated.message.outgoing.kind == TRUC_REQUEST;
        if (!waiting->exchange || question || waiting->deadline_ms > now_ms)
            continue;
        struct http_exchange *exchange = waiting->exchange;
        waiting->exchange = NULL;
        refuse(accepting, exchange, waiting->translated.accept, TRUC_E_TIMEOUT, false, "",
               "the bus has not answered yet; send it again: it stays one message", "");
    }
}

int http_accepting_timeout_ms(const struct http_accepting *accepting, uint64_t now_ms)
{
    uint64_t first_ms = UINT64_MAX;
    list_each(link, &accepting->waiting) {
        const struct waiting *waiting = list_element(link, struct waiting, link);
        if (waiting->exchange && waiting->translated.message.outgoing.kind != TRUC_REQUEST &&
            waiting->deadline_ms < first_ms)
            first_ms = waiting->deadline_ms;
    }
    if (first_ms == UINT64_MAX)
        return -1;
    uint64_t left_ms = first_ms > now_ms ? first_ms - now_ms : 0;
    return left_ms > HTTP_TIMEOUT_MAX_MS ? HTTP_TIMEOUT_MAX_MS : (int)left_ms;
}
