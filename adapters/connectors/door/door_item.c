/* door_item.c - see door_item.h. The names are those that the door takes for publishing (door_event.c).
 * Holds nothing.
 * In the flow: called once a delivery. */
#include "door_item.h"

#include "connector_body.h"
#include "document.h"
#include "fault.h"
#include "time_text.h"

static void put(json_t *item, const char *name, const char *text)
{
    json_t *value = text && *text ? json_string(text) : NULL;
    if (value)
        json_object_set_new(item, name, value);
}

static void put_time(json_t *item, const char *name, uint64_t time_ns)
{
    char text[TIME_TEXT_BYTES];
    if (!time_ns)
        return;
    time_format_rfc3339(time_ns, text);
    put(item, name, text);
}

static json_t *header_of(const truc_request *request)
{
    static const char *const urgencies[] = {"normal", "urgent", "most-urgent", "express"};
    static const char *const kinds[] = {"event", "command", "request"};
    const struct truc_purpose *purpose = truc_request_purpose(request);
    json_t *item =
        json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "specversion", "1.0", "datacontenttype", "application/json",
                  "classification", "not-secret", "historical", truc_request_historical(request), "observed",
                  truc_request_observed(request), "mayhaverun", truc_request_may_have_run(request));
    if (!item)
        return NULL;
    put(item, "id", truc_request_id(request));
    put(item, "source", truc_request_source(request));
    put(item, "type", truc_request_type(request));
    put(item, "subject", truc_request_subject(request));
    put_time(item, "time", truc_request_time_ns(request));
    put_time(item, "expires", truc_request_expires_ns(request));
    put(item, "kind", kinds[(truc_request_kind(request) - 1) % 3]);
    put(item, "urgency", urgencies[(truc_request_urgency(request) - 1) % 4]);
    put(item, "orderingkey", truc_request_ordering_key(request));
    put(item, "correlationid", truc_request_correlation_id(request));
    put(item, "causationid", truc_request_causation_id(request));
    put(item, "traceparent", truc_request_traceparent(request));
    put(item, "purposeprocedure", purpose->procedure);
    put(item, "purposedossier", purpose->dossier);
    put(item, "purposeofficer", purpose->officer);
    put(item, "purposelegalbasis", purpose->legal_basis);
    json_object_set_new(item, "position", json_integer((json_int_t)truc_request_sequence(request)));
    json_object_set_new(item, "attempt", json_integer(truc_request_attempt(request)));
    return item;
}

int door_item_write(const struct schema_message *message, const truc_request *request, struct buffer *out,
                    struct truc_fault *fault)
{
    size_t size;
    const void *payload = truc_request_payload(request, &size);
    json_t *body = NULL, *item = NULL;
    int result = connector_body_of(message, bytes_of(payload, size), &body, fault);
    if (result == 0 && !(item = header_of(request)))
        result = fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
    if (result == 0)
        json_object_set(item, "data", body);
    if (result == 0)
        result = document_write_json(item, out, fault);
    json_decref(item);
    json_decref(body);
    return result;
}
