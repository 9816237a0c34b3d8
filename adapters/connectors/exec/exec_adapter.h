/* exec_adapter.h - what an adapter file of truc-exec says, compiled: the program, what is served and accepted.
 * Data only: no process, no bus. Immutable after loading.
 * In the flow: adapter.yaml -> connector_adapter_load -> the connector, --check, --cases. See docs/connector-exec.md. */
#ifndef TRUC_EXEC_ADAPTER_H
#define TRUC_EXEC_ADAPTER_H

#include "connector_message.h"
#include "document.h"

enum {
    EXEC_ACCEPTS_MAX = 64,
    EXEC_SERVES_MAX = 64,
    EXEC_ARGUMENTS_MAX = 32,
    EXEC_ENVIRONMENT_MAX = 32,
    EXEC_LINE_BYTES_LEAST = 4096,
    EXEC_LINE_BYTES_MOST = DOCUMENT_BYTES_MAX,
    EXEC_LINE_BYTES_DEFAULT = 4 * 1024 * 1024,
    EXEC_IN_FLIGHT_DEFAULT = 8,
    EXEC_IN_FLIGHT_MAX = 256,
    EXEC_READY_DEFAULT_MS = 10000,
    EXEC_ANSWER_DEFAULT_MS = 30000,
    EXEC_WITHIN_DEFAULT_MS = 20000, /* of a request of the program's */
    EXEC_SPAN_MAX_MS = 3600000,
    EXEC_RESTART_FIRST_DEFAULT_MS = 1000,
    EXEC_RESTART_MOST_DEFAULT_MS = 60000,
    EXEC_DEATHS_DEFAULT = 3,
    EXEC_DEATHS_MAX = 100,
};

/* The roots of the mappings, by index. */
enum exec_serve_root { EXEC_SERVE_BODY, EXEC_SERVE_HEADER, EXEC_SERVE_SETTING, EXEC_SERVE_ANSWER };
enum exec_accept_root { EXEC_ACCEPT_BODY, EXEC_ACCEPT_SETTING };

struct exec_program_settings {
    const char *arguments[EXEC_ARGUMENTS_MAX + 1]; /* ends with NULL */
    const char *environment[EXEC_ENVIRONMENT_MAX]; /* NAME=value */
    size_t environment_count;
    uint32_t ready_within_ms, answer_within_ms;
    uint32_t in_flight; /* deliveries with the program at one time */
    size_t line_bytes;  /* of a line in either direction, its end not counted */
    uint32_t restart_first_ms, restart_most_ms;
    uint32_t deaths; /* so often alone with a message, and the message is rejected */
};

struct exec_serve {
    const struct schema_message *message;
    const struct mapping_template *request; /* NULL: the body as connector_body_of writes it */
    const struct mapping_template *reply;   /* NULL: the program's body is the reply's */
};

struct exec_accept {
    struct connector_form form; /* outgoing NULL: the program makes the message's members itself */
    uint32_t within_ms;
};

struct exec_adapter {
    struct connector_adapter common;
    struct exec_program_settings program;
    struct exec_accept *accepts[EXEC_ACCEPTS_MAX];
    size_t accept_count;
    struct exec_serve *serves[EXEC_SERVES_MAX];
    size_t serve_count;
};

extern const struct connector_format exec_format;

/* The adapter around @adapter, which exec_format loaded. */
static inline const struct exec_adapter *exec_adapter_of(const struct connector_adapter *adapter)
{
    return (const struct exec_adapter *)adapter;
}

/* NULL when there is none. */
const struct exec_serve *exec_adapter_find_serve(const struct exec_adapter *adapter, const char *type);
const struct exec_accept *exec_adapter_find_accept(const struct exec_adapter *adapter, const char *type);

#endif
