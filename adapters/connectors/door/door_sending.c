/* door_sending.c - see door_sending.h.
 * The log names token, type, outcome and field, never content.
 * In the flow: called by the loop, the server and the SDK, all from one thread. */
#include "door_sending.h"

#include <stdlib.h>

#include "connector_body.h"
#include "connector_mask.h"
#include "door_answer.h"
#include "door_event.h"
#include "fault.h"
#include "list.h"

struct waiting {
    struct list_link link;
    struct door_sending *sending;
    struct http_exchange *exchange; /* NULL: already answered, its time was over */
    struct connector_form form;
    struct connector_message message;
    char who[64];
    uint64_t deadline_ms;
};

struct door_sending {
    const struct door_adapter *door;
    truc_adapter *bus;
    const struct connector_log *log;
    struct list_link waiting; /* in the order they came */
    size_t waiting_count;
    uint64_t now_ms;
};

int door_sending_open(const struct door_adapter *door, truc_adapter *bus, const struct connector_log *log,
                      struct door_sending **ret_sending, struct truc_fault *fault)
{
    struct door_sending *sending = calloc(1, sizeof(*sending));
    if (!sending)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the sending side");
    sending->door = door;
    sending->bus = bus;
    sending->log = log;
    list_init(&sending->waiting);
    *ret_sending = sending;
    return 0;
}

static void waiting_free(struct waiting *waiting)
{
    if (list_is_linked(&waiting->link))
        waiting->sending->waiting_count--;
    list_remove(&waiting->link);
    connector_message_free(&waiting->message);
    free(waiting);
}

void door_sending_close(struct door_sending *sending)
{
    if (!sending)
        return;
    list_each(link, &sending->waiting)
        waiting_free(list_element(link, struct waiting, link));
    free(sending);
}

/* Of the type only what the schema knows is logged; a field may be the vendor's own text, so it is masked. */
static void refuse(struct waiting *waiting, const struct door_problem *problem)
{
    BUFFER_CLEANUP struct buffer field = {0};
    const char *type = waiting->form.message ? waiting->form.message->type : "";
    connector_mask_append(&field, bytes_string(problem->field ? problem->field : ""));
    const char *where = buffer_string(&field);
    connector_log(waiting->sending->log, CONNECTOR_LOG_INFO, "refused %s %s of token %s%s%s",
                  problem->reason && *problem->reason ? problem->reason : truc_error_name(problem->code), type,
                  waiting->who, where && *where ? ": " : "", where ? where : "");
    if (waiting->exchange)
        door_answer_problem(waiting->exchange, problem);
    waiting->exchange = NULL;
}

static void refuse_fault(struct waiting *waiting, unsigned status, const struct truc_fault *fault)
{
    refuse(waiting,
           &(struct door_problem){
               .status = status, .code = fault->code, .text = fault->text, .hint = fault->hint, .field = fault->where});
}

static void on_published(void *context, const struct truc_outcome *outcome)
{
    struct waiting *waiting = context;
    if (outcome->code < 0)
        refuse(waiting, &(struct door_problem){.code = outcome->code, .text = outcome->text, .hint = outcome->hint});
    else if (waiting->exchange)
        door_answer_json(waiting->exchange, outcome->repeat ? 200 : 202,
                         json_pack("{s:s, s:I, s:b}", "id", outcome->id, "position", (json_int_t)outcome->sequence,
                                   "repeat", outcome->repeat));
    waiting_free(waiting);
}

static void on_answered(void *context, const struct truc_answer *reply)
{
    struct waiting *waiting = context;
    struct truc_fault fault = {0};
    json_t *body = NULL;
    int result = reply->code;
    if (result == 0)
        result = connector_body_of(waiting->form.message->reply, bytes_of(reply->payload, reply->payload_bytes), &body,
                                   &fault);
    if (reply->code < 0)
        refuse(waiting, &(struct door_problem){
                            .code = reply->code, .reason = reply->reason, .text = reply->text, .hint = reply->hint});
    else if (result < 0)
        refuse(waiting, &(struct door_problem){.code = TRUC_E_INTERNAL, .text = "the reply can't be read"});
    else if (waiting->exchange)
        door_answer_json(waiting->exchange, 200,
                         json_pack("{s:I, s:O}", "position", (json_int_t)reply->sequence, "body", body));
    json_decref(body);
    waiting_free(waiting);
}

static int within_s(const struct http_incoming *incoming, uint32_t *ret_s, struct truc_fault *fault)
{
    const char *text = json_string_value(json_object_get(incoming->query, "within"));
    char *end = NULL;
    unsigned long seconds = text ? strtoul(text, &end, 10) : DOOR_ASK_WITHIN_DEFAULT_S;
    *ret_s = (uint32_t)seconds;
    if (!text || (*text >= '0' && *text <= '9' && *end == 0 && seconds > 0 && seconds <= DOOR_ASK_WITHIN_MAX_S))
        return 0;
    fault_set(fault, TRUC_E_HEADER, "within is 1 to %d seconds", DOOR_ASK_WITHIN_MAX_S);
    fault_where(fault, "within");
    return TRUC_E_HEADER;
}

/* The type's schema; another door is named when it is a question among messages or the other way round. */
static int find_type(struct waiting *waiting, const char *type, bool is_question, struct truc_fault *fault)
{
    const struct schema_message *message = schema_set_find_type(waiting->sending->door->schemas, bytes_string(type));
    if (!message) {
        const struct schema_message *near =
            schema_set_nearest_type(waiting->sending->door->schemas, bytes_string(type));
        fault_set(fault, TRUC_E_UNKNOWN_TYPE, "there is no such message type");
        fault_hint(fault, near ? "did you mean %s?" : "%sGET /openapi.json lists them", near ? near->type : "");
        return TRUC_E_UNKNOWN_TYPE;
    }
    waiting->form.message = message;
    if ((message->kind == SCHEMA_KIND_REQUEST) == is_question)
        return 0;
    fault_set(fault, TRUC_E_UNKNOWN_TYPE, "%s is %s", type, is_question ? "no question" : "a question");
    fault_hint(fault, "POST /v1/%s/%s", is_question ? "messages" : "requests", type);
    return TRUC_E_UNKNOWN_TYPE;
}

static int hand_to_bus(struct waiting *waiting, uint32_t seconds, struct truc_fault *fault)
{
    struct door_sending *sending = waiting->sending;
    const struct truc_outgoing *outgoing = &waiting->message.outgoing;
    if (sending->waiting_count >= DOOR_WAITING_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "more than %d requests wait for the bus", DOOR_WAITING_MAX);
    if (!truc_is_connected(sending->bus))
        return fault_set(fault, TRUC_E_DISCONNECTED, "the door has no connection to the bus");
    list_append(&sending->waiting, &waiting->link);
    sending->waiting_count++;
    if (outgoing->kind == TRUC_REQUEST)
        return truc_ask(sending->bus, outgoing, seconds * 1000, on_answered, waiting, fault);
    return truc_publish(sending->bus, outgoing, on_published, waiting, fault);
}

static void send(struct door_sending *sending, struct http_exchange *exchange, const struct http_incoming *incoming,
                 const char *type, const char *who, bool is_question)
{
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    struct truc_fault fault = {0};
    uint32_t seconds = 0;
    unsigned status = 0;
    if (!waiting) {
        door_answer_problem(exchange, &(struct door_problem){.code = TRUC_E_MEMORY});
        return;
    }
    waiting->sending = sending;
    waiting->exchange = exchange;
    waiting->deadline_ms = is_question ? UINT64_MAX : sending->now_ms + DOOR_PUBLISH_WITHIN_MS;
    memcpy(waiting->who, who, strnlen(who, sizeof(waiting->who) - 1));
    int result = find_type(waiting, type, is_question, &fault);
    if (result < 0)
        status = 404;
    if (result == 0 && is_question)
        result = within_s(incoming, &seconds, &fault);
    if (result == 0)
        result = door_event_read(sending->door, &waiting->form, incoming, &waiting->message, &status, &fault);
    if (result == 0)
        result = hand_to_bus(waiting, seconds, &fault);
    if (result == 0)
        return;
    refuse_fault(waiting, status, &fault);
    waiting_free(waiting);
}

void door_sending_publish(struct door_sending *sending, struct http_exchange *exchange,
                          const struct http_incoming *incoming, const char *type, const char *who)
{
    send(sending, exchange, incoming, type, who, false);
}

void door_sending_ask(struct door_sending *sending, struct http_exchange *exchange,
                      const struct http_incoming *incoming, const char *type, const char *who)
{
    send(sending, exchange, incoming, type, who, true);
}

/* A question's end is the SDK's to call; this is for messages that the bus does not answer. */
void door_sending_expire(struct door_sending *sending, uint64_t now_ms)
{
    sending->now_ms = now_ms;
    list_each(link, &sending->waiting) {
        struct waiting *waiting = list_element(link, struct waiting, link);
        if (waiting->exchange && waiting->deadline_ms <= now_ms)
            refuse(waiting,
                   &(struct door_problem){.code = TRUC_E_TIMEOUT,
                                          .text = "the bus has not answered yet; send it again: it stays one message"});
    }
}

bool door_sending_is_idle(const struct door_sending *sending)
{
    return sending->waiting_count == 0;
}
