/* session_ask.c - questions: from session_ask to exactly one answer (docs/protocol.md, "Requests and replies").
 * The question itself travels as any other message; here is only who waits for what until when.
 * Between the outcomes, deliveries and failures of the broker and the program that asked. */
#include "session_internal.h"

#include <stdlib.h>

enum { LEVEL_DEBUG = 7 };

static struct ask *ask_find(const struct session *session, struct bytes id)
{
    return map_get_bytes(&session->asks, id);
}

static void ask_forget(struct session *session, struct ask *ask)
{
    heap_remove(&session->ask_deadlines, &ask->deadline);
    (void)map_remove_bytes(&session->asks, bytes_string(ask->id));
    free(ask);
}

/* Answers and forgets. `answer` becomes the effect's on success. */
static int ask_end(struct session *session, struct ask *ask, const struct session_effect *value,
                   const struct effect_texts *texts, struct session_delivery *answer)
{
    struct session_effect whole = *value;
    struct effect_texts whole_texts = *texts;
    whole.kind = SESSION_ANSWER;
    whole.token = ask->token;
    whole_texts.id = bytes_string(ask->id);
    int code = effect_result(session, &whole, &whole_texts, answer);
    if (code < 0)
        return code;
    ask_forget(session, ask);
    return 0;
}

static int ask_end_code(struct session *session, struct ask *ask, int code, const char *text)
{
    struct session_effect value = {.code = code};
    struct effect_texts texts = {.text = bytes_string(text), .hint = bytes_string(truc_error_hint(code))};
    return ask_end(session, ask, &value, &texts, NULL);
}

int session_ask(struct session *session, const struct header *header, struct bytes payload, uint32_t timeout_ms,
                struct session_time now, void *token, struct truc_fault *fault)
{
    struct header question = *header;
    struct outgoing_request how = {.role = OUTGOING_ASK, .token = token};
    question.kind = HEADER_REQUEST;
    if (ask_find(session, header->id))
        return fault_set(fault, TRUC_E_ARGUMENT, "a question with this id is waiting for its answer");
    if (session->asks.count >= session->settings.queue_messages_max)
        return fault_set(fault, TRUC_E_LIMIT, "%zu questions wait for their answers, which is the limit",
                         session->asks.count);
    struct ask *ask = calloc(1, sizeof *ask);
    if (ask == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a question");
    copy_name(ask->id, sizeof ask->id, header->id);
    ask->token = token;
    uint64_t deadline_ns = now.monotonic_ns + (timeout_ms + (uint64_t)SESSION_ASK_GRACE_MS) * TIME_NS_PER_MS;
    if (map_put_bytes(&session->asks, bytes_string(ask->id), ask) < 0 ||
        heap_put(&session->ask_deadlines, &ask->deadline, deadline_ns) < 0) {
        ask_forget(session, ask);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a question");
    }
    int code = queue_put(session, &question, payload, &how, fault);
    if (code < 0)
        ask_forget(session, ask);
    return code;
}

int ask_cancel(struct session *session, const char *id)
{
    struct ask *ask = ask_find(session, bytes_string(id));
    if (ask == NULL)
        return TRUC_E_NOT_FOUND;
    bool never_left = queue_cancel(session, id);
    int code = ask_end_code(session, ask, TRUC_E_CANCELLED, truc_error_meaning(TRUC_E_CANCELLED));
    return code < 0 ? code : !never_left;
}

int ask_outcome(struct session *session, const char *id, const struct outcome *outcome)
{
    struct ask *ask = ask_find(session, bytes_string(id));
    if (ask == NULL || outcome->code == 0)
        return 0; /* answered already, or accepted: the answer will come */
    struct session_effect value = {.code = code_of_wire(outcome->code)};
    struct effect_texts texts = {.text = outcome->text, .where = outcome->where, .hint = outcome->hint};
    return ask_end(session, ask, &value, &texts, NULL);
}

int ask_reply(struct session *session, struct session_delivery *delivery, bool *ret_taken)
{
    struct ask *ask = ask_find(session, delivery->header.correlation_id);
    *ret_taken = false;
    if (ask == NULL)
        return effect_log(session, LEVEL_DEBUG, "a reply came for a question that waits no more, %.*s",
                          BYTES_PRINTF(delivery->header.correlation_id));
    struct session_effect value = {.sequence = delivery->sequence};
    int code = ask_end(session, ask, &value, &(struct effect_texts){0}, delivery);
    *ret_taken = code == 0;
    return code;
}

int ask_failed(struct session *session, const struct command_failed *failed)
{
    struct ask *ask = ask_find(session, failed->request_id);
    if (ask == NULL)
        return effect_log(session, LEVEL_DEBUG, "a question that waits no more failed, %.*s",
                          BYTES_PRINTF(failed->request_id));
    struct session_effect value = {.code = failed->code ? code_of_wire(failed->code) : TRUC_E_REJECTED,
                                   .sequence = failed->sequence};
    struct effect_texts texts = {
        .reason = failed->reason, .text = failed->text, .hint = bytes_string(truc_error_hint(value.code))};
    return ask_end(session, ask, &value, &texts, NULL);
}

static struct ask *ask_first(const struct session *session)
{
    struct heap_node *first = heap_first(&session->ask_deadlines);
    return first ? heap_element(first, struct ask, deadline) : NULL;
}

int ask_tick(struct session *session, struct session_time now)
{
    struct ask *ask;
    while ((ask = ask_first(session)) != NULL && ask->deadline.key <= now.monotonic_ns) {
        const char *text =
            session->state == SESSION_STATE_OPEN ? "no answer came in time" : "the broker could not be reached in time";
        (void)queue_cancel(session, ask->id);
        int code = ask_end_code(session, ask, TRUC_E_DEADLINE, text);
        if (code < 0)
            return code;
    }
    return 0;
}

uint64_t ask_wake_ns(const struct session *session)
{
    const struct ask *ask = ask_first(session);
    return ask ? ask->deadline.key : UINT64_MAX;
}

int ask_close(struct session *session)
{
    struct ask *ask;
    while ((ask = ask_first(session)) != NULL) {
        int code = ask_end_code(session, ask, TRUC_E_CLOSED, truc_error_meaning(TRUC_E_CLOSED));
        if (code < 0)
            return code;
    }
    return 0;
}

void ask_free(struct session *session)
{
    struct ask *ask;
    while ((ask = ask_first(session)) != NULL)
        ask_forget(session, ask);
    map_free(&session->asks);
    heap_free(&session->ask_deadlines);
}
