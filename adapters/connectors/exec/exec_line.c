/* exec_line.c - see exec_line.h.
 * Strict where a mistake could be taken for something else: an unknown word or member is a mistake, never left out.
 * In the flow: pure. */
#include "exec_line.h"

#include "document.h"
#include "fault.h"

/* The members of each word; NULL in place of a list: what the message needs, which exec_inbound.c looks at. */
static const struct {
    const char *word;
    const char *const *members;
} ops[] = {
    [EXEC_READY] = {"ready", (const char *const[]){"op", NULL}},
    [EXEC_BYE] = {"bye", (const char *const[]){"op", NULL}},
    [EXEC_DONE] = {"done", (const char *const[]){"op", "delivery", NULL}},
    [EXEC_RETRY] = {"retry", (const char *const[]){"op", "delivery", "after", "text", NULL}},
    [EXEC_REJECT] = {"reject", (const char *const[]){"op", "delivery", "reason", "text", NULL}},
    [EXEC_REPLY] = {"reply", (const char *const[]){"op", "delivery", "body", NULL}},
    [EXEC_PUBLISH] = {"publish", NULL},
    [EXEC_REQUEST] = {"request", NULL},
};

static int wrong(struct truc_fault *fault, const char *where, const char *text)
{
    fault_set(fault, TRUC_E_PROTOCOL, "%s", text);
    fault_where(fault, "%s", where);
    return TRUC_E_PROTOCOL;
}

static int find_op(const json_t *tree, enum exec_op *ret_op, struct truc_fault *fault)
{
    const char *word = json_string_value(json_object_get(tree, "op"));
    for (size_t i = 0; word && i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (strcmp(ops[i].word, word) == 0) {
            *ret_op = (enum exec_op)i;
            return 0;
        }
    }
    return wrong(fault, "op", "op is none of ready, bye, done, retry, reject, reply, publish, request");
}

static int check_members(enum exec_op op, json_t *tree, struct truc_fault *fault)
{
    const char *name;
    json_t *value;
    json_object_foreach(tree, name, value) {
        const char *const *known = ops[op].members;
        while (known && *known && strcmp(*known, name) != 0)
            known++;
        if (known && !*known) /* its name may be anything a program printed: it is not told */
            return wrong(fault, ops[op].word, "the line has a member that its op does not have");
    }
    return 0;
}

static int check_text(const json_t *tree, const char *name, struct truc_fault *fault)
{
    const json_t *value = json_object_get(tree, name);
    return !value || json_is_string(value) ? 0 : wrong(fault, name, "it is no text");
}

static int read_answer(struct exec_line *line, struct truc_fault *fault)
{
    const json_t *delivery = json_object_get(line->tree, "delivery");
    if (!json_is_integer(delivery) || json_integer_value(delivery) <= 0)
        return wrong(fault, "delivery", "an answer needs the delivery's number");
    line->delivery = (uint64_t)json_integer_value(delivery);
    int result = check_text(line->tree, "after", fault);
    if (result == 0)
        result = check_text(line->tree, "text", fault);
    if (result == 0)
        result = check_text(line->tree, "reason", fault);
    if (result == 0 && line->op == EXEC_REJECT && !json_object_get(line->tree, "reason"))
        result = wrong(fault, "reason", "a reject needs its reason");
    if (result == 0 && line->op == EXEC_REPLY && !json_is_object(json_object_get(line->tree, "body")))
        result = wrong(fault, "body", "a reply needs a body, an object");
    return result;
}

static int read_message(struct exec_line *line, struct truc_fault *fault)
{
    line->ref = json_string_value(json_object_get(line->tree, "ref"));
    if (line->ref && *line->ref && strlen(line->ref) <= EXEC_REF_BYTES_MAX)
        return 0;
    return wrong(fault, "ref", "what is sent needs a ref, a text of 1 to 64 bytes, so that it can be answered");
}

static int read_members(struct exec_line *line, struct truc_fault *fault)
{
    int result = find_op(line->tree, &line->op, fault);
    if (result == 0)
        result = check_members(line->op, line->tree, fault);
    if (result == 0 && exec_op_is_answer(line->op))
        result = read_answer(line, fault);
    if (result == 0 && (line->op == EXEC_PUBLISH || line->op == EXEC_REQUEST))
        result = read_message(line, fault);
    return result;
}

int exec_line_read(struct bytes text, struct exec_line *ret_line, struct truc_fault *fault)
{
    struct exec_line line = {0};
    int result = document_read(DOCUMENT_FORMAT_JSON, text, &line.tree, fault);
    if (result == TRUC_E_MEMORY)
        return result;
    if (result < 0)
        return wrong(fault, "", "the line is not JSON");
    if (!json_is_object(line.tree)) {
        exec_line_free(&line);
        return wrong(fault, "", "the line is no JSON object");
    }
    result = read_members(&line, fault);
    if (result < 0)
        exec_line_free(&line);
    else
        *ret_line = line;
    return result;
}

void exec_line_free(struct exec_line *line)
{
    json_decref(line->tree);
    *line = (struct exec_line){0};
}

int exec_line_write(const json_t *tree, size_t bytes_max, struct buffer *out, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer line = {.size_max = bytes_max};
    int result = document_write_json(tree, &line, fault);
    if (buffer_failed(&line) == TRUC_E_LIMIT)
        return fault_set(fault, TRUC_E_TOO_LARGE, "the line is longer than %zu bytes", bytes_max);
    if (result < 0)
        return result;
    buffer_append_bytes(out,
                        buffer_view(&line)); /* JSON_COMPACT writes no line's end: jansson escapes those in texts */
    buffer_append_byte(out, '\n');
    return buffer_failed(out) ? fault_set(fault, TRUC_E_MEMORY, "no memory for a line") : 0;
}
