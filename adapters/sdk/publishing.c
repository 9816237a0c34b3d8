/* publishing.c - a program's messages and questions on their way into the session, and their answers back.
 * Makes ids and times; the session makes the bytes, the outbox keeps them. Each callback travels with its message.
 * Called through truc/truc.h; answers come from adapter_step.c. */
#include "adapter.h"

#include <sodium.h>
#include <stdlib.h>

enum { UUID_TEXT_BYTES = 37 };
enum { LEVEL_ERROR = 3, LEVEL_INFO = 6 };

static void completion_free(struct completion *completion)
{
    list_remove(&completion->link);
    free(completion);
}

static void log_earlier(struct truc_adapter *adapter, const struct truc_outcome *outcome)
{
    if (outcome->code == 0)
        adapter_log(adapter, LEVEL_INFO, "message %s of an earlier run was accepted at %llu", outcome->id,
                    (unsigned long long)outcome->sequence);
    else
        adapter_log(adapter, LEVEL_ERROR, "message %s of an earlier run was refused: %s: %s", outcome->id,
                    truc_error_name(outcome->code), outcome->text);
}

static void tell_outcome(struct truc_adapter *adapter, const struct completion *completion,
                         const struct truc_outcome *outcome)
{
    if (!completion->is_earlier) {
        if (completion->completed)
            completion->completed(completion->context, outcome);
    } else if (outcome->code != TRUC_E_CLOSED) { /* nothing has become of it yet: the next run goes on */
        if (adapter->earlier_outcome)
            adapter->earlier_outcome(adapter->earlier_context, outcome);
        else
            log_earlier(adapter, outcome);
    }
}

/* First the program is told, then the message is forgotten: a crash in between tells it again, and never not at all. */
int publishing_complete(struct truc_adapter *adapter, const struct session_effect *effect, struct truc_fault *fault)
{
    struct completion *completion = effect->token;
    bool is_kept = adapter->outbox && effect->code == TRUC_E_CLOSED;
    struct truc_outcome outcome = {.code = effect->code,
                                   .sequence = effect->sequence,
                                   .repeat = effect->repeat,
                                   .id = effect->id,
                                   .text = is_kept ? "it is in the outbox: the next run sends it" : effect->text,
                                   .hint = effect->hint};
    metrics_end(adapter, &adapter->counts.accepted, effect->code);
    tell_outcome(adapter, completion, &outcome);
    completion_free(completion);
    if (adapter->outbox == NULL || is_kept)
        return 0;
    return effect->code == TRUC_E_TOO_OLD ? outbox_aside_keep(adapter, &outcome, fault)
                                          : outbox_remove(adapter->outbox, bytes_string(effect->id), fault);
}

void publishing_answer(struct truc_adapter *adapter, const struct session_effect *effect)
{
    struct completion *completion = effect->token;
    char type[PROTOCOL_TYPE_BYTES_MAX + 1] = "";
    struct truc_answer answer = {.code = effect->code,
                                 .reason = effect->reason,
                                 .text = effect->text,
                                 .hint = effect->hint,
                                 .type = type,
                                 .sequence = effect->sequence};
    if (effect->answer) {
        struct bytes from = effect->answer->header.type; /* at most PROTOCOL_TYPE_BYTES_MAX, checked by header_decode */
        memcpy(type, from.data, from.size);
        answer.payload = effect->answer->payload.data;
        answer.payload_bytes = effect->answer->payload.size;
    }
    metrics_end(adapter, &adapter->counts.answered, effect->code);
    completion->answered(completion->context, &answer);
    completion_free(completion);
}

/* UUID version 7 (RFC 9562): milliseconds, then random bits. */
static void make_id(uint64_t wall_ns, char ret_text[UUID_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t id[16];
    randombytes_buf(id, sizeof id);
    uint64_t ms = wall_ns / 1000000;
    for (int i = 5; i >= 0; i--, ms >>= 8)
        id[i] = (uint8_t)ms;
    id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
    id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
    char *at = ret_text;
    for (size_t i = 0; i < sizeof id; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[id[i] >> 4];
        *at++ = digits[id[i] & 15];
    }
    *at = 0;
}

static struct bytes optional(const char *text)
{
    return text ? bytes_string(text) : BYTES_EMPTY;
}

static int check_message(const struct truc_outgoing *message, struct truc_fault *fault)
{
    if (message->size < sizeof *message)
        return fault_set(fault, TRUC_E_ARGUMENT, "truc_outgoing.size is not set");
    if (message->type == NULL || message->type[0] == 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "the message has no type");
    if (message->payload == NULL && message->payload_bytes > 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "the payload is missing");
    if (message->kind == TRUC_REPLY)
        return fault_set(fault, TRUC_E_ARGUMENT, "a reply is given with truc_reply_bytes");
    if (message->replay_of && (message->replay_of->bus == NULL || message->replay_of->bus[0] == 0 ||
                               message->replay_of->message_leaf == NULL))
        return fault_set(fault, TRUC_E_ARGUMENT, "replay_of names no bus or no message");
    return 0;
}

static struct header_replay make_replay(const struct truc_replay_of *original)
{
    if (original == NULL)
        return (struct header_replay){.position = 0};
    return (struct header_replay){.bus = bytes_string(original->bus),
                                  .position = original->position,
                                  .leaf = bytes_of(original->message_leaf, SHA256_BYTES)};
}

static struct header make_header(const struct truc_outgoing *message, uint64_t now_ns, char id[UUID_TEXT_BYTES])
{
    if (message->id == NULL)
        make_id(now_ns, id);
    return (struct header){
        .id = message->id ? bytes_string(message->id) : bytes_of(id, UUID_TEXT_BYTES - 1),
        .type = bytes_string(message->type),
        .subject = optional(message->subject),
        .time_ns = message->time_ns ? message->time_ns : now_ns,
        .kind = message->kind ? (uint32_t)message->kind : HEADER_EVENT,
        .urgency = message->urgency ? (uint32_t)message->urgency : HEADER_URGENCY_NORMAL,
        .classification = (uint32_t)message->classification,
        .correlation_id = optional(message->correlation_id),
        .causation_id = optional(message->causation_id),
        .ordering_key = optional(message->ordering_key),
        .expires_ns = message->expires_ns,
        .not_before_ns = message->not_before_ns,
        .traceparent = optional(message->traceparent),
        .historical = message->historical,
        .replay_of = make_replay(message->replay_of),
        .purpose = {.procedure = optional(message->purpose.procedure),
                    .dossier = optional(message->purpose.dossier),
                    .officer = optional(message->purpose.officer),
                    .legal_basis = optional(message->purpose.legal_basis)},
    };
}

/* The header's attachments, as encoded fields in `out`, which must live as long as the header is used. */
static int name_attachments(const struct truc_outgoing *message, struct header *header, struct buffer *out,
                            struct truc_fault *fault)
{
    struct header_attachment attachments[PROTOCOL_ATTACHMENTS_MAX];
    if (message->attachments_count > PROTOCOL_ATTACHMENTS_MAX)
        return fault_set(fault, TRUC_E_ARGUMENT, "%zu attachments, the limit is %d", message->attachments_count,
                         PROTOCOL_ATTACHMENTS_MAX);
    for (size_t i = 0; i < message->attachments_count; i++) {
        const struct truc_attachment *from = &message->attachments[i];
        if (from->sha256 == NULL)
            return fault_set(fault, TRUC_E_ARGUMENT, "attachment %zu has no sha256", i + 1);
        attachments[i] = (struct header_attachment){.sha256 = bytes_of(from->sha256, SHA256_BYTES),
                                                    .size_bytes = from->size_bytes,
                                                    .name = optional(from->name),
                                                    .media_type = optional(from->media_type)};
    }
    header_encode(&(struct header){.kind = 0}, attachments, message->attachments_count, out);
    if (buffer_failed(out))
        return fault_set(fault, buffer_failed(out), "no memory for a header");
    header->attachments = buffer_view(out);
    header->attachment_count = (uint32_t)message->attachments_count;
    return 0;
}

static struct completion *completion_new(truc_completion *completed, truc_answer_callback *answered, void *context)
{
    struct completion *completion = malloc(sizeof *completion);
    if (completion)
        *completion = (struct completion){
            .taken_ns = adapter_time().monotonic_ns, .completed = completed, .answered = answered, .context = context};
    return completion;
}

/* The end of taking a message: counted and awaited, or forgotten. */
static int taken(struct truc_adapter *adapter, struct completion *completion, size_t payload_bytes, int code)
{
    adapter->is_stirred = true;
    if (code < 0) {
        free(completion);
        return code;
    }
    list_append(&adapter->unanswered, &completion->link);
    adapter->counts.published++;
    adapter->counts.published_bytes += payload_bytes;
    return 0;
}

static int restore_message(struct truc_adapter *adapter, const struct message *message, struct truc_fault *fault)
{
    struct completion *completion = completion_new(NULL, NULL, NULL);
    if (completion == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a message of the outbox");
    completion->is_earlier = true;
    int code = session_publish_composed(adapter->session, message, true, completion, fault);
    return taken(adapter, completion, message->payload.size, code);
}

int publishing_restore(struct truc_adapter *adapter, struct truc_fault *fault)
{
    int64_t position = 0;
    struct message message = {0};
    int more;
    while ((more = outbox_next(adapter->outbox, &position, &message, fault)) > 0) {
        int code = restore_message(adapter, &message, fault);
        if (code < 0)
            return code;
    }
    return more;
}

void truc_on_outcome(truc_adapter *adapter, truc_completion *callback, void *context)
{
    adapter->earlier_outcome = callback;
    adapter->earlier_context = context;
}

/* A file that can't be written ends the adapter: whether the message is in it is for the next run to see. */
static int outbox_failed(struct truc_adapter *adapter, const struct truc_fault *reason, struct truc_fault *fault)
{
    if (adapter->broken.code == 0)
        adapter->broken = *reason;
    if (fault)
        *fault = *reason;
    return reason->code;
}

static int keep(struct truc_adapter *adapter, struct bytes id, const struct message *message, struct truc_fault *fault)
{
    struct truc_fault reason = {0};
    int code = outbox_put(adapter->outbox, id, message, &reason);
    if (code == TRUC_E_EXISTS && fault)
        *fault = reason;
    return code == 0 || code == TRUC_E_EXISTS ? code : outbox_failed(adapter, &reason, fault);
}

static int give_up(struct truc_adapter *adapter, struct bytes id)
{
    struct truc_fault reason = {0};
    int code = outbox_remove(adapter->outbox, id, &reason);
    if (code == 0)
        code = outbox_commit(adapter->outbox, &reason);
    return code < 0 ? outbox_failed(adapter, &reason, NULL) : 0;
}

/* Onto the disk before it is taken for sending. */
static int publish_kept(struct truc_adapter *adapter, const struct header *header, struct bytes payload,
                        struct completion *completion, struct truc_fault *fault)
{
    struct message message = {0};
    int code = session_compose(adapter->session, header, payload, &message, fault);
    if (code == 0)
        code = keep(adapter, header->id, &message, fault);
    if (code < 0)
        return code;
    if ((code = session_publish_composed(adapter->session, &message, false, completion, fault)) < 0)
        (void)give_up(adapter, header->id); /* noted in `broken` */
    return code;
}

int truc_publish(truc_adapter *adapter, const struct truc_outgoing *message, truc_completion *completed, void *context,
                 struct truc_fault *fault)
{
    char id[UUID_TEXT_BYTES];
    int code = check_message(message, fault);
    if (code == 0 && message->kind == TRUC_REQUEST)
        code = fault_set(fault, TRUC_E_ARGUMENT, "a question is asked with truc_ask");
    if (code < 0)
        return code;
    struct completion *completion = completion_new(completed, NULL, context);
    if (completion == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a message");
    BUFFER_CLEANUP struct buffer attachments = {0};
    struct header header = make_header(message, adapter_time().wall_ns, id);
    struct bytes payload = bytes_of(message->payload, message->payload_bytes);
    code = name_attachments(message, &header, &attachments, fault);
    if (code == 0)
        code = adapter->outbox ? publish_kept(adapter, &header, payload, completion, fault)
                               : session_publish(adapter->session, &header, payload, completion, fault);
    return taken(adapter, completion, message->payload_bytes, code);
}

int truc_ask(truc_adapter *adapter, const struct truc_outgoing *message, uint32_t timeout_ms,
             truc_answer_callback *answered, void *context, struct truc_fault *fault)
{
    char id[UUID_TEXT_BYTES];
    int code = check_message(message, fault);
    if (code == 0 && (answered == NULL || timeout_ms == 0))
        code = fault_set(fault, TRUC_E_ARGUMENT, "a question needs a callback and a time limit");
    if (code < 0)
        return code;
    struct completion *completion = completion_new(NULL, answered, context);
    if (completion == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a question");
    struct session_time now = adapter_time();
    BUFFER_CLEANUP struct buffer attachments = {0};
    struct header header = make_header(message, now.wall_ns, id);
    header.expires_ns = now.wall_ns + timeout_ms * 1000000ull;
    code = name_attachments(message, &header, &attachments, fault);
    if (code == 0)
        code = session_ask(adapter->session, &header, bytes_of(message->payload, message->payload_bytes), timeout_ms,
                           now, completion, fault);
    return taken(adapter, completion, message->payload_bytes, code);
}

int truc_cancel(truc_adapter *adapter, const char *id)
{
    if (id == NULL)
        return TRUC_E_ARGUMENT;
    adapter->is_stirred = true;
    return session_cancel(adapter->session, id);
}

size_t truc_publish_pending(const truc_adapter *adapter)
{
    return session_pending(adapter->session);
}
