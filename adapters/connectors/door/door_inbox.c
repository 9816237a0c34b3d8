/* door_inbox.c - see door_inbox.h.
 * A lease is only ours: the bus knows a listed message as delivered, and how long a vendor takes is not its affair.
 * In the flow: called by the loop, the server and the SDK, all from one thread. */
#include "door_inbox.h"

#include <stdlib.h>

#include "document.h"
#include "door_answer.h"
#include "door_item.h"
#include "fault.h"
#include "list.h"
#include "mapping_payload.h"
#include "time_text.h"

enum { RETRY_AFTER_MAX_S = 24 * 3600, REASON_BYTES_MAX = 64, STATUS_MALFORMED = 400 };

struct item {
    struct list_link link;
    truc_request *request;
    const struct schema_message *message;
    struct buffer text; /* as it is listed */
    uint64_t leased_until_ms;
};

struct poll {
    struct list_link link;
    struct http_exchange *exchange;
    size_t limit;
    uint64_t deadline_ms;
};

struct settled {
    struct list_link link;
    struct http_exchange *exchange;
};

struct door_inbox {
    const struct door_adapter *door;
    const struct connector_log *log;
    struct list_link items; /* in the order they were delivered */
    struct list_link polls; /* first come, first served */
    struct list_link settled;
    size_t poll_count;
    uint64_t now_ms;
    bool is_draining;
};

static void item_free(struct item *item)
{
    list_remove(&item->link);
    buffer_free(&item->text);
    free(item);
}

/* What can't be shown to the vendor is the bus's operator's to look at. */
static int refuse(struct door_inbox *inbox, truc_request *request, const struct truc_fault *fault)
{
    connector_log(inbox->log, CONNECTOR_LOG_ERROR, "message %s can't be listed: %s %s", truc_request_id(request),
                  truc_error_name(fault->code), fault->where);
    return fault->code == TRUC_E_MEMORY ? truc_retry(request, fault->code, fault->text)
                                        : truc_reject(request, fault->code, NULL, fault->text);
}

static int on_delivered(truc_request *request, void *context)
{
    struct door_inbox *inbox = context;
    struct truc_fault fault = {0};
    const struct schema_message *message =
        schema_set_find_type(inbox->door->schemas, bytes_string(truc_request_type(request)));
    if (!message) {
        fault_set(&fault, TRUC_E_UNKNOWN_TYPE, "the door's descriptor set does not have the type");
        return refuse(inbox, request, &fault);
    }
    struct item *item = calloc(1, sizeof(*item));
    int result = item ? door_item_write(message, request, &item->text, &fault)
                      : fault_set(&fault, TRUC_E_MEMORY, "no memory for a message");
    if (result < 0) {
        if (item)
            item_free(item);
        return refuse(inbox, request, &fault);
    }
    item->request = request;
    item->message = message;
    list_append(&inbox->items, &item->link);
    truc_keep(request);
    return 0;
}

int door_inbox_open(const struct door_adapter *door, truc_adapter *bus, const struct connector_log *log,
                    struct door_inbox **ret_inbox, struct truc_fault *fault)
{
    struct door_inbox *inbox = calloc(1, sizeof(*inbox));
    if (!inbox)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the inbox");
    inbox->door = door;
    inbox->log = log;
    list_init(&inbox->items);
    list_init(&inbox->polls);
    list_init(&inbox->settled);
    int result = truc_serve(bus, "*", on_delivered, inbox);
    if (result < 0) {
        door_inbox_close(inbox);
        return fault_set(fault, result, "messages can't be served");
    }
    *ret_inbox = inbox;
    return 0;
}

static void poll_free(struct door_inbox *inbox, struct poll *poll)
{
    list_remove(&poll->link);
    inbox->poll_count--;
    free(poll);
}

static void settled_free(struct settled *settled)
{
    list_remove(&settled->link);
    free(settled);
}

void door_inbox_close(struct door_inbox *inbox)
{
    if (!inbox)
        return;
    list_each(link, &inbox->items)
        item_free(list_element(link, struct item, link));
    list_each(link, &inbox->polls)
        poll_free(inbox, list_element(link, struct poll, link));
    list_each(link, &inbox->settled)
        settled_free(list_element(link, struct settled, link));
    free(inbox);
}

/* ---- listing ---- */

static bool is_free(const struct door_inbox *inbox, const struct item *item)
{
    return item->leased_until_ms <= inbox->now_ms;
}

static bool has_free(const struct door_inbox *inbox)
{
    list_each(link, &inbox->items) { // NOLINT(clang-analyzer-unix.Malloc): it can't see what list_remove unlinks
        if (is_free(inbox, list_element(link, struct item, link)))
            return true;
    }
    return false;
}

static void answer_list(struct door_inbox *inbox, struct http_exchange *exchange, size_t limit)
{
    BUFFER_CLEANUP struct buffer text = {0};
    size_t count = 0;
    buffer_append_string(&text, "{\"items\":[");
    list_each(link, &inbox->items) { // NOLINT(clang-analyzer-unix.Malloc): as above
        struct item *item = list_element(link, struct item, link);
        if (count == limit || text.size > DOOR_LIST_BYTES || inbox->is_draining)
            break;
        if (!is_free(inbox, item))
            continue;
        buffer_append_string(&text, count++ ? "," : "");
        buffer_append_bytes(&text, buffer_view(&item->text));
        item->leased_until_ms = inbox->now_ms + inbox->door->lease_ms;
    }
    buffer_append_string(&text, "]}");
    if (buffer_failed(&text))
        door_answer_problem(exchange, &(struct door_problem){.code = TRUC_E_MEMORY});
    else
        door_answer_text(exchange, 200, &text);
}

/* A whole number of a query, or @otherwise when it is not there. */
static int query_number(const struct http_incoming *incoming, const char *name, unsigned long least, unsigned long most,
                        unsigned long *value, struct truc_fault *fault)
{
    const char *text = json_string_value(json_object_get(incoming->query, name));
    char *end;
    if (!text)
        return 0;
    unsigned long number = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == 0 && number >= least && number <= most) {
        *value = number;
        return 0;
    }
    fault_set(fault, TRUC_E_HEADER, "%s is a number from %lu to %lu", name, least, most);
    fault_where(fault, "%s", name);
    return TRUC_E_HEADER;
}

void door_inbox_list(struct door_inbox *inbox, struct http_exchange *exchange, const struct http_incoming *incoming)
{
    struct truc_fault fault = {0};
    unsigned long limit = DOOR_LIST_DEFAULT, wait_s = 0;
    int result = query_number(incoming, "limit", 1, DOOR_LIST_MAX, &limit, &fault);
    if (result == 0)
        result = query_number(incoming, "wait", 0, DOOR_WAIT_MAX_S, &wait_s, &fault);
    if (result < 0) {
        door_answer_fault(exchange, STATUS_MALFORMED, &fault);
        return;
    }
    if (wait_s == 0 || has_free(inbox) || inbox->is_draining) {
        answer_list(inbox, exchange, limit);
        return;
    }
    struct poll *poll = inbox->poll_count < DOOR_POLLS_MAX ? calloc(1, sizeof(*poll)) : NULL;
    if (!poll) {
        door_answer_problem(exchange,
                            &(struct door_problem){.code = TRUC_E_LIMIT, .text = "too many wait: ask without wait"});
        return;
    }
    poll->exchange = exchange;
    poll->limit = limit;
    poll->deadline_ms = inbox->now_ms + wait_s * 1000;
    list_append(&inbox->polls, &poll->link);
    inbox->poll_count++;
}

static struct item *find(struct door_inbox *inbox, uint64_t position)
{
    list_each(link, &inbox->items) {
        struct item *item = list_element(link, struct item, link);
        if (truc_request_sequence(item->request) == position)
            return item;
    }
    return NULL;
}

static void answer_absent(struct http_exchange *exchange)
{
    door_answer_problem(exchange, &(struct door_problem){.status = 404,
                                                         .code = TRUC_E_NOT_FOUND,
                                                         .text = "there is no such message in the inbox",
                                                         .hint = "it was settled before, or it will be listed again"});
}

void door_inbox_get(struct door_inbox *inbox, struct http_exchange *exchange, uint64_t position)
{
    const struct item *item = find(inbox, position);
    struct buffer text = {0};
    if (!item) {
        answer_absent(exchange);
        return;
    }
    buffer_append_bytes(&text, buffer_view(&item->text));
    if (buffer_failed(&text))
        door_answer_problem(exchange, &(struct door_problem){.code = TRUC_E_MEMORY});
    else
        door_answer_text(exchange, 200, &text);
    buffer_free(&text);
}

/* ---- settling ---- */

static int wrong(struct truc_fault *fault, const char *field, const char *text)
{
    fault_set(fault, TRUC_E_PAYLOAD, "%s", text);
    fault_where(fault, "%s", field);
    return TRUC_E_PAYLOAD;
}

static int settle_done(const struct item *item, const json_t *body, struct truc_fault *fault)
{
    (void)body;
    if (truc_request_kind(item->request) == TRUC_REQUEST)
        return fault_set(fault, TRUC_E_STATE, "it is a question: reply or reject");
    return truc_done(item->request);
}

static int settle_retry(const struct item *item, const json_t *body, struct truc_fault *fault)
{
    const json_t *after = json_object_get(body, "after"), *text = json_object_get(body, "text");
    uint64_t span_ns = 0;
    if (after && (!json_is_string(after) || span_parse(bytes_string(json_string_value(after)), &span_ns) < 0 ||
                  span_ns > RETRY_AFTER_MAX_S * TIME_NS_PER_S))
        return wrong(fault, "after", "after is a span of at most a day, as 30s or 5m");
    return truc_retry_after(item->request, TRUC_E_UNAVAILABLE, json_string_value(text),
                            (uint32_t)(span_ns / TIME_NS_PER_MS));
}

static int settle_reject(const struct item *item, const json_t *body, struct truc_fault *fault)
{
    const char *reason = json_string_value(json_object_get(body, "reason"));
    size_t size = reason ? strlen(reason) : 0;
    if (!size || size > REASON_BYTES_MAX || strspn(reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != size)
        return wrong(fault, "reason", "reason is a name in capitals, as ADDRESS_UNKNOWN");
    return truc_reject(item->request, TRUC_E_REJECTED, reason, json_string_value(json_object_get(body, "text")));
}

static int settle_reply(const struct item *item, const json_t *body, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    const json_t *fields = json_object_get(body, "body");
    if (truc_request_kind(item->request) != TRUC_REQUEST || !item->message->reply)
        return fault_set(fault, TRUC_E_STATE, "it is no question");
    if (!json_is_object(fields))
        return wrong(fault, "body", "body holds the fields of the reply");
    int result = mapping_payload_write(item->message->reply, fields, NULL, &payload, fault);
    if (result == TRUC_E_PAYLOAD) {
        struct truc_fault inner = *fault;
        fault_where(fault, "body%s%.180s", *inner.where ? "." : "", inner.where);
    }
    return result < 0 ? result : truc_reply_bytes(item->request, payload.data, payload.size);
}

static const struct {
    const char *word;
    int (*settle)(const struct item *item, const json_t *body, struct truc_fault *fault);
} ways[] = {{"done", settle_done}, {"retry", settle_retry}, {"reject", settle_reject}, {"reply", settle_reply}};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/* The settlement is in the SDK's hands; its next step writes it, and then the vendor is answered. */
static void answer_later(struct door_inbox *inbox, struct settled *settled, struct http_exchange *exchange)
{
    settled->exchange = exchange;
    list_append(&inbox->settled, &settled->link);
}

static unsigned status_of(int code)
{
    return code == TRUC_E_STATE ? 409 : 0;
}

bool door_inbox_settle(struct door_inbox *inbox, struct http_exchange *exchange, const struct http_incoming *incoming,
                       uint64_t position, const char *word)
{
    struct truc_fault fault = {0};
    json_t *body = NULL;
    size_t way = 0;
    while (way < WAYS && strcmp(ways[way].word, word) != 0)
        way++;
    if (way == WAYS)
        return false;
    struct item *item = find(inbox, position);
    if (!item) {
        answer_absent(exchange);
        return true;
    }
    struct settled *settled = calloc(1, sizeof(*settled));
    int result = settled ? document_read(DOCUMENT_FORMAT_JSON, incoming->body, &body, &fault)
                         : fault_set(&fault, TRUC_E_MEMORY, "no memory for a settlement");
    unsigned status = result == TRUC_E_PAYLOAD ? STATUS_MALFORMED : 0;
    if (result == 0)
        result = ways[way].settle(item, body, &fault);
    json_decref(body);
    if (result == 0) {
        item_free(item);
        answer_later(inbox, settled, exchange);
        return true;
    }
    free(settled);
    if (!fault.code)
        fault_set(&fault, result, "the bus's library does not take it");
    door_answer_fault(exchange, status ? status : status_of(result), &fault);
    return true;
}

/* ---- time ---- */

static void answer_settled(struct door_inbox *inbox)
{
    list_each(link, &inbox->settled) {
        struct settled *settled = list_element(link, struct settled, link);
        door_answer_json(settled->exchange, 200, json_pack("{s:b}", "settled", 1));
        settled_free(settled);
    }
}

/* The asker has its answer already, and nobody would take this one. */
static void drop_expired(struct door_inbox *inbox, uint64_t now_ns)
{
    list_each(link, &inbox->items) {
        struct item *item = list_element(link, struct item, link);
        uint64_t expires_ns = truc_request_expires_ns(item->request);
        if (truc_request_kind(item->request) != TRUC_REQUEST || !expires_ns || expires_ns > now_ns)
            continue;
        connector_log(inbox->log, CONNECTOR_LOG_WARNING, "question %s was not answered in time",
                      truc_request_id(item->request));
        (void)truc_reject(item->request, TRUC_E_DEADLINE, NULL, "not answered in time"); /* an error ends the adapter */
        item_free(item);
    }
}

void door_inbox_step(struct door_inbox *inbox, uint64_t now_ms, uint64_t now_ns)
{
    inbox->now_ms = now_ms;
    answer_settled(inbox);
    drop_expired(inbox, now_ns);
    list_each(link, &inbox->polls) {
        struct poll *poll = list_element(link, struct poll, link);
        if (poll->deadline_ms > now_ms && !inbox->is_draining && !has_free(inbox))
            continue;
        answer_list(inbox, poll->exchange, poll->limit);
        poll_free(inbox, poll);
    }
}

int door_inbox_timeout_ms(const struct door_inbox *inbox, uint64_t now_ms)
{
    uint64_t first_ms = UINT64_MAX;
    if (!list_is_empty(&inbox->settled))
        return 0;
    list_each(link, &inbox->polls) {
        const struct poll *poll = list_element(link, struct poll, link);
        first_ms = poll->deadline_ms < first_ms ? poll->deadline_ms : first_ms;
    }
    if (first_ms == UINT64_MAX)
        return -1;
    return first_ms > now_ms ? (int)(first_ms - now_ms) : 0;
}

void door_inbox_drain(struct door_inbox *inbox)
{
    inbox->is_draining = true;
}

bool door_inbox_is_idle(const struct door_inbox *inbox)
{
    return list_is_empty(&inbox->settled) && list_is_empty(&inbox->polls);
}
