/* session_queue.c - messages on their way: composed, bounded, and kept in the order they were taken until a bundle takes them.
 * Publishes, questions and replies alike; it signs nothing and knows no connection.
 * Under the parts that send (docs/protocol.md, "Publishing"): they put in, session_publish.c takes out. */
#include "session_internal.h"

#include <stdlib.h>

/* Back into the queue, at the place it had when it was taken: ordering keys depend on it. */
void queue_insert(struct session *session, struct outgoing *outgoing)
{
    struct list_link *before = session->queue.next;
    while (before != &session->queue && outgoing_of(before)->order < outgoing->order)
        before = before->next;
    list_append(before, &outgoing->link); /* appending to an element puts it in front of that element */
}

void outgoing_end(struct session *session, struct outgoing *outgoing)
{
    session->pending_count--;
    session->pending_bytes -= outgoing->size_bytes;
    list_remove(&outgoing->link);
    free(outgoing);
}

/* The header's own bytes are checked by the same reader that the broker uses, so that a fault shows here. */
static int encode_header(struct session *session, const struct header *header, struct bytes payload,
                         const uint8_t salt[SHA256_BYTES], struct truc_fault *fault)
{
    struct header whole = *header;
    struct header check;
    struct sha256_digest digest = payload_digest(bytes_of(salt, SHA256_BYTES), payload);
    whole.source = bytes_string(session->system);
    whole.payload_digest = sha256_view(&digest);
    whole.payload_size_bytes = payload.size;
    if (whole.urgency == 0)
        whole.urgency = HEADER_URGENCY_NORMAL;
    buffer_clear(&session->scratch);
    struct header_attachment attachments[PROTOCOL_ATTACHMENTS_MAX];
    size_t count = 0, offset = 0;
    while (count < header->attachment_count && count < PROTOCOL_ATTACHMENTS_MAX &&
           header_attachment_next(header->attachments, &offset, &attachments[count]) > 0)
        count++;
    header_encode(&whole, attachments, count, &session->scratch);
    if (buffer_failed(&session->scratch))
        return fault_set(fault, buffer_failed(&session->scratch), "no memory for a header");
    int code = header_decode(buffer_view(&session->scratch), &check, fault);
    if (code == 0)
        code = header_check(&check, fault);
    if (code == TRUC_E_HEADER && fault)
        fault->code = TRUC_E_ARGUMENT;
    return code == TRUC_E_HEADER ? TRUC_E_ARGUMENT : code;
}

static int check_room(const struct session *session, const struct header *header, struct bytes payload,
                      const struct outgoing_request *how, struct truc_fault *fault)
{
    if (session->state == SESSION_STATE_CLOSED)
        return fault_set(fault, TRUC_E_CLOSED, "the session is closed");
    if (header->classification != HEADER_NOT_SECRET)
        return fault_set(fault, TRUC_E_SECRET, "the message is not classified as not secret; nothing of it was kept");
    if (payload.size > session->message_bytes_max - SHA256_BYTES)
        return fault_set(fault, TRUC_E_TOO_LARGE, "a payload of %zu bytes, the limit of a message is %llu",
                         payload.size, (unsigned long long)session->message_bytes_max);
    if (how->role == OUTGOING_REPLY)
        return 0; /* bounded by what was delivered */
    if (session->pending_count >= session->settings.queue_messages_max)
        return fault_set(fault, TRUC_E_LIMIT, "%zu messages wait to be sent, which is the limit",
                         session->pending_count);
    if (session->pending_bytes + payload.size > session->settings.queue_bytes_max && session->pending_count > 0)
        return fault_set(fault, TRUC_E_LIMIT, "%zu bytes wait to be sent, the limit is %llu", session->pending_bytes,
                         (unsigned long long)session->settings.queue_bytes_max);
    return 0;
}

static struct outgoing *outgoing_new(const struct message *message)
{
    size_t header_size = message->header.size, payload_size = message->payload.size;
    struct outgoing *outgoing = malloc(sizeof *outgoing + SHA256_BYTES + header_size + payload_size);
    if (outgoing == NULL)
        return NULL;
    *outgoing = (struct outgoing){.size_bytes = 0};
    uint8_t *at = outgoing->bytes;
    memcpy(at, message->salt.data, SHA256_BYTES);
    memcpy(at + SHA256_BYTES, message->header.data, header_size);
    if (payload_size)
        memcpy(at + SHA256_BYTES + header_size, message->payload.data, payload_size);
    outgoing->message = (struct message){.salt = bytes_of(at, SHA256_BYTES),
                                         .header = bytes_of(at + SHA256_BYTES, header_size),
                                         .payload = bytes_of(at + SHA256_BYTES + header_size, payload_size)};
    outgoing->size_bytes = message_size(&outgoing->message);
    return outgoing;
}

/* The bytes, in `scratch`, `salt` and the caller's payload. */
static int compose(struct session *session, const struct header *header, struct bytes payload,
                   struct message *ret_message, struct truc_fault *fault)
{
    session->salt = hmac_sha256(bytes_of(session->settings.salt_secret, SHA256_BYTES), header->id);
    int code = encode_header(session, header, payload, session->salt.bytes, fault);
    if (code < 0)
        return code;
    if (session->scratch.size + SHA256_BYTES + payload.size > session->message_bytes_max)
        return fault_set(fault, TRUC_E_TOO_LARGE, "header and payload are over the limit of a message, %llu bytes",
                         (unsigned long long)session->message_bytes_max);
    *ret_message = (struct message){
        .salt = sha256_view(&session->salt), .header = buffer_view(&session->scratch), .payload = payload};
    return 0;
}

static int queue_message(struct session *session, struct bytes id, const struct message *message,
                         const struct outgoing_request *how, struct truc_fault *fault)
{
    struct outgoing *outgoing = outgoing_new(message);
    if (outgoing == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a message of %zu bytes", message->payload.size);
    outgoing->how = *how;
    outgoing->order = session->next_order++;
    copy_name(outgoing->id, sizeof outgoing->id, id);
    list_append(&session->queue, &outgoing->link);
    session->pending_count++;
    session->pending_bytes += outgoing->size_bytes;
    return 0;
}

int queue_put(struct session *session, const struct header *header, struct bytes payload,
              const struct outgoing_request *how, struct truc_fault *fault)
{
    struct message message = {0};
    int code = check_room(session, header, payload, how, fault);
    if (code == 0)
        code = compose(session, header, payload, &message, fault);
    return code < 0 ? code : queue_message(session, header->id, &message, how, fault);
}

int session_compose(struct session *session, const struct header *header, struct bytes payload,
                    struct message *ret_message, struct truc_fault *fault)
{
    const struct outgoing_request how = {.role = OUTGOING_PUBLISH};
    int code = check_room(session, header, payload, &how, fault);
    return code < 0 ? code : compose(session, header, payload, ret_message, fault);
}

/* Composed by this system, with a payload that is still the header's. */
static int check_composed(const struct session *session, const struct message *message, struct header *ret_header,
                          struct truc_fault *fault)
{
    if (session->state == SESSION_STATE_CLOSED)
        return fault_set(fault, TRUC_E_CLOSED, "the session is closed");
    struct sha256_digest digest = payload_digest(message->salt, message->payload);
    if (message->salt.size != SHA256_BYTES || message_size(message) > PROTOCOL_MESSAGE_BYTES_MAX ||
        header_decode(message->header, ret_header, NULL) < 0 ||
        !bytes_equal_string(header_sender(ret_header), session->system) ||
        ret_header->payload_size_bytes != message->payload.size ||
        !bytes_equal(ret_header->payload_digest, sha256_view(&digest)))
        return fault_set(fault, TRUC_E_ARGUMENT, "the bytes are no message that %s composed", session->system);
    return 0;
}

int session_publish_composed(struct session *session, const struct message *message, bool may_have_left, void *token,
                             struct truc_fault *fault)
{
    const struct outgoing_request how = {.role = OUTGOING_PUBLISH, .token = token};
    struct header header;
    int code = check_composed(session, message, &header, fault);
    if (code == 0)
        code = queue_message(session, header.id, message, &how, fault);
    if (code == 0)
        outgoing_of(session->queue.previous)->may_have_left = may_have_left;
    return code;
}

int session_publish(struct session *session, const struct header *header, struct bytes payload, void *token,
                    struct truc_fault *fault)
{
    struct outgoing_request how = {.role = OUTGOING_PUBLISH, .token = token};
    return queue_put(session, header, payload, &how, fault);
}

bool queue_cancel(struct session *session, const char *id)
{
    list_each(link, &session->queue) {
        struct outgoing *outgoing = outgoing_of(link);
        if (outgoing->how.role == OUTGOING_ASK && strcmp(outgoing->id, id) == 0) {
            bool may_have_left = outgoing->may_have_left;
            outgoing_end(session, outgoing);
            return !may_have_left;
        }
    }
    return false;
}
