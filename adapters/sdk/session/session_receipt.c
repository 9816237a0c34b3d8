/* session_receipt.c - the answering half of receiving: settlements into signed receipts, credit given back, replies.
 * What a message means was decided by the handler; what came is session_receive.c's.
 * Between session_settle, session_reply and the frames (docs/protocol.md, "Receipts", "Requests and replies"). */
#include "session_internal.h"

#include "merkle.h"
#include "text.h"
#include "time_text.h"

#include <stdlib.h>

enum { LEVEL_WARNING = 4, LEVEL_DEBUG = 7 };

/* ---- what is here ---- */

struct inbound *inbound_find(const struct session *session, uint64_t sequence)
{
    return map_get_number(&session->inbound, sequence);
}

void inbound_forget(struct session *session, struct inbound *inbound)
{
    (void)map_remove_number(&session->inbound, inbound->sequence);
    free(inbound);
}

/* ---- receipts ---- */

static int append_settlement(struct session *session, const struct settlement *settlement)
{
    buffer_clear(&session->scratch);
    settlement_encode(settlement, &session->scratch);
    if (buffer_failed(&session->scratch))
        return buffer_failed(&session->scratch);
    struct sha256_digest leaf = message_leaf(buffer_view(&session->scratch));
    settlement_append(&session->settlements, buffer_view(&session->scratch));
    buffer_append_bytes(&session->settlement_leaves, sha256_view(&leaf));
    if (buffer_failed(&session->settlements) || buffer_failed(&session->settlement_leaves))
        return TRUC_E_MEMORY;
    session->settlement_count++;
    return 0;
}

int receive_settle(struct session *session, uint64_t sequence, const struct settlement *settlement, struct bytes leaf)
{
    struct inbound *inbound = inbound_find(session, sequence);
    if (inbound == NULL)
        return 0; /* settled before, or its session was closed */
    if (inbound->is_current) {
        struct settlement whole = *settlement;
        whole.sequence = sequence;
        whole.message_leaf = leaf;
        int code = append_settlement(session, &whole);
        if (code < 0)
            return code;
        session->grant_bytes += inbound->size_bytes;
    }
    inbound_forget(session, inbound);
    return 0;
}

static struct bytes cut_text(struct bytes text, size_t size_max)
{
    return bytes_of(text.data,
                    text.size > size_max ? text_cut_utf8((const char *)text.data, text.size, size_max) : text.size);
}

int session_settle(struct session *session, const struct session_delivery *delivery,
                   const struct settlement *settlement)
{
    struct settlement bounded = *settlement;
    bounded.text = cut_text(settlement->text, PROTOCOL_TEXT_BYTES_MAX);
    bounded.reason = cut_text(settlement->reason, PROTOCOL_NAME_BYTES_MAX);
    return receive_settle(session, delivery->sequence, &bounded, sha256_view(&delivery->leaf));
}

/* At most PROTOCOL_SETTLEMENTS_MAX leaves from `first` on, and the elements that belong to them, as one signed receipt. */
static int send_receipt(struct session *session, struct session_time now, size_t first, size_t count,
                        struct bytes elements)
{
    const struct sha256_digest *leaves =
        (const struct sha256_digest *)(const void *)session->settlement_leaves.data + first;
    BUFFER_CLEANUP struct buffer signature = {.size_max = PROTOCOL_SIGNATURE_BYTES_MAX};
    int code = session_sign(session, STATEMENT_RECEIPT, leaves, count, &signature);
    if (code < 0)
        return code;
    struct command settle = {
        .kind = COMMAND_SETTLE,
        .settle = {.key_id = session_key_id(session), .signature = buffer_view(&signature), .settlements = elements}};
    return effect_send(session, &settle, now);
}

static int send_receipts(struct session *session, struct session_time now)
{
    struct bytes all = buffer_view(&session->settlements);
    size_t offset = 0;
    for (size_t first = 0; first < session->settlement_count;) {
        size_t start = offset, count = 0;
        struct settlement settlement;
        while (count < PROTOCOL_SETTLEMENTS_MAX && settlement_next(all, &offset, &settlement, NULL) > 0)
            count++;
        if (count == 0)
            return TRUC_E_INTERNAL; /* our own encoding does not read back */
        int code = send_receipt(session, now, first, count, bytes_of(all.data + start, offset - start));
        if (code < 0)
            return code;
        first += count;
    }
    buffer_clear(&session->settlements);
    buffer_clear(&session->settlement_leaves);
    session->settlement_count = 0;
    return 0;
}

int receive_grant(struct session *session, struct session_time now, uint64_t bytes)
{
    struct command credit = {.kind = COMMAND_CREDIT, .credit = {.bytes = bytes}};
    return effect_send(session, &credit, now);
}

/* One signature costs the receiver and the broker more than the rest of a settlement. So a receiver that is busy lets receipts
 * come together; one that is not sends each at once. */
static bool receipt_is_due(const struct session *session, struct session_time now)
{
    return session->settlement_count && (now.monotonic_ns >= session->receipt_at_ns || session->is_draining ||
                                         session->settlement_count >= PROTOCOL_SETTLEMENTS_MAX);
}

/* The broker has credit left for at least three quarters of the window; only a message as large as the window waits for the rest. */
static bool grant_is_due(const struct session *session, struct session_time now)
{
    return session->grant_bytes && !session->is_draining &&
           (session->grant_bytes >= session->receive_window_bytes / 4 || now.monotonic_ns >= session->grant_at_ns);
}

int receive_flush(struct session *session, struct session_time now)
{
    int code = 0;
    if (receipt_is_due(session, now)) {
        session->receipt_at_ns = now.monotonic_ns + SESSION_RECEIPT_PACE_US * TIME_NS_PER_US;
        code = send_receipts(session, now);
    }
    if (session->grant_bytes && session->grant_at_ns == 0)
        session->grant_at_ns = now.monotonic_ns + SESSION_GRANT_WAIT_MS * TIME_NS_PER_MS;
    if (code < 0 || !grant_is_due(session, now))
        return code;
    if ((code = receive_grant(session, now, session->grant_bytes)) < 0)
        return code;
    session->receive_used_bytes -= session->grant_bytes;
    session->grant_bytes = session->grant_at_ns = 0;
    return 0;
}

int session_flush_receipts(struct session *session, struct session_time now)
{
    return session->state == SESSION_STATE_OPEN ? send_receipts(session, now) : 0;
}

uint64_t receive_wake_ns(const struct session *session)
{
    uint64_t receipt_ns = session->settlement_count ? session->receipt_at_ns : UINT64_MAX;
    uint64_t grant_ns = session->grant_at_ns && !session->is_draining ? session->grant_at_ns : UINT64_MAX;
    return receipt_ns < grant_ns ? receipt_ns : grant_ns;
}

/* ---- replies ---- */

void session_reply_id(struct bytes asker, struct bytes request_id, char ret_id[33])
{
    static const char digits[] = "0123456789abcdef";
    const size_t id_bytes = 16;
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, bytes_of("reply", sizeof "reply")); /* its 0 included */
    sha256_add(&hash, asker);
    sha256_add(&hash, bytes_of("", 1));
    sha256_add(&hash, request_id);
    struct sha256_digest digest = sha256_end(&hash);
    for (size_t i = 0; i < id_bytes; i++) {
        ret_id[2 * i] = digits[digest.bytes[i] >> 4];
        ret_id[2 * i + 1] = digits[digest.bytes[i] & 15];
    }
    ret_id[2 * id_bytes] = 0;
}

int session_reply(struct session *session, const struct session_delivery *delivery, struct bytes payload,
                  uint64_t time_ns, struct truc_fault *fault)
{
    static const char suffix[] = ".reply";
    const struct header *request = &delivery->header;
    struct inbound *inbound = inbound_find(session, delivery->sequence);
    char id[33], type[PROTOCOL_TYPE_BYTES_MAX + sizeof suffix];
    if (request->kind != HEADER_REQUEST)
        return fault_set(fault, TRUC_E_STATE, "only a request can be replied to");
    if (inbound == NULL)
        return fault_set(fault, TRUC_E_STATE, "the request was settled before");
    if (inbound->is_replying)
        return fault_set(fault, TRUC_E_STATE, "the request was replied to before");
    session_reply_id(header_sender(request), request->id, id);
    copy_name(type, sizeof type, request->type);
    memcpy(type + strlen(type), suffix, sizeof suffix);
    struct header reply = {.id = bytes_string(id),
                           .type = bytes_string(type),
                           .subject = request->subject,
                           .time_ns = time_ns,
                           .kind = HEADER_REPLY,
                           .urgency = request->urgency,
                           .classification = HEADER_NOT_SECRET,
                           .correlation_id = request->id,
                           .causation_id = request->id,
                           .ordering_key = request->ordering_key,
                           .purpose = request->purpose,
                           .traceparent = request->traceparent,
                           .in_reply_to = delivery->sequence + 1};
    struct outgoing_request how = {.role = OUTGOING_REPLY, .request = delivery->sequence, .leaf = delivery->leaf};
    int code = queue_put(session, &reply, payload, &how, fault);
    if (code == 0)
        inbound->is_replying = true;
    return code;
}

/* A reply that came too late, or that an earlier run had given, leaves nothing to do; one that may not leave is a rejection. */
int receive_replied(struct session *session, const struct outgoing_request *how, int code, struct bytes text)
{
    bool is_done = code == 0 || code == TRUC_E_NO_REQUEST || code == TRUC_E_EXPIRED || code == TRUC_E_CONFLICT ||
                   code == TRUC_E_TOO_OLD;
    bool is_passing = code == TRUC_E_RATE; /* the request comes again, and the inbox gives the kept reply */
    struct settlement settlement = {.outcome = is_done ? SETTLED_DONE : is_passing ? SETTLED_RETRY : SETTLED_REJECT};
    if (!is_done) {
        settlement.code = code_to_wire(code);
        settlement.reason = bytes_string(truc_error_name(code));
        settlement.text = text;
    }
    if (code == TRUC_E_CLOSED)
        return 0; /* never sent: the broker still has the request */
    struct session_effect value = {.kind = SESSION_REPLIED, .sequence = how->request, .code = code};
    int result = effect_result(session, &value, &(struct effect_texts){.text = text}, NULL);
    if (result == 0 && code < 0)
        result = effect_log(session, is_done ? LEVEL_DEBUG : LEVEL_WARNING,
                            "the reply to message %llu was refused: %s: %.*s", (unsigned long long)how->request,
                            truc_error_name(code), BYTES_PRINTF(text));
    return result < 0 ? result : receive_settle(session, how->request, &settlement, sha256_view(&how->leaf));
}
