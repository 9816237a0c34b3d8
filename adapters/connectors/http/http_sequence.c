/* http_sequence.c - see http_sequence.h: walks the calls of one serves: entry whose `when` holds.
 * Building a request is http_request.c, judging an answer http_judge.c.
 * In the flow: driven by http_serving.c for the bus and by http_case.c for golden cases. */
#include "http_sequence.h"

#include <stdlib.h>

#include "fault.h"
#include "document.h"
#include "http_judge.h"
#include "http_request.h"
#include "mapping_payload.h"

struct http_sequence {
    const struct http_adapter *adapter;
    const struct http_serve *serve;
    json_t *body, *header, *answers;
    json_t *answer, *status, *headers; /* of the last call */
    size_t at;                         /* the call to make next */
    bool ended;
    struct connector_settlement end;
};

int http_sequence_begin(const struct http_adapter *adapter, const struct http_serve *serve, json_t *header,
                        struct bytes payload, struct http_sequence **ret_sequence, struct truc_fault *fault)
{
    struct http_sequence *sequence = calloc(1, sizeof(*sequence));
    if (!sequence)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a delivered message");
    sequence->adapter = adapter;
    sequence->serve = serve;
    sequence->header = json_incref(header);
    sequence->answers = json_object();
    int result = sequence->answers ? mapping_payload_read(serve->message, payload, &sequence->body, fault)
                                   : fault_set(fault, TRUC_E_MEMORY, "no memory for a delivered message");
    if (result < 0)
        http_sequence_free(sequence);
    else
        *ret_sequence = sequence;
    return result;
}

void http_sequence_free(struct http_sequence *sequence)
{
    if (!sequence)
        return;
    json_decref(sequence->body);
    json_decref(sequence->header);
    json_decref(sequence->answers);
    json_decref(sequence->answer);
    json_decref(sequence->status);
    json_decref(sequence->headers);
    buffer_free(&sequence->end.payload);
    free(sequence);
}

static struct mapping_values values_of(const struct http_sequence *sequence)
{
    struct mapping_values values = {0};
    values.roots[HTTP_SERVE_BODY] = sequence->body;
    values.roots[HTTP_SERVE_HEADER] = sequence->header;
    values.roots[HTTP_SERVE_SETTING] = sequence->adapter->common.settings;
    values.roots[HTTP_SERVE_ANSWERS] = sequence->answers;
    values.roots[HTTP_SERVE_ANSWER] = sequence->answer;
    values.roots[HTTP_SERVE_STATUS] = sequence->status;
    values.roots[HTTP_SERVE_HEADERS] = sequence->headers;
    return values;
}

static void end_by_fault(struct http_sequence *sequence, const struct truc_fault *fault)
{
    sequence->ended = true;
    connector_settlement_fault(&sequence->end, fault);
}

/* All calls are made: done, or the reply. */
static void end_well(struct http_sequence *sequence)
{
    struct truc_fault fault = {0};
    struct mapping_values values = values_of(sequence);
    json_t *tree = NULL;
    sequence->ended = true;
    sequence->end.outcome = CONNECTOR_DONE;
    if (!sequence->serve->reply)
        return;
    sequence->end.outcome = CONNECTOR_REPLY;
    int result = mapping_template_run(sequence->serve->reply, &values, &tree, &fault);
    if (result == 0)
        result = mapping_payload_write(sequence->serve->message->reply, tree, sequence->serve->reply,
                                       &sequence->end.payload, &fault);
    json_decref(tree);
    if (result < 0) {
        buffer_clear(&sequence->end.payload);
        end_by_fault(sequence, &fault);
    }
}

int http_sequence_next(struct http_sequence *sequence, struct http_request *ret_request,
                       struct connector_settlement *ret_settlement)
{
    struct mapping_values values = values_of(sequence);
    while (!sequence->ended && sequence->at < sequence->serve->call_count) {
        const struct http_call *call = &sequence->serve->calls[sequence->at];
        struct truc_fault fault = {0};
        bool wanted = true;
        int result = call->when ? mapping_expression_holds(call->when, &values, &wanted, &fault) : 0;
        if (result == 0 && wanted)
            result = http_request_make(sequence->adapter, call, &values, ret_request, &fault);
        if (result == 0 && wanted)
            return 1;
        if (result < 0)
            end_by_fault(sequence, &fault);
        sequence->at++;
    }
    if (!sequence->ended)
        end_well(sequence);
    *ret_settlement = sequence->end;
    sequence->end.payload = (struct buffer){0};
    return 0;
}

static int keep_answer(struct http_sequence *sequence, const struct http_call *call,
                       const struct http_response *response, json_t *tree)
{
    json_decref(sequence->answer);
    json_decref(sequence->status);
    json_decref(sequence->headers);
    sequence->answer = tree;
    sequence->status = json_integer((json_int_t)response->status);
    sequence->headers = response->headers ? json_incref(response->headers) : json_object();
    json_t *kept = json_pack("{s:O, s:O, s:O}", "body", sequence->answer, "status", sequence->status, "headers",
                             sequence->headers);
    return json_object_set_new(sequence->answers, call->name, kept);
}

void http_sequence_answer(struct http_sequence *sequence, const struct http_response *response)
{
    const struct http_call *call = &sequence->serve->calls[sequence->at++];
    struct truc_fault read_fault = {0};
    json_t *tree = NULL;
    int read = 0;
    if (response->status)
        read = document_read(sequence->adapter->far_side.format, response->body, &tree, &read_fault);
    if (!tree)
        tree = json_null();
    if (keep_answer(sequence, call, response, tree) < 0) {
        end_by_fault(sequence, &(struct truc_fault){.code = TRUC_E_MEMORY, .text = "no memory for an answer"});
        return;
    }
    struct mapping_values values = values_of(sequence);
    http_judge(call, response, &values, read < 0 ? &read_fault : NULL, &sequence->end);
    sequence->ended = sequence->end.outcome != CONNECTOR_DONE;
}
