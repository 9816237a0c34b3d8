/* session_publish.c - the sending half of a session: bundles, credit, answers, sending again after a loss.
 * What is in a publish stays there with its number, salt and signature until it is answered; it does not decide what to send.
 * Between the queue and the frames (docs/protocol.md, "Publishing"). */
#include "session_internal.h"

#include "merkle.h"

#include <stdlib.h>

static struct publish *publish_of(struct list_link *link)
{
    return list_element(link, struct publish, link);
}

static void publish_end(struct session *session, struct publish *publish)
{
    list_remove(&publish->link);
    session->in_flight_count--;
    free(publish);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------ */

static int complete(struct session *session, struct outgoing *outgoing, const struct outcome *outcome)
{
    if (outgoing->how.role == OUTGOING_ASK)
        return ask_outcome(session, outgoing->id, outcome);
    int code = code_of_wire(outcome->code);
    if (outgoing->how.role == OUTGOING_REPLY)
        return receive_replied(session, &outgoing->how, code, outcome->text);
    struct session_effect value = {.kind = SESSION_OUTCOME,
                                   .token = outgoing->how.token,
                                   .code = code,
                                   .sequence = outcome->sequence,
                                   .repeat = outcome->repeat};
    struct effect_texts texts = {
        .id = bytes_string(outgoing->id), .text = outcome->text, .where = outcome->where, .hint = outcome->hint};
    return effect_result(session, &value, &texts, NULL);
}

static bool is_passing(uint32_t code)
{
    return code == code_to_wire(TRUC_E_BLOCKED) || code == code_to_wire(TRUC_E_SHUTTING_DOWN);
}

/* One message's outcome: done with, or back into the queue when the broker only could not take it now. */
static int answer_message(struct session *session, struct session_time now, struct outgoing *outgoing,
                          const struct outcome *outcome)
{
    if (is_passing(outcome->code)) {
        list_remove(&outgoing->link);
        session->retried++;
        outgoing->may_have_left = false; /* the broker says that it does not have it */
        queue_insert(session, outgoing);
        if (session->blocked_until_ns <= now.monotonic_ns)
            session->blocked_until_ns = now.monotonic_ns + session_backoff_ns(session, session->blocked_count++);
        return 0;
    }
    session->blocked_count = 0;
    int code = complete(session, outgoing, outcome);
    if (code == 0)
        outgoing_end(session, outgoing);
    return code;
}

/* ---- taking back ---- */

static struct outgoing *published_find(const struct list_link *messages, const char *id)
{
    list_each(link, messages)
        if (outgoing_of(link)->how.role == OUTGOING_PUBLISH && strcmp(outgoing_of(link)->id, id) == 0)
            return outgoing_of(link);
    return NULL;
}

static int take_back(struct session *session, const char *id)
{
    struct outgoing *outgoing = published_find(&session->queue, id);
    if (outgoing == NULL) {
        list_each(link, &session->in_flight)
            if (published_find(&publish_of(link)->messages, id))
                return TRUC_E_STATE;
        return TRUC_E_NOT_FOUND;
    }
    if (outgoing->may_have_left)
        return TRUC_E_STATE;
    struct outcome outcome = {.code = code_to_wire(TRUC_E_CANCELLED),
                              .text = bytes_string(truc_error_meaning(TRUC_E_CANCELLED))};
    int code = complete(session, outgoing, &outcome);
    if (code == 0)
        outgoing_end(session, outgoing);
    return code;
}

int session_cancel(struct session *session, const char *id)
{
    int code = ask_cancel(session, id);
    return code == TRUC_E_NOT_FOUND ? take_back(session, id) : code;
}

/* ---- outcomes of a whole publish ---- */

static int count_outcomes(struct bytes elements, size_t *ret_count)
{
    struct outcome outcome;
    size_t offset = 0;
    int more;
    *ret_count = 0;
    while ((more = outcome_next(elements, &offset, &outcome)) > 0)
        ++*ret_count;
    return more;
}

int publish_outcomes(struct session *session, struct session_time now, const struct command_outcomes *outcomes)
{
    struct list_link *first = list_first(&session->in_flight);
    struct publish *publish = first ? publish_of(first) : NULL;
    size_t count;
    if (publish == NULL || !publish->is_sent || publish->number != outcomes->number)
        return session_violation(session, now, TRUC_E_PROTOCOL,
                                 "outcomes for publish %llu, which is not the oldest unanswered one",
                                 (unsigned long long)outcomes->number);
    if (count_outcomes(outcomes->outcomes, &count) < 0 || count != publish->count)
        return session_violation(session, now, TRUC_E_PROTOCOL,
                                 "outcomes for publish %llu do not match its %zu messages",
                                 (unsigned long long)outcomes->number, publish->count);
    if (outcomes->credit_bytes > UINT64_MAX - session->credit_bytes)
        return session_violation(session, now, TRUC_E_PROTOCOL, "credit overflows");
    session->credit_bytes += outcomes->credit_bytes;
    size_t offset = 0;
    list_each(link, &publish->messages) {
        struct outcome outcome;
        if (outcome_next(outcomes->outcomes, &offset, &outcome) <= 0)
            break; /* counted above */
        int code = answer_message(session, now, outgoing_of(link), &outcome);
        if (code < 0)
            return code;
    }
    publish_end(session, publish);
    return 0;
}

/* ---- sending ------------------------------------------------------------------------------------------------------------ */

static int send_publish(struct session *session, struct session_time now, struct publish *publish)
{
    struct bundle *bundle = &session->bundle;
    bundle->key_id = bytes_of(session->settings.key_id, PROTOCOL_KEY_ID_BYTES);
    bundle->signature = bytes_of(publish->signature, publish->signature_size);
    bundle->count = 0;
    list_each(link, &publish->messages) {
        session->retried += outgoing_of(link)->may_have_left;
        outgoing_of(link)->may_have_left = true;
        bundle->messages[bundle->count++] = outgoing_of(link)->message;
    }
    buffer_clear(&session->scratch);
    bundle_encode(bundle, &session->scratch);
    if (buffer_failed(&session->scratch))
        return buffer_failed(&session->scratch);
    struct command command = {.kind = COMMAND_PUBLISH,
                              .publish = {.number = publish->number, .bundle = buffer_view(&session->scratch)}};
    int code = effect_send(session, &command, now);
    if (code < 0)
        return code;
    publish->is_sent = true;
    session->credit_bytes -= publish->size_bytes;
    return 0;
}

/* The oldest unanswered bundles first, with the bytes they had. Sets ret_all when none is left unsent. */
static int send_again(struct session *session, struct session_time now, bool *ret_all)
{
    *ret_all = false;
    list_each(link, &session->in_flight) {
        struct publish *publish = publish_of(link);
        if (publish->is_sent)
            continue;
        if (publish->size_bytes > session->credit_bytes)
            return 0;
        int code = send_publish(session, now, publish);
        if (code < 0)
            return code;
    }
    *ret_all = true;
    return 0;
}

static int sign_publish(struct session *session, struct publish *publish)
{
    struct sha256_digest leaves[PROTOCOL_BUNDLE_MESSAGES_MAX];
    size_t count = 0;
    list_each(link, &publish->messages)
        leaves[count++] = message_leaf(outgoing_of(link)->message.header);
    BUFFER_CLEANUP struct buffer signature = {.size_max = PROTOCOL_SIGNATURE_BYTES_MAX};
    int code = session_sign(session, STATEMENT_BUNDLE, leaves, count, &signature);
    if (code < 0)
        return code;
    memcpy(publish->signature, signature.data, signature.size);
    publish->signature_size = signature.size;
    return 0;
}

/* A message that the broker's limits can never take is answered here; its place in the order is given up. */
static int refuse_too_large(struct session *session, struct outgoing *outgoing)
{
    struct outcome outcome = {.code = code_to_wire(TRUC_E_TOO_LARGE),
                              .text = bytes_string("the message is larger than the broker takes"),
                              .hint = bytes_string(truc_error_hint(TRUC_E_TOO_LARGE))};
    int code = complete(session, outgoing, &outcome);
    if (code == 0)
        outgoing_end(session, outgoing);
    return code;
}

/* Moves what fits from the queue into `publish`. Both bounds of a bundle give way to one single message. */
static int fill_publish(struct session *session, struct publish *publish)
{
    list_each(link, &session->queue) {
        struct outgoing *outgoing = outgoing_of(link);
        if (outgoing->size_bytes > session->message_bytes_max) {
            int code = refuse_too_large(session, outgoing);
            if (code < 0)
                return code;
            continue;
        }
        size_t size_bytes = publish->size_bytes + outgoing->size_bytes;
        if (size_bytes > session->credit_bytes || publish->count == session->bundle_messages_max ||
            (size_bytes > SESSION_BUNDLE_BYTES_MAX && publish->count > 0))
            return 0;
        list_remove(link);
        list_append(&publish->messages, link);
        publish->size_bytes = size_bytes;
        publish->count++;
    }
    return 0;
}

/* The messages of a publish go back to their places; it is forgotten. */
static void publish_dissolve(struct session *session, struct publish *publish)
{
    list_each(link, &publish->messages) {
        list_remove(link);
        queue_insert(session, outgoing_of(link));
    }
    publish_end(session, publish);
}

/* 1 when a bundle was sent, 0 when nothing can be sent now. */
static int send_next(struct session *session, struct session_time now)
{
    struct publish *publish = calloc(1, sizeof *publish);
    if (publish == NULL)
        return TRUC_E_MEMORY;
    list_init(&publish->messages);
    list_append(&session->in_flight, &publish->link);
    session->in_flight_count++;
    int code = fill_publish(session, publish);
    if (code < 0 || publish->count == 0) {
        publish_dissolve(session, publish);
        return code;
    }
    publish->number = session->next_number;
    code = sign_publish(session, publish);
    if (code == 0)
        code = send_publish(session, now, publish);
    if (code < 0) {
        publish_dissolve(session, publish);
        return code;
    }
    session->next_number++;
    return 1;
}

int publish_flush(struct session *session, struct session_time now)
{
    bool is_all_sent;
    int code = send_again(session, now, &is_all_sent);
    if (session->blocked_until_ns <= now.monotonic_ns)
        session->blocked_until_ns = 0; /* over: what still waits then waits for an answer, and not for a time */
    if (code < 0 || !is_all_sent || session->blocked_until_ns)
        return code;
    while (!list_is_empty(&session->queue) && session->in_flight_count < SESSION_PUBLISHES_IN_FLIGHT_MAX) {
        if ((code = send_next(session, now)) <= 0)
            return code;
    }
    return 0;
}

uint64_t publish_wake_ns(const struct session *session)
{
    return list_is_empty(&session->queue) || session->blocked_until_ns == 0 ? UINT64_MAX : session->blocked_until_ns;
}

/* ---- connections -------------------------------------------------------------------------------------------------------- */

/* Whether a publish can be sent again as it was: within the broker's limits, which a restart may have lowered, and with no
 * older message in the queue, refused for now, that it would overtake. */
static bool publish_stays(const struct session *session, const struct publish *publish)
{
    struct list_link *waiting = list_first(&session->queue);
    return publish->size_bytes <= session->credit_full_bytes && publish->count <= session->bundle_messages_max &&
           (waiting == NULL || outgoing_of(waiting)->order > outgoing_of(publish->messages.previous)->order);
}

int publish_welcomed(struct session *session, const struct command_welcome *welcome)
{
    session->credit_bytes = session->credit_full_bytes = welcome->publish_credit_bytes;
    session->message_bytes_max = welcome->message_bytes_max;
    session->bundle_messages_max = welcome->bundle_messages_max;
    session->blocked_until_ns = 0;
    bool is_dissolving = false; /* from the first that does not stay, bundles are made anew */
    list_each(link, &session->in_flight) {
        struct publish *publish = publish_of(link);
        if (!is_dissolving && publish_stays(session, publish))
            continue;
        if (!is_dissolving)
            session->next_number = publish->number;
        is_dissolving = true;
        publish_dissolve(session, publish);
    }
    return 0;
}

void publish_disconnected(struct session *session)
{
    session->credit_bytes = 0;
    list_each(link, &session->in_flight)
        publish_of(link)->is_sent = false;
}

int publish_close(struct session *session)
{
    static const struct outcome closed = {.code = (uint32_t)-TRUC_E_CLOSED};
    list_each(link, &session->in_flight)
        publish_dissolve(session, publish_of(link));
    list_each(link, &session->queue) {
        struct outgoing *outgoing = outgoing_of(link);
        struct outcome outcome = closed;
        outcome.text = bytes_string(truc_error_meaning(TRUC_E_CLOSED));
        int code = complete(session, outgoing, &outcome);
        if (code < 0)
            return code;
        outgoing_end(session, outgoing);
    }
    return 0;
}

void publish_free(struct session *session)
{
    list_each(link, &session->in_flight)
        publish_dissolve(session, publish_of(link));
    list_each(link, &session->queue)
        outgoing_end(session, outgoing_of(link));
}
