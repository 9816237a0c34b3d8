/* adapter_step.c - one step of an adapter: take what came, run handlers, make it durable, then tell the broker.
 * The order is the promise: a handler begins after "started" is on disk, and the broker hears "done" after the inbox did.
 * Called by adapter_run.c or by a program's own loop. */
#include "adapter.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { LEVEL_ERROR = 3 };
enum { TIMEOUT_MS_MAX = 60000 };

/* ---- effects ---- */

static int take_delivery(struct truc_adapter *adapter, struct session_delivery *delivery, struct truc_fault *fault)
{
    struct truc_request *request = request_new(adapter, delivery);
    if (request == NULL) {
        session_delivery_free(delivery);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a delivered message");
    }
    list_append(&adapter->arrived, &request->link);
    adapter->counts.delivered++;
    adapter->counts.delivered_bytes += delivery->payload.size;
    return 0;
}

static int take_connect(struct truc_adapter *adapter, struct truc_fault *fault)
{
    struct truc_fault reason = {0};
    int code = transport_connect(adapter->transport, &reason);
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "%s", reason.text);
    return code < 0 ? session_disconnected(adapter->session, adapter_time(), reason.text) : 0;
}

static void watch_permissions(struct truc_adapter *adapter)
{
    const struct permissions_listener log = {.tell = adapter->log, .context = adapter->log_context};
    permissions_watch(&adapter->permissions, adapter_time().wall_ns, &log);
}

static int take_permissions(struct truc_adapter *adapter, struct bytes elements, struct truc_fault *fault)
{
    const struct permissions_listener log = {.tell = adapter->log, .context = adapter->log_context};
    int code = permissions_replace(&adapter->permissions, elements, &log);
    if (code < 0)
        return fault_set(fault, code, "no memory for the permissions");
    watch_permissions(adapter);
    return 0;
}

static int take_effect(struct truc_adapter *adapter, const struct session_effect *effect, struct truc_fault *fault)
{
    int code;
    switch (effect->kind) {
    case SESSION_CONNECT:
        return take_connect(adapter, fault);
    case SESSION_DISCONNECT:
        transport_disconnect(adapter->transport);
        return 0;
    case SESSION_SEND:
        code = transport_send(adapter->transport, effect->frame, fault);
        return code == TRUC_E_DISCONNECTED ? 0 : code; /* the monitor tells of it; all is sent again */
    case SESSION_DELIVER:
        return take_delivery(adapter, effect->delivery, fault);
    case SESSION_OUTCOME:
        return publishing_complete(adapter, effect, fault);
    case SESSION_ANSWER:
        publishing_answer(adapter, effect);
        return 0;
    case SESSION_REPLIED:
        return 0; /* the inbox keeps the reply as it is; the session settled the request */
    case SESSION_PERMISSIONS:
        return take_permissions(adapter, effect->frame, fault);
    case SESSION_BLOB_WANT:
        return adapter_blob_want(adapter, effect, fault);
    case SESSION_BLOB_DATA:
        return adapter_blob_data(adapter, effect, fault);
    case SESSION_BLOB_PROGRESS:
        adapter_blob_progress(effect);
        return 0;
    case SESSION_BLOB_END:
        adapter_blob_end(adapter, effect);
        return 0;
    case SESSION_LOG:
        adapter->log(adapter->log_context, effect->level, effect->text);
        return 0;
    }
    return 0;
}

int adapter_take_effects(struct truc_adapter *adapter, struct truc_fault *fault)
{
    struct session_effect effect;
    while (session_effect_next(adapter->session, &effect)) {
        int code = take_effect(adapter, &effect, fault);
        if (code < 0)
            return code;
    }
    return 0;
}

/* ---- what came ---- */

static int take_event(struct truc_adapter *adapter, const struct transport_event *event)
{
    struct session_time now = adapter_time();
    switch (event->kind) {
    case TRANSPORT_CONNECTED:
        return session_connected(adapter->session, now);
    case TRANSPORT_LOST:
        return session_disconnected(adapter->session, now, event->reason);
    case TRANSPORT_FRAME:
        return session_frame(adapter->session, now, event->frame);
    }
    return 0;
}

static int receive(struct truc_adapter *adapter, struct truc_fault *fault)
{
    enum { EVENTS_MAX = 256 }; /* a step, so that handlers and timers get their turn */
    struct transport_event event;
    for (int i = 0; i < EVENTS_MAX; i++) {
        int more = transport_next(adapter->transport, &event, fault);
        if (more <= 0)
            return more;
        int code = take_event(adapter, &event);
        if (code < 0)
            return fault_set(fault, code, "the session can't go on");
        if ((code = adapter_take_effects(adapter, fault)) < 0)
            return code;
    }
    return 0;
}

/* Handled with an effect. What was rejected had none: it comes again because its receipt was lost, or because an operator
 * queued the dead letter again when the cause was gone, and either way the handler is the one to say. */
static bool had_its_effect(const struct inbox_entry *entry)
{
    return entry->state == INBOX_REPLIED || (entry->state == INBOX_SETTLED && entry->outcome == SETTLED_DONE);
}

/* Knows the message from before: settles it again, which ends the request; 0. Else notes that its handler begins; 1. */
static int look_into_inbox(struct truc_adapter *adapter, struct truc_request *request, struct truc_fault *fault)
{
    struct inbox_key key = request_key(request);
    struct inbox_entry entry;
    int code = inbox_find(adapter->inbox, &key, &entry, fault);
    if (code < 0)
        return code;
    if (had_its_effect(&entry)) {
        code = request_settle_again(request, &entry);
        return code < 0 ? fault_set(fault, code, "message could not be settled again") : 0;
    }
    request->may_have_run = entry.state == INBOX_STARTED;
    if (request->may_have_run)
        return 1;
    struct inbox_entry started = {.state = INBOX_STARTED};
    code = inbox_put(adapter->inbox, &key, &started, adapter_time().wall_ns, fault);
    return code < 0 ? code : 1;
}

static const struct adapter_handler *find_handler(const struct truc_adapter *adapter, const char *type)
{
    const struct adapter_handler *any = NULL;
    for (size_t i = 0; i < adapter->handler_count; i++) {
        if (strcmp(adapter->handlers[i].type, type) == 0)
            return &adapter->handlers[i];
        if (strcmp(adapter->handlers[i].type, "*") == 0)
            any = &adapter->handlers[i];
    }
    return any;
}

static void handle(struct truc_adapter *adapter, struct truc_request *request)
{
    const struct adapter_handler *handler = find_handler(adapter, request->type);
    if (handler == NULL) {
        adapter_log(adapter, LEVEL_ERROR, "no handler serves %s", request->type);
        (void)truc_reject(request, TRUC_E_NOT_SERVED, NULL,
                          "this adapter has no handler for the type"); /* noted in `broken` */
        return;
    }
    request->is_running = true;
    int code = handler->handler(request, handler->context);
    request->is_running = false;
    if (request->is_settled) {
        request_free(request);
        return;
    }
    if (request->is_kept)
        return;
    adapter_log(adapter, LEVEL_ERROR, "the handler of %s ended without settling message %s (it returned %d)",
                request->type, request->id, code);
    (void)truc_retry(request, TRUC_E_HANDLER, "the handler ended without settling"); /* noted in `broken` */
}

static void move_request(struct truc_request *request, struct list_link *to)
{
    list_remove(&request->link);
    list_append(to, &request->link);
}

/* First all begin, with one commit; then they run. */
static int handle_arrived(struct truc_adapter *adapter, struct truc_fault *fault)
{
    while (!list_is_empty(&adapter->arrived)) {
        struct truc_request *request = list_element(adapter->arrived.next, struct truc_request, link);
        int code = look_into_inbox(adapter, request, fault);
        if (code < 0)
            return code;
        if (code > 0)
            move_request(request, &adapter->begun);
    }
    int code = inbox_commit(adapter->inbox, fault);
    while (code == 0 && !list_is_empty(&adapter->begun)) {
        struct truc_request *request = list_element(adapter->begun.next, struct truc_request, link);
        move_request(request, &adapter->held);
        handle(adapter, request);
    }
    return code;
}

/* ---- a step ---- */

void adapter_take_posts(struct truc_adapter *adapter)
{
    struct list_link letters;
    list_init(&letters);
    mailbox_take(adapter->mailbox, &letters); /* what these calls post has its turn in the next step */
    list_each(link, &letters) {
        struct letter *letter = list_element(link, struct letter, link);
        letter->call(adapter, letter->context);
        free(letter);
    }
}

/* What is done every ten minutes: agreements come nearer to their end, the inbox grows old. */
static int keep_house(struct truc_adapter *adapter, struct truc_fault *fault)
{
    struct session_time now = adapter_time();
    if (now.monotonic_ns < adapter->purge_at_ns)
        return 0;
    adapter->purge_at_ns = now.monotonic_ns + ADAPTER_PURGE_EVERY_S * TIME_NS_PER_S;
    watch_permissions(adapter);
    return inbox_purge(adapter->inbox, now.wall_ns - adapter->settings.inbox_keep_ns, fault);
}

static int take_step(struct truc_adapter *adapter, struct truc_fault *fault)
{
    uint64_t count;
    if (read(adapter->wake, &count, sizeof count) < 0 && errno != EAGAIN && errno != EINTR)
        return fault_errno(fault, TRUC_E_IO, errno, "waking");
    adapter_take_posts(adapter);
    int code = receive(adapter, fault);
    if (code == 0 && (code = session_tick(adapter->session, adapter_time())) < 0)
        fault_set(fault, code, "the session can't go on");
    if (code == 0)
        code = adapter_take_effects(adapter, fault);
    if (code == 0)
        code = handle_arrived(adapter, fault);
    if (code == 0)
        code = keep_house(adapter, fault);
    if (code == 0)
        code = inbox_commit(adapter->inbox, fault); /* before the broker hears of it */
    adapter->is_stirred = false;
    adapter_blobs_step(adapter);
    if (code == 0 && adapter->broken.code == 0 && (code = session_flush(adapter->session, adapter_time())) < 0)
        fault_set(fault, code, "the session can't go on");
    if (code == 0)
        code = adapter_take_effects(adapter, fault);
    return code < 0 ? code : outbox_commit(adapter->outbox, fault); /* answered: it need not be sent again */
}

int truc_step(truc_adapter *adapter, struct truc_fault *fault)
{
    struct truc_fault reason = {0};
    if (adapter->broken.code == 0 && take_step(adapter, &reason) < 0 && adapter->broken.code == 0)
        adapter->broken = reason;
    if (adapter->broken.code == 0)
        return 0;
    if (fault)
        *fault = adapter->broken;
    return adapter->broken.code;
}

int truc_timeout_ms(const truc_adapter *adapter)
{
    if (adapter->is_stirred || adapter_blobs_are_hashing(adapter) || adapter->broken.code ||
        transport_has_events(adapter->transport))
        return 0;
    uint64_t now_ns = adapter_time().monotonic_ns, wake_ns = session_wake_ns(adapter->session);
    if (wake_ns <= now_ns)
        return 0;
    uint64_t ms =
        (wake_ns - now_ns + TIME_NS_PER_MS - 1) / TIME_NS_PER_MS; /* never early: a step too soon would spin */
    return ms > TIMEOUT_MS_MAX ? TIMEOUT_MS_MAX : (int)ms;
}
