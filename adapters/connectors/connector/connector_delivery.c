/* connector_delivery.c - see connector_delivery.h.
 * Logs name type, id and outcome, never content.
 * In the flow: called by the serving side of each connector. */
#include "connector_delivery.h"

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

json_t *connector_header_of(const truc_request *request)
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

static void log_settlement(const truc_request *request, const struct connector_settlement *settlement,
                           const struct connector_log *log)
{
    const char *type = text_of(truc_request_type(request)), *id = text_of(truc_request_id(request));
    if (settlement->outcome == CONNECTOR_RETRY)
        connector_log(log, CONNECTOR_LOG_WARNING, "retry: %s %s: %s", type, id, settlement->text);
    else if (settlement->outcome == CONNECTOR_REJECT)
        connector_log(log, CONNECTOR_LOG_WARNING, "rejected %s: %s %s: %s", settlement->reason, type, id,
                      settlement->text);
}

int connector_settle(truc_request *request, struct connector_settlement *settlement, const struct connector_log *log)
{
    int result;
    log_settlement(request, settlement, log);
    switch (settlement->outcome) {
    case CONNECTOR_DONE:
        result = truc_done(request);
        break;
    case CONNECTOR_REPLY:
        result = truc_reply_bytes(request, settlement->payload.data, settlement->payload.size);
        break;
    case CONNECTOR_RETRY:
        result = settlement->after_ms == CONNECTOR_RETRY_BY_ROUTE
                     ? truc_retry(request, settlement->code, settlement->text)
                     : truc_retry_after(request, settlement->code, settlement->text, settlement->after_ms);
        break;
    default:
        result = truc_reject(request, settlement->code, settlement->reason, settlement->text);
        break;
    }
    if (result < 0)
        connector_log(log, CONNECTOR_LOG_ERROR, "a message could not be settled: %s", truc_error_name(result));
    buffer_free(&settlement->payload);
    return result;
}
