/* exec_accepting.c - see exec_accepting.h.
 * Whatever the program sends is answered once, by its ref: accepted, replied or refused.
 * In the flow: called by the runner (lines) and the SDK (outcomes), all from one thread. */
#include "exec_accepting.h"

#include <stdlib.h>

#include "connector_mask.h"
#include "exec_inbound.h"
#include "fault.h"
#include "list.h"
#include "text.h"

struct pending {
    struct list_link link;
    struct exec_accepting *accepting;
    struct exec_inbound inbound;
    uint64_t run; /* the program that waits for it */
    char ref[EXEC_REF_BYTES_MAX + 1];
};

struct exec_accepting {
    const struct exec_adapter *adapter;
    truc_adapter *bus;
    struct exec_runner *runner;
    const struct connector_log *log;
    struct list_link pending;
    size_t pending_count;
};

int exec_accepting_open(const struct exec_adapter *adapter, truc_adapter *bus, struct exec_runner *runner,
                        const struct connector_log *log, struct exec_accepting **ret_accepting,
                        struct truc_fault *fault)
{
    struct exec_accepting *accepting = calloc(1, sizeof(*accepting));
    if (!accepting)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the accepting side");
    *accepting = (struct exec_accepting){.adapter = adapter, .bus = bus, .runner = runner, .log = log};
    list_init(&accepting->pending);
    *ret_accepting = accepting;
    return 0;
}

static void pending_free(struct pending *pending)
{
    list_remove(&pending->link);
    pending->accepting->pending_count--;
    exec_inbound_free(&pending->inbound);
    free(pending);
}

void exec_accepting_close(struct exec_accepting *accepting)
{
    if (!accepting)
        return;
    list_each(link, &accepting->pending)
        pending_free(list_element(link, struct pending, link));
    free(accepting);
}

size_t exec_accepting_pending(const struct exec_accepting *accepting)
{
    return accepting->pending_count;
}

/* A program that can't be told is ended: it would wait for ever. One that has left already is told nothing. */
static void tell(const struct exec_accepting *accepting, json_t *line)
{
    struct truc_fault fault = {0};
    int result = exec_runner_say(accepting->runner, line, &fault);
    if (result < 0 && result != TRUC_E_STATE)
        exec_runner_fail(accepting->runner, fault.text);
}

static void refuse(const struct exec_accepting *accepting, const char *ref, const struct exec_accept *accept, int code,
                   const char *reason, const char *text, const char *where)
{
    BUFFER_CLEANUP struct buffer masked = {0};
    connector_mask_append(&masked, bytes_string(where)); /* a member's name may be anything */
    const char *shown = buffer_string(&masked);
    connector_log(accepting->log, CONNECTOR_LOG_INFO, "refused %s%s%s %.64s", *reason ? reason : truc_error_name(code),
                  accept ? " " : "", accept ? accept->form.message->type : "", shown ? shown : "");
    tell(accepting, exec_say_refused(ref, code, reason, text, where));
}

static bool is_waited_for(const struct pending *pending)
{
    return pending->run == exec_runner_run(pending->accepting->runner);
}

static void on_published(void *context, const struct truc_outcome *outcome)
{
    struct pending *pending = context;
    const struct exec_accepting *accepting = pending->accepting;
    if (!is_waited_for(pending))
        connector_log(accepting->log, CONNECTOR_LOG_INFO, "%s %s of an earlier run: %s",
                      pending->inbound.accept->form.message->type, outcome->id,
                      outcome->code < 0 ? truc_error_name(outcome->code) : "accepted");
    else if (outcome->code < 0)
        refuse(accepting, pending->ref, pending->inbound.accept, outcome->code, "", outcome->text, "");
    else
        tell(accepting, exec_say_accepted(pending->ref, outcome->id, outcome->sequence));
    pending_free(pending);
}

static void tell_reply(const struct pending *pending, const struct truc_answer *answer)
{
    const struct schema_message *reply = pending->inbound.accept->form.message->reply;
    struct truc_fault fault = {0};
    json_t *line = NULL;
    int result = exec_say_replied(pending->ref, reply, bytes_of(answer->payload, answer->payload_bytes), &line, &fault);
    if (result < 0)
        refuse(pending->accepting, pending->ref, pending->inbound.accept, result, "", fault.text, fault.where);
    else
        tell(pending->accepting, line);
}

static void on_answered(void *context, const struct truc_answer *answer)
{
    struct pending *pending = context;
    if (is_waited_for(pending) && answer->code < 0)
        refuse(pending->accepting, pending->ref, pending->inbound.accept, answer->code,
               answer->reason ? answer->reason : "", answer->text, "");
    else if (is_waited_for(pending))
        tell_reply(pending, answer);
    pending_free(pending);
}

static int check_ref(const struct exec_accepting *accepting, const char *ref, struct truc_fault *fault)
{
    uint64_t run = exec_runner_run(accepting->runner);
    if (accepting->pending_count >= EXEC_PENDING_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "more than %d messages wait for the bus", EXEC_PENDING_MAX);
    list_each(link, &accepting->pending) {
        const struct pending *other = list_element(link, struct pending, link);
        if (other->run != run || strcmp(other->ref, ref) != 0)
            continue;
        fault_set(fault, TRUC_E_PAYLOAD, "this ref is not yet answered");
        fault_where(fault, "ref");
        return TRUC_E_PAYLOAD;
    }
    return 0;
}

/* Hands the message to the SDK; from then on the completion frees @pending. */
static int send(struct pending *pending, struct truc_fault *fault)
{
    const struct exec_accepting *accepting = pending->accepting;
    const struct truc_outgoing *outgoing = &pending->inbound.message.outgoing;
    if (outgoing->kind == TRUC_REQUEST)
        return truc_ask(accepting->bus, outgoing, pending->inbound.within_ms, on_answered, pending, fault);
    return truc_publish(accepting->bus, outgoing, on_published, pending, fault);
}

void exec_accepting_line(struct exec_accepting *accepting, struct exec_line *line)
{
    struct truc_fault fault = {0};
    struct pending *pending = NULL;
    int result = check_ref(accepting, line->ref, &fault);
    if (result == 0)
        pending = calloc(1, sizeof(*pending));
    if (result < 0 || !pending) {
        refuse(accepting, line->ref, NULL, result < 0 ? result : TRUC_E_MEMORY, "", fault.text, fault.where);
        return;
    }
    pending->accepting = accepting;
    pending->run = exec_runner_run(accepting->runner);
    text_copy(pending->ref, sizeof(pending->ref), bytes_string(line->ref));
    list_append(&accepting->pending, &pending->link);
    accepting->pending_count++;
    result = exec_inbound_make(accepting->adapter, line, &pending->inbound, &fault);
    if (result == 0)
        result = send(pending, &fault);
    if (result == 0)
        return;
    refuse(accepting, line->ref, pending->inbound.accept, result, "", fault.text, fault.where);
    pending_free(pending);
}
