/* fake_sdk.c - see fake_sdk.h.
 * Fixed tables, no allocation but the adapter itself.
 * Linked instead of the SDK. */
#include "fake_sdk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fault.h"

enum { HANDLERS_MAX = 64, DELIVERIES_MAX = 16 };

struct open_publish {
    bool used;
    truc_completion *completion;
    truc_answer_callback *callback;
    void *context;
    size_t sent;
};

struct truc_request {
    bool used, given, kept;
    truc_adapter *adapter;
    char type[FAKE_SDK_TEXT_BYTES], id[FAKE_SDK_TEXT_BYTES];
    struct bytes payload;
    struct truc_purpose purpose;
    struct fake_settlement *settlement;
};

struct truc_adapter {
    char system[FAKE_SDK_TEXT_BYTES];
    int event;
    bool connected, draining, hold;
    int code;
    char reason[FAKE_SDK_TEXT_BYTES];
    struct bytes answer;
    struct fake_sent sent[FAKE_SDK_SENT_MAX];
    size_t sent_count;
    struct open_publish open[FAKE_SDK_SENT_MAX];
    struct truc_request deliveries[DELIVERIES_MAX];
    struct {
        char type[FAKE_SDK_TEXT_BYTES];
        truc_handler *handler;
        void *context;
    } handlers[HANDLERS_MAX];
    size_t handler_count;
};

static void copy(char out[FAKE_SDK_TEXT_BYTES], const char *text)
{
    snprintf(out, FAKE_SDK_TEXT_BYTES, "%s", text ? text : "");
}

truc_adapter *fake_sdk_open(const char *system)
{
    truc_adapter *adapter = calloc(1, sizeof(*adapter));
    if (!adapter)
        abort();
    copy(adapter->system, system);
    adapter->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    adapter->connected = true;
    return adapter;
}

int truc_adapter_open(const struct truc_options *options, truc_adapter **ret_adapter, struct truc_fault *fault)
{
    (void)fault;
    *ret_adapter = fake_sdk_open(options->settings);
    return 0;
}

static void complete(truc_adapter *adapter, struct open_publish *open, int code)
{
    struct open_publish ended = *open;
    *open = (struct open_publish){0};
    if (ended.completion) {
        struct truc_outcome outcome = {.code = code,
                                       .sequence = ended.sent + 1,
                                       .id = adapter->sent[ended.sent].id,
                                       .text = code ? "the bus says no" : "",
                                       .hint = ""};
        ended.completion(ended.context, &outcome);
    }
    if (ended.callback) {
        struct truc_answer answer = {.code = code,
                                     .reason = adapter->reason,
                                     .text = code ? "the provider says no" : "",
                                     .hint = "",
                                     .payload = code ? NULL : adapter->answer.data,
                                     .payload_bytes = code ? 0 : adapter->answer.size,
                                     .type = ""};
        ended.callback(ended.context, &answer);
    }
}

void truc_adapter_close(truc_adapter *adapter)
{
    if (!adapter)
        return;
    for (size_t i = 0; i < FAKE_SDK_SENT_MAX; i++) {
        if (adapter->open[i].used)
            complete(adapter, &adapter->open[i], TRUC_E_CLOSED);
    }
    close(adapter->event);
    free(adapter);
}

const char *truc_adapter_system(const truc_adapter *adapter)
{
    return adapter->system;
}

int truc_fd(const truc_adapter *adapter)
{
    return adapter->event;
}

int truc_timeout_ms(const truc_adapter *adapter)
{
    (void)adapter;
    return 50;
}

void truc_wake(truc_adapter *adapter)
{
    eventfd_write(adapter->event, 1);
}

static void give(struct truc_request *request)
{
    truc_adapter *adapter = request->adapter;
    request->given = true;
    for (size_t i = 0; i < adapter->handler_count; i++) {
        if (strcmp(adapter->handlers[i].type, request->type) == 0) {
            adapter->handlers[i].handler(request, adapter->handlers[i].context);
            return;
        }
    }
    truc_reject(request, TRUC_E_NOT_SERVED, "NOT_SERVED", "");
}

int truc_step(truc_adapter *adapter, struct truc_fault *fault)
{
    eventfd_t value;
    (void)fault;
    eventfd_read(adapter->event, &value);
    for (size_t i = 0; !adapter->hold && i < FAKE_SDK_SENT_MAX; i++) {
        if (adapter->open[i].used)
            complete(adapter, &adapter->open[i], adapter->code);
    }
    for (size_t i = 0; i < DELIVERIES_MAX; i++) {
        if (adapter->deliveries[i].used && !adapter->deliveries[i].given)
            give(&adapter->deliveries[i]);
    }
    return 0;
}

void truc_drain(truc_adapter *adapter)
{
    adapter->draining = true;
}

bool truc_is_drained(const truc_adapter *adapter)
{
    for (size_t i = 0; i < FAKE_SDK_SENT_MAX; i++) {
        if (adapter->open[i].used)
            return false;
    }
    for (size_t i = 0; i < DELIVERIES_MAX; i++) {
        if (adapter->deliveries[i].used)
            return false;
    }
    return adapter->draining;
}

bool truc_is_connected(const truc_adapter *adapter)
{
    return adapter->connected;
}

bool truc_is_sandbox(const truc_adapter *adapter)
{
    (void)adapter;
    return false;
}

static int take(truc_adapter *adapter, const struct truc_outgoing *message, truc_completion *completion,
                truc_answer_callback *callback, void *context, struct truc_fault *fault)
{
    if (message->classification != TRUC_NOT_SECRET)
        return fault_set(fault, TRUC_E_SECRET, "secret");
    if (adapter->sent_count == FAKE_SDK_SENT_MAX || message->payload_bytes > FAKE_SDK_PAYLOAD_BYTES)
        return fault_set(fault, TRUC_E_LIMIT, "the stand-in is full");
    struct fake_sent *sent = &adapter->sent[adapter->sent_count];
    copy(sent->type, message->type);
    copy(sent->id, message->id);
    copy(sent->subject, message->subject);
    copy(sent->officer, message->purpose.officer);
    sent->kind = message->kind;
    if (message->payload_bytes)
        memcpy(sent->payload, message->payload, message->payload_bytes);
    sent->payload_bytes = message->payload_bytes;
    adapter->open[adapter->sent_count] = (struct open_publish){
        .used = true, .completion = completion, .callback = callback, .context = context, .sent = adapter->sent_count};
    adapter->sent_count++;
    truc_wake(adapter);
    return 0;
}

int truc_publish(truc_adapter *adapter, const struct truc_outgoing *message, truc_completion *completion, void *context,
                 struct truc_fault *fault)
{
    return take(adapter, message, completion, NULL, context, fault);
}

int truc_ask(truc_adapter *adapter, const struct truc_outgoing *message, uint32_t timeout_ms,
             truc_answer_callback *callback, void *context, struct truc_fault *fault)
{
    (void)timeout_ms;
    return take(adapter, message, NULL, callback, context, fault);
}

int truc_serve(truc_adapter *adapter, const char *type, truc_handler *handler, void *context)
{
    if (adapter->handler_count == HANDLERS_MAX)
        return TRUC_E_LIMIT;
    copy(adapter->handlers[adapter->handler_count].type, type);
    adapter->handlers[adapter->handler_count].handler = handler;
    adapter->handlers[adapter->handler_count].context = context;
    adapter->handler_count++;
    return 0;
}

/* ---- settling ------------------------------------------------------------------------------------------------- */

static int settle(truc_request *request, enum fake_settled how, int code, const char *reason, const char *text)
{
    request->settlement->how = how;
    request->settlement->code = code;
    copy(request->settlement->reason, reason);
    snprintf(request->settlement->text, sizeof(request->settlement->text), "%s", text ? text : "");
    *request = (struct truc_request){0};
    return 0;
}

int truc_done(truc_request *request)
{
    return settle(request, FAKE_DONE, 0, "", "");
}

int truc_retry_after(truc_request *request, int code, const char *text, uint32_t after_ms)
{
    request->settlement->after_ms = after_ms;
    return settle(request, FAKE_RETRY, code, "", text);
}

int truc_retry(truc_request *request, int code, const char *text)
{
    return truc_retry_after(request, code, text, 0);
}

int truc_reject(truc_request *request, int code, const char *reason, const char *text)
{
    return settle(request, FAKE_REJECT, code, reason, text);
}

int truc_reply_bytes(truc_request *request, const void *payload, size_t payload_bytes)
{
    if (payload_bytes)
        memcpy(request->settlement->payload, payload, payload_bytes);
    request->settlement->payload_bytes = payload_bytes;
    return settle(request, FAKE_REPLY, 0, "", "");
}

void truc_keep(truc_request *request)
{
    request->kept = true;
}

/* ---- what a request says -------------------------------------------------------------------------------------- */

const char *truc_request_type(const truc_request *request)
{
    return request->type;
}
const char *truc_request_id(const truc_request *request)
{
    return request->id;
}
const char *truc_request_source(const truc_request *request)
{
    (void)request;
    return "tester";
}
const char *truc_request_subject(const truc_request *request)
{
    (void)request;
    return "H56.14-261123-0042";
}
const char *truc_request_ordering_key(const truc_request *request)
{
    (void)request;
    return "";
}
const char *truc_request_correlation_id(const truc_request *request)
{
    (void)request;
    return "";
}
const char *truc_request_causation_id(const truc_request *request)
{
    (void)request;
    return "";
}
const char *truc_request_traceparent(const truc_request *request)
{
    (void)request;
    return "";
}
enum truc_kind truc_request_kind(const truc_request *request)
{
    return strcmp(request->type, "citizen.verify") == 0 ? TRUC_REQUEST : TRUC_EVENT;
}
enum truc_urgency truc_request_urgency(const truc_request *request)
{
    (void)request;
    return TRUC_NORMAL;
}
uint64_t truc_request_time_ns(const truc_request *request)
{
    (void)request;
    return 1795503787000000000u;
}
uint64_t truc_request_sequence(const truc_request *request)
{
    (void)request;
    return 7;
}
uint32_t truc_request_attempt(const truc_request *request)
{
    (void)request;
    return 1;
}
bool truc_request_replayed(const truc_request *request)
{
    (void)request;
    return false;
}

bool truc_request_historical(const truc_request *request)
{
    (void)request;
    return false;
}
const struct truc_purpose *truc_request_purpose(const truc_request *request)
{
    return &request->purpose;
}

const void *truc_request_payload(const truc_request *request, size_t *ret_bytes)
{
    *ret_bytes = request->payload.size;
    return request->payload.data;
}

/* ---- the test's side ------------------------------------------------------------------------------------------ */

void fake_sdk_answer(truc_adapter *adapter, int code, const char *reason, struct bytes payload)
{
    adapter->code = code;
    copy(adapter->reason, reason);
    adapter->answer = payload;
}

void fake_sdk_hold(truc_adapter *adapter, bool hold)
{
    adapter->hold = hold;
    truc_wake(adapter);
}

void fake_sdk_connect(truc_adapter *adapter, bool connected)
{
    adapter->connected = connected;
}

size_t fake_sdk_sent_count(const truc_adapter *adapter)
{
    return adapter->sent_count;
}

const struct fake_sent *fake_sdk_sent(const truc_adapter *adapter, size_t index)
{
    return &adapter->sent[index];
}

void fake_sdk_deliver(truc_adapter *adapter, const char *type, const char *id, struct bytes payload,
                      struct fake_settlement *settlement)
{
    for (size_t i = 0; i < DELIVERIES_MAX; i++) {
        struct truc_request *request = &adapter->deliveries[i];
        if (request->used)
            continue;
        *request =
            (struct truc_request){.used = true, .adapter = adapter, .payload = payload, .settlement = settlement};
        request->purpose =
            (struct truc_purpose){"1.001193", "H56.14-261123-0042", "038975000217", "Luật Căn cước 2023"};
        copy(request->type, type);
        copy(request->id, id);
        *settlement = (struct fake_settlement){0};
        truc_wake(adapter);
        return;
    }
    abort();
}
