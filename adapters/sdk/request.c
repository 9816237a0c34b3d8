/* request.c - one delivered message in a program's hands: what it says, and how it is settled.
 * Settling writes the inbox and tells the session; the step's end makes the one durable and sends the other.
 * Called by handlers through truc/truc.h. */
#include "adapter.h"

#include "text.h"

#include <stdlib.h>

/* ---- making ---- */

struct truc_request *request_new(struct truc_adapter *adapter, struct session_delivery *delivery)
{
    const struct header *header = &delivery->header;
    struct bytes source = header_sender(header), key = header_order_key(header);
    const struct bytes texts[] = {header->type,
                                  header->id,
                                  source,
                                  header->subject,
                                  key,
                                  header->correlation_id,
                                  header->causation_id,
                                  header->traceparent,
                                  header->purpose.procedure,
                                  header->purpose.dossier,
                                  header->purpose.officer,
                                  header->purpose.legal_basis};
    size_t size = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        size += texts[i].size + 1;
    struct truc_request *request = calloc(1, sizeof *request + size);
    if (request == NULL)
        return NULL;
    const char **const members[] = {&request->type,
                                    &request->id,
                                    &request->source,
                                    &request->subject,
                                    &request->ordering_key,
                                    &request->correlation_id,
                                    &request->causation_id,
                                    &request->traceparent,
                                    &request->purpose.procedure,
                                    &request->purpose.dossier,
                                    &request->purpose.officer,
                                    &request->purpose.legal_basis};
    char *at = request->texts;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *members[i] = text_put(&at, texts[i]);
    request->adapter = adapter;
    request->self = request;
    request->delivery = delivery;
    return request;
}

/* Names and media types as C strings, in one piece of memory, when a program first asks. */
static int attachments_make(struct truc_request *request)
{
    const struct header *header = &request->delivery->header;
    struct header_attachment attachment;
    size_t size = 0, offset = 0, count = 0;
    while (header_attachment_next(header->attachments, &offset, &attachment) > 0)
        size += attachment.name.size + attachment.media_type.size + 2;
    request->attachments = calloc(1, header->attachment_count * sizeof *request->attachments + size);
    if (request->attachments == NULL)
        return TRUC_E_MEMORY;
    char *at = (char *)(request->attachments + header->attachment_count);
    for (offset = 0; header_attachment_next(header->attachments, &offset, &attachment) > 0; count++) {
        request->attachments[count].sha256 = attachment.sha256.data;
        request->attachments[count].size_bytes = attachment.size_bytes;
        request->attachments[count].name = text_put(&at, attachment.name);
        request->attachments[count].media_type = text_put(&at, attachment.media_type);
    }
    return 0;
}

size_t truc_request_attachments(const truc_request *request)
{
    return request->delivery->header.attachment_count;
}

int truc_request_attachment(const truc_request *request, size_t n, struct truc_attachment *ret_attachment)
{
    struct truc_request *own = request->self;
    if (n >= truc_request_attachments(request))
        return TRUC_E_NOT_FOUND;
    int code = own->attachments ? 0 : attachments_make(own);
    if (code == 0)
        *ret_attachment = own->attachments[n];
    return code;
}

void request_free(struct truc_request *request)
{
    if (request == NULL)
        return;
    list_remove(&request->link);
    session_delivery_free(request->delivery);
    free(request->attachments);
    free(request);
}

struct inbox_key request_key(const struct truc_request *request)
{
    return (struct inbox_key){.sender = bytes_string(request->source), .id = bytes_string(request->id)};
}

/* ---- settling ---- */

/* A kept request ends here; one whose handler still runs is freed when that returns. */
static int request_end(struct truc_request *request, int code)
{
    request->adapter->is_stirred = true;
    request->is_settled = true;
    if (code < 0 && request->adapter->broken.code == 0)
        fault_set(&request->adapter->broken, code, "message %llu could not be settled",
                  (unsigned long long)request->delivery->sequence);
    if (!request->is_running)
        request_free(request);
    return code;
}

static struct bytes optional(const char *text)
{
    return text ? bytes_string(text) : BYTES_EMPTY;
}

static int settle(struct truc_request *request, const struct settlement *settlement)
{
    struct truc_adapter *adapter = request->adapter;
    struct inbox_key key = request_key(request);
    struct inbox_entry entry = {.state = INBOX_SETTLED,
                                .outcome = settlement->outcome,
                                .code = settlement->code,
                                .reason = settlement->reason,
                                .text = settlement->text};
    if (request->is_settled)
        return TRUC_E_STATE;
    int code = settlement->outcome == SETTLED_RETRY
                   ? inbox_remove(adapter->inbox, &key, &adapter->broken)
                   : inbox_put(adapter->inbox, &key, &entry, adapter_time().wall_ns, &adapter->broken);
    if (code == 0)
        code = session_settle(adapter->session, request->delivery, settlement);
    metrics_settled(adapter, settlement->outcome);
    return request_end(request, code);
}

int truc_done(truc_request *request)
{
    struct settlement done = {.outcome = SETTLED_DONE};
    return settle(request, &done);
}

int truc_retry_after(truc_request *request, int code, const char *text, uint32_t after_ms)
{
    struct settlement retry = {.outcome = SETTLED_RETRY,
                               .code = code < 0 ? (uint32_t)-code : 0,
                               .text = optional(text),
                               .reason = bytes_string(code < 0 ? truc_error_name(code) : ""),
                               .retry_after_ms = after_ms};
    return settle(request, &retry);
}

int truc_retry(truc_request *request, int code, const char *text)
{
    return truc_retry_after(request, code, text, 0);
}

int truc_reject(truc_request *request, int code, const char *reason, const char *text)
{
    struct settlement reject = {.outcome = SETTLED_REJECT,
                                .code = code < 0 ? (uint32_t)-code : 0,
                                .text = optional(text),
                                .reason = bytes_string(reason     ? reason
                                                       : code < 0 ? truc_error_name(code)
                                                                  : "")};
    return settle(request, &reject);
}

int truc_reply_bytes(truc_request *request, const void *payload, size_t payload_bytes)
{
    struct truc_adapter *adapter = request->adapter;
    struct inbox_key key = request_key(request);
    struct truc_fault fault = {0};
    if (request->is_settled)
        return TRUC_E_STATE;
    uint64_t now_ns = adapter_time().wall_ns;
    BUFFER_CLEANUP struct buffer trimmed = {0};
    struct bytes whole = bytes_of(payload, payload_bytes);
    int code = session_trim_reply(adapter->session, request->delivery, whole, &trimmed);
    if (code < 0)
        return code;
    struct inbox_entry entry = {.state = INBOX_REPLIED,
                                .outcome = SETTLED_DONE,
                                .reply = code > 0 ? buffer_view(&trimmed) : whole,
                                .reply_time_ns = now_ns};
    code = session_reply(adapter->session, request->delivery, entry.reply, now_ns, &fault);
    if (code < 0) { /* the request is still the handler's: it may reject it */
        adapter_log(adapter, 4, "the reply to %s can't be sent: %s", request->id, fault.text);
        return code;
    }
    code = inbox_put(adapter->inbox, &key, &entry, now_ns, &adapter->broken);
    adapter->counts.replied++;
    return request_end(request, code);
}

int request_settle_again(struct truc_request *request, const struct inbox_entry *entry)
{
    request->adapter->counts.settled_by_inbox++;
    if (entry->state == INBOX_REPLIED && request->delivery->header.kind == HEADER_REQUEST)
        return request_end(request, session_reply(request->adapter->session, request->delivery, entry->reply,
                                                  entry->reply_time_ns, &request->adapter->broken));
    struct settlement settlement = {
        .outcome = entry->outcome, .code = entry->code, .reason = entry->reason, .text = entry->text};
    return request_end(request, session_settle(request->adapter->session, request->delivery, &settlement));
}

void truc_keep(truc_request *request)
{
    request->is_kept = true;
}

/* ---- reading ---- */

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
    return request->source;
}
const char *truc_request_subject(const truc_request *request)
{
    return request->subject;
}
const char *truc_request_ordering_key(const truc_request *request)
{
    return request->ordering_key;
}
const char *truc_request_correlation_id(const truc_request *request)
{
    return request->correlation_id;
}
const char *truc_request_causation_id(const truc_request *request)
{
    return request->causation_id;
}
const char *truc_request_traceparent(const truc_request *request)
{
    return request->traceparent;
}
enum truc_kind truc_request_kind(const truc_request *request)
{
    return (enum truc_kind)request->delivery->header.kind;
}
uint64_t truc_request_time_ns(const truc_request *request)
{
    return request->delivery->header.time_ns;
}
uint64_t truc_request_expires_ns(const truc_request *request)
{
    return request->delivery->header.expires_ns;
}
uint64_t truc_request_sequence(const truc_request *request)
{
    return request->delivery->sequence;
}
uint32_t truc_request_attempt(const truc_request *request)
{
    return request->delivery->attempt;
}
bool truc_request_historical(const truc_request *request)
{
    return request->delivery->header.historical;
}
bool truc_request_replayed(const truc_request *request)
{
    return request->delivery->header.replay_of.bus.size > 0;
}
bool truc_request_observed(const truc_request *request)
{
    return request->delivery->is_observed;
}
bool truc_request_may_have_run(const truc_request *request)
{
    return request->may_have_run;
}
const struct truc_purpose *truc_request_purpose(const truc_request *request)
{
    return &request->purpose;
}
truc_adapter *truc_request_adapter(const truc_request *request)
{
    return request->adapter;
}

enum truc_urgency truc_request_urgency(const truc_request *request)
{
    uint32_t urgency = request->delivery->header.urgency;
    return urgency ? (enum truc_urgency)urgency : TRUC_NORMAL;
}

const void *truc_request_payload(const truc_request *request, size_t *ret_bytes)
{
    if (ret_bytes)
        *ret_bytes = request->delivery->payload.size;
    return request->delivery->payload.data;
}
