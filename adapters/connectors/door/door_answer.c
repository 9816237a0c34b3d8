/* door_answer.c - see door_answer.h.
 * A problem has the members of RFC 9457, and code, hint and field.
 * In the flow: last step of every request. */
#include "door_answer.h"

#include "document.h"

#define PROBLEM_TYPE  "application/problem+json; charset=utf-8"
#define DOCUMENT_TYPE "application/json; charset=utf-8"
#define UNAUTHORISED  401

/* A member that is not UTF-8 is left out rather than the answer. */
static void put(json_t *object, const char *name, const char *text)
{
    json_t *value = text && *text ? json_string(text) : NULL;
    if (value)
        json_object_set_new(object, name, value);
}

void door_answer_problem(struct http_exchange *exchange, const struct door_problem *problem)
{
    struct http_answer answer = {.status = problem->status ? problem->status : http_status_of(problem->code, false),
                                 .content_type = PROBLEM_TYPE};
    const char *name = problem->reason && *problem->reason ? problem->reason : truc_error_name(problem->code);
    const char *text = problem->text && *problem->text ? problem->text : truc_error_meaning(problem->code);
    const char *hint = problem->hint && *problem->hint ? problem->hint : truc_error_hint(problem->code);
    json_t *tree = json_pack("{s:s+, s:s, s:i}", "type", "urn:truc:error:", name, "title",
                             problem->reason && *problem->reason ? text : truc_error_meaning(problem->code), "status",
                             (int)answer.status);
    put(tree, "code", name);
    put(tree, "detail", text);
    put(tree, "hint", hint);
    put(tree, "field", problem->field);
    if (answer.status == 503 || answer.status == 429)
        answer.retry_after_s = problem->code == TRUC_E_RATE ? 1 : HTTP_BUSY_RETRY_S;
    if (answer.status == UNAUTHORISED)
        answer.challenge = "Bearer";
    if (!tree || document_write_json(tree, &answer.body, NULL) < 0)
        buffer_free(&answer.body); /* the status alone says it */
    json_decref(tree);
    http_server_answer(exchange, &answer);
}

void door_answer_fault(struct http_exchange *exchange, unsigned status, const struct truc_fault *fault)
{
    door_answer_problem(
        exchange,
        &(struct door_problem){
            .status = status, .code = fault->code, .text = fault->text, .hint = fault->hint, .field = fault->where});
}

void door_answer_text(struct http_exchange *exchange, unsigned status, struct buffer *text)
{
    struct http_answer answer = {.status = status, .content_type = DOCUMENT_TYPE, .body = *text};
    *text = (struct buffer){0};
    http_server_answer(exchange, &answer);
}

void door_answer_json(struct http_exchange *exchange, unsigned status, json_t *tree)
{
    struct buffer text = {0};
    if (tree && document_write_json(tree, &text, NULL) == 0)
        door_answer_text(exchange, status, &text);
    else
        door_answer_problem(exchange, &(struct door_problem){.code = TRUC_E_MEMORY});
    buffer_free(&text);
    json_decref(tree);
}
