/* exec_file.c - see exec_file.h: one table per kind of object, with the line that explains each key.
 * No code: reading them is yaml_typed_read's work.
 * In the flow: read by the loader, and by editors' help. */
#include "exec_file.h"

#include "exec_adapter.h"
#include "time_text.h"

static const char *const names[] = {"exec", NULL};

/* clang-format off */
#define SPAN(struct_, name_, member_, explanation_)                                                                    \
    CONNECTOR_LIMITED(name_, TYPED_SPAN, CONNECTOR_AT(struct_, member_), TIME_NS_PER_MS,                               \
                      EXEC_SPAN_MAX_MS * TIME_NS_PER_MS, explanation_)
/* clang-format on */

static const struct yaml_key restart_keys[] = {
    SPAN(exec_file_restart, "first", first, "wait before the program is started again"),
    SPAN(exec_file_restart, "at-most", at_most, "the wait doubles up to this"),
};
static const struct yaml_object restart_object = {"restart", restart_keys, CONNECTOR_COUNT(restart_keys),
                                                  sizeof(struct exec_file_restart), false};

static const struct yaml_key program_keys[] = {
    {.name = "command",
     .type = TYPED_TEXTS,
     .required = true,
     .repeats = true,
     .offset = CONNECTOR_AT(exec_file_program, command),
     .explanation = "the program and its arguments; no shell"},
    CONNECTOR_KEY("environment", TYPED_FREE, false, CONNECTOR_AT(exec_file_program, environment),
                  "NAME: value, beside PATH, HOME, LANG, LC_ALL, TZ and TMPDIR"),
    SPAN(exec_file_program, "ready-within", ready_within, "how long it may take to say ready"),
    SPAN(exec_file_program, "answer-within", answer_within, "how long it may take to answer a delivery"),
    CONNECTOR_LIMITED("in-flight", TYPED_COUNT, CONNECTOR_AT(exec_file_program, in_flight), 1, EXEC_IN_FLIGHT_MAX,
                      "deliveries with it at one time"),
    CONNECTOR_LIMITED("line-size", TYPED_SIZE, CONNECTOR_AT(exec_file_program, line_size), EXEC_LINE_BYTES_LEAST,
                      EXEC_LINE_BYTES_MOST, "longest line in either direction"),
    CONNECTOR_PART("restart", TYPED_OBJECT, CONNECTOR_AT(exec_file_program, restart), &restart_object,
                   "when it is started again"),
    CONNECTOR_LIMITED("deaths", TYPED_COUNT, CONNECTOR_AT(exec_file_program, deaths), 1, EXEC_DEATHS_MAX,
                      "so often ended with one message alone, and that message is rejected"),
};
static const struct yaml_object program_object = {"program", program_keys, CONNECTOR_COUNT(program_keys),
                                                  sizeof(struct exec_file_program), false};

static const struct yaml_key serve_keys[] = {
    CONNECTOR_KEY("type", TYPED_TYPES, true, CONNECTOR_AT(exec_file_serve, type), "message type or types"),
    CONNECTOR_KEY("request", TYPED_FREE, false, CONNECTOR_AT(exec_file_serve, request),
                  "the body that the program gets; else the message's own"),
    CONNECTOR_KEY("reply", TYPED_FREE, false, CONNECTOR_AT(exec_file_serve, reply),
                  "the reply made of the program's body; else that body itself"),
};
static const struct yaml_object serve_object = {"message served", serve_keys, CONNECTOR_COUNT(serve_keys),
                                                sizeof(struct exec_file_serve), false};

static const struct yaml_key accept_keys[] = {
    CONNECTOR_KEY("type", TYPED_TYPE, true, CONNECTOR_AT(exec_file_accept, type),
                  "message type that the program publishes or asks"),
    CONNECTOR_KEY("message", TYPED_FREE, false, CONNECTOR_AT(exec_file_accept, message),
                  "header fields and body, made of the program's body; else the program sends them so"),
    SPAN(exec_file_accept, "within", within, "how long an answer to a request is waited for"),
};
static const struct yaml_object accept_object = {"message of the program", accept_keys, CONNECTOR_COUNT(accept_keys),
                                                 sizeof(struct exec_file_accept), false};

static const struct yaml_key file_keys[] = {
    CONNECTOR_FILE_KEYS(names),
    {.name = "program",
     .type = TYPED_OBJECT,
     .required = true,
     .offset = CONNECTOR_AT(exec_file, program),
     .object = &program_object,
     .explanation = "the program that speaks JSON lines"},
    CONNECTOR_PART("serves", TYPED_OBJECTS, CONNECTOR_AT(exec_file, serves), &serve_object,
                   "what the bus delivers to it"),
    CONNECTOR_PART("accepts", TYPED_OBJECTS, CONNECTOR_AT(exec_file, accepts), &accept_object,
                   "what it may publish or ask"),
};
const struct yaml_object exec_file_object = {"connector file", file_keys, CONNECTOR_COUNT(file_keys),
                                             sizeof(struct exec_file), false};
