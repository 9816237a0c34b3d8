/* exec_case.c - see exec_case.h: one case, inbound ("line") or outbound ("serves").
 * Files and directories are connector_cases.c's, what all cases share connector_case.c's.
 * In the flow: given -> exec_inbound or exec_outbound -> actual. */
#include "exec_case.h"

#include <stdlib.h>

#include "connector_case.h"
#include "exec_inbound.h"
#include "exec_outbound.h"
#include "fault.h"

static int put(json_t *actual, const char *name, json_t *value, struct truc_fault *fault)
{
    return json_object_set_new(actual, name, value) < 0 ? connector_case_no_memory(fault) : 0;
}

/* A line of the program's: an object, or a text as it stands. */
static int line_given(const json_t *given, struct exec_line *ret_line, struct truc_fault *fault)
{
    char *text = json_is_string(given) ? strdup(json_string_value(given)) : json_dumps(given, JSON_COMPACT);
    if (!text)
        return connector_case_wrong(fault, "a line is an object or a text");
    int result = exec_line_read(bytes_string(text), ret_line, fault);
    free(text);
    return result;
}

/* ---- inbound -------------------------------------------------------------------------------------------------- */

/* The bus's word as the case gives it: {"refused": NAME}, {"reply": {…}} or {"accepted": sequence}. */
static int bus_answer(const struct exec_inbound *inbound, const char *ref, const json_t *bus, json_t **ret_answer,
                      struct truc_fault *fault)
{
    const char *refused = json_string_value(json_object_get(bus, "refused"));
    const struct schema_message *reply = inbound->accept->form.message->reply;
    BUFFER_CLEANUP struct buffer payload = {0};
    if (refused) {
        int code = truc_error_from_name(refused);
        *ret_answer = exec_say_refused(ref, code ? code : TRUC_E_REJECTED, refused, "", "");
        return 0;
    }
    if (!reply) {
        *ret_answer = exec_say_accepted(ref, inbound->message.outgoing.id,
                                        (uint64_t)json_integer_value(json_object_get(bus, "accepted")));
        return 0;
    }
    int result = connector_case_payload(reply, json_object_get(bus, "reply"), &payload, fault);
    return result < 0 ? result : exec_say_replied(ref, reply, buffer_view(&payload), ret_answer, fault);
}

static int run_message(const struct exec_adapter *adapter, struct exec_line *line, const json_t *bus, json_t *actual,
                       struct truc_fault *fault)
{
    struct exec_inbound inbound;
    struct truc_fault refusal = {0};
    json_t *answer = NULL;
    int result = exec_inbound_make(adapter, line, &inbound, &refusal);
    if (result < 0) {
        answer = exec_say_refused(line->ref, result, "", refusal.text, refusal.where);
        result = 0;
    } else {
        result = connector_case_put_message(&inbound.message, actual, fault);
        if (result == 0)
            result = bus_answer(&inbound, line->ref, bus, &answer, fault);
    }
    exec_inbound_free(&inbound);
    return result < 0 ? result : put(actual, "answer", answer, fault);
}

static int run_line(const struct exec_adapter *adapter, const json_t *given, json_t *actual, struct truc_fault *fault)
{
    struct exec_line line = {0};
    struct truc_fault garbage = {0};
    int result = line_given(json_object_get(given, "line"), &line, &garbage);
    if (result == TRUC_E_PROTOCOL)
        return put(actual, "garbage", json_string(garbage.text), fault);
    if (result == 0 && line.op != EXEC_PUBLISH && line.op != EXEC_REQUEST)
        result = connector_case_wrong(fault, "the line is no publish and no request");
    else if (result == 0)
        result = run_message(adapter, &line, json_object_get(given, "bus"), actual, fault);
    exec_line_free(&line);
    return result;
}

/* ---- outbound ------------------------------------------------------------------------------------------------- */

static int judge_answer(const struct exec_adapter *adapter, const struct exec_outbound *outbound, const json_t *answer,
                        json_t *actual, struct truc_fault *fault)
{
    struct exec_line line = {0};
    struct connector_settlement settlement;
    struct truc_fault garbage = {0};
    int result = line_given(answer, &line, &garbage);
    if (result == TRUC_E_PROTOCOL)
        return put(actual, "garbage", json_string(garbage.text), fault);
    if (result < 0)
        return fault_set(fault, result, "%s", garbage.text);
    if (exec_op_is_answer(line.op)) {
        exec_outbound_judge(adapter, outbound, &line, &settlement);
        result = connector_case_put_settlement(outbound->serve->message->reply, &settlement, actual, fault);
    } else {
        result = connector_case_wrong(fault, "the answer is none");
    }
    exec_line_free(&line);
    return result;
}

static int run_serves(const struct exec_adapter *adapter, const json_t *given, json_t *actual, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    const char *type = json_string_value(json_object_get(given, "serves"));
    struct exec_outbound outbound = {.serve = exec_adapter_find_serve(adapter, type)};
    json_t *line = NULL;
    if (!outbound.serve)
        return connector_case_wrong(fault, "the adapter does not serve this type");
    int result = connector_case_payload(outbound.serve->message, json_object_get(given, "body"), &payload, fault);
    if (result < 0)
        return result;
    outbound.is_request = outbound.serve->message->reply != NULL;
    outbound.payload = buffer_view(&payload);
    outbound.header = connector_case_header(given);
    result = outbound.header ? exec_outbound_make(adapter, &outbound, 1, &line, fault)
                             : connector_case_wrong(fault, "no header");
    if (result == 0)
        result = put(actual, "line", line, fault);
    if (result == 0 && json_object_get(given, "answer"))
        result = judge_answer(adapter, &outbound, json_object_get(given, "answer"), actual, fault);
    json_decref(outbound.header);
    return result;
}

int exec_case_run(const struct connector_adapter *adapter, const json_t *given, json_t *actual,
                  struct truc_fault *fault)
{
    const struct exec_adapter *exec = exec_adapter_of(adapter);
    if (json_object_get(given, "line"))
        return run_line(exec, given, actual, fault);
    if (json_is_string(json_object_get(given, "serves")))
        return run_serves(exec, given, actual, fault);
    return connector_case_wrong(fault, "given: holds neither 'line' nor 'serves'");
}
