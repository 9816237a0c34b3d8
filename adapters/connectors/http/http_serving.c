/* http_serving.c - see http_serving.h: glue between SDK, sequence and client; each delivery has one struct delivery.
 * Meaning lives in http_sequence.c and http_judge.c.
 * In the flow: called by the SDK (deliveries) and the client (answers). */
#include "http_serving.h"

#include <stdlib.h>

#include "connector_delivery.h"
#include "fault.h"

struct http_serving {
    const struct http_adapter *adapter;
    struct http_client *client;
    const struct connector_log *log;
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

static void delivery_free(struct delivery *delivery)
{
    http_sequence_free(delivery->sequence);
    free(delivery);
}

static int settle(struct delivery *delivery, struct connector_settlement *settlement)
{
    int result = connector_settle(delivery->request, settlement, delivery->serving->log);
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
    struct connector_settlement settlement = {0};
    struct truc_fault fault = {0};
    if (http_sequence_next(delivery->sequence, &call, &settlement) == 0)
        return settle(delivery, &settlement);
    int result =
        http_client_send(serving->client, &call, serving->adapter->far_side.timeout_ms, on_answer, delivery, &fault);
    if (result == 0)
        return 0;
    settlement =
        (struct connector_settlement){.outcome = CONNECTOR_RETRY, .code = result, .after_ms = CONNECTOR_RETRY_BY_ROUTE};
    memcpy(settlement.text, fault.text, sizeof(settlement.text));
    return settle(delivery, &settlement);
}

static int handle(truc_request *request, void *context)
{
    struct http_serving *serving = context;
    const struct http_serve *serve = http_adapter_find_serve(serving->adapter, text_of(truc_request_type(request)));
    struct delivery *delivery = calloc(1, sizeof(*delivery));
    json_t *header = connector_header_of(request);
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
                      const struct connector_log *log, struct http_serving **ret_serving, struct truc_fault *fault)
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
