/* http_serving.c - see http_serving.h: glue between SDK, sequence and client; each delivery has one struct delivery.
 * Meaning lives in http_sequence.c and http_judge.c.
 * In the flow: called by the SDK (deliveries) and the client (answers). */
#include "http_serving.h"

#include <stdlib.h>

#include "fault.h"

struct http_serving {
    const struct http_adapter *adapter;
    struct http_client *client;
    const struct http_log *log;
};

struct delivery {
    struct http_serving *serving;
    truc_request *request;
    struct http_sequence *sequence;
};

static const char *text_of(const char *text)
{
    return text ? text : "";
}

/* Empty fields are left out, so that `default` works on them. */
static int set_text(json_t *object, const char *name, const char *text)
{
    return text && *text ? json_object_set_new(object, name, json_string(text)) : 0;
}

static int set_integer(json_t *object, const char *name, uint64_t value)
{
    return json_object_set_new(object, name, json_integer((json_int_t)value));
}

static json_t *purpose_of(const truc_request *request)
{
    const struct truc_purpose *purpose = truc_request_purpose(request);
    json_t *object = json_object();
    if (!object || !purpose)
        return object;
    bool failed =
        set_text(object, "procedure", purpose->procedure) < 0 || set_text(object, "dossier", purpose->dossier) < 0 ||
        set_text(object, "officer", purpose->officer) < 0 || set_text(object, "legal-basis", purpose->legal_basis) < 0;
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}

/* The members of http_header_record. */
static json_t *header_of(const truc_request *request)
{
    static const char *const urgencies[] = {"normal", "urgent", "most-urgent", "express"};
    enum truc_urgency urgency = truc_request_urgency(request);
    json_t *header = json_object(), *purpose = purpose_of(request);
    int failed = header && purpose ? 0 : -1;
    const char *urgency_text =
        urgency >= TRUC_NORMAL && urgency <= TRUC_EXPRESS ? urgencies[urgency - 1] : urgencies[0];
    failed |= set_text(header, "id", truc_request_id(request));
    failed |= set_text(header, "type", truc_request_type(request));
    failed |= set_text(header, "source", truc_request_source(request));
    failed |= set_text(header, "subject", truc_request_subject(request));
    failed |= set_text(header, "urgency", urgency_text);
    failed |= set_text(header, "ordering-key", truc_request_ordering_key(request));
    failed |= set_text(header, "correlation-id", truc_request_correlation_id(request));
    failed |= set_text(header, "causation-id", truc_request_causation_id(request));
    failed |= set_text(header, "traceparent", truc_request_traceparent(request));
    failed |= set_integer(header, "time", truc_request_time_ns(request));
    failed |= set_integer(header, "sequence", truc_request_sequence(request));
    failed |= set_integer(header, "attempt", truc_request_attempt(request));
    failed |= json_object_set_new(header, "historical", json_boolean(truc_request_historical(request)));
    failed |= json_object_set_new(header, "purpose", purpose);
    if (failed == 0)
        return header;
    json_decref(header);
    return NULL;
}

static void delivery_free(struct delivery *delivery)
{
    http_sequence_free(delivery->sequence);
    free(delivery);
}

static void log_settlement(const struct delivery *delivery, const struct http_settlement *settlement)
{
    const char *type = text_of(truc_request_type(delivery->request)), *id = text_of(truc_request_id(delivery->request));
    if (settlement->outcome == HTTP_RETRY)
        http_log(delivery->serving->log, HTTP_LOG_WARNING, "retry: %s %s: %s", type, id, settlement->text);
    else if (settlement->outcome == HTTP_REJECT)
        http_log(delivery->serving->log, HTTP_LOG_WARNING, "rejected %s: %s %s: %s", settlement->reason, type, id,
                 settlement->text);
}

static int settle(struct delivery *delivery, struct http_settlement *settlement)
{
    truc_request *request = delivery->request;
    int result;
    log_settlement(delivery, settlement);
    switch (settlement->outcome) {
    case HTTP_DONE:
        result = truc_done(request);
        break;
    case HTTP_REPLY:
        result = truc_reply_bytes(request, settlement->payload.data, settlement->payload.size);
        break;
    case HTTP_RETRY:
        result = settlement->after_ms == HTTP_RETRY_BY_ROUTE
                     ? truc_retry(request, settlement->code, settlement->text)
                     : truc_retry_after(request, settlement->code, settlement->text, settlement->after_ms);
        break;
    default:
        result = truc_reject(request, settlement->code, settlement->reason, settlement->text);
        break;
    }
    if (result < 0)
        http_log(delivery->serving->log, HTTP_LOG_ERROR, "a message could not be settled: %s", truc_error_name(result));
    buffer_free(&settlement->payload);
    delivery_free(delivery);
    return result;
}

static int advance(struct delivery *delivery);

static void on_answer(void *context, const struct http_response *response)
{
    struct delivery *delivery = context;
    http_sequence_answer(delivery->sequence, response);
    advance(delivery);
}

/* Makes the next call, or settles. Returns 0, or what settling returned. */
static int advance(struct delivery *delivery)
{
    struct http_serving *serving = delivery->serving;
    struct http_request call = {0};
    struct http_settlement settlement = {0};
    struct truc_fault fault = {0};
    if (http_sequence_next(delivery->sequence, &call, &settlement) == 0)
        return settle(delivery, &settlement);
    int result =
        http_client_send(serving->client, &call, serving->adapter->far_side.timeout_ms, on_answer, delivery, &fault);
    if (result == 0)
        return 0;
    settlement = (struct http_settlement){.outcome = HTTP_RETRY, .code = result, .after_ms = HTTP_RETRY_BY_ROUTE};
    memcpy(settlement.text, fault.text, sizeof(settlement.text));
    return settle(delivery, &settlement);
}

static int handle(truc_request *request, void *context)
{
    struct http_serving *serving = context;
    const struct http_serve *serve = http_adapter_find_serve(serving->adapter, text_of(truc_request_type(request)));
    struct delivery *delivery = calloc(1, sizeof(*delivery));
    json_t *header = header_of(request);
    struct truc_fault fault = {0};
    size_t size;
    const void *payload = truc_request_payload(request, &size);
    int result = TRUC_E_MEMORY;
    if (!serve)
        result = fault_set(&fault, TRUC_E_NOT_SERVED, "no serves: entry for this type");
    else if (delivery && header)
        result =
            http_sequence_begin(serving->adapter, serve, header, bytes_of(payload, size), &delivery->sequence, &fault);
    json_decref(header);
    if (result < 0) {
        free(delivery);
        return result == TRUC_E_MEMORY ? truc_retry(request, result, "no memory")
                                       : truc_reject(request, result, truc_error_name(result), fault.text);
    }
    delivery->serving = serving;
    delivery->request = request;
    truc_keep(request);
    advance(delivery);
    return 0;
}

int http_serving_open(const struct http_adapter *adapter, truc_adapter *bus, struct http_client *client,
                      const struct http_log *log, struct http_serving **ret_serving, struct truc_fault *fault)
{
    struct http_serving *serving = calloc(1, sizeof(*serving));
    if (!serving)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the serving side");
    *serving = (struct http_serving){.adapter = adapter, .client = client, .log = log};
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

void http_serving_close(struct http_serving *serving)
{
    free(serving);
}
