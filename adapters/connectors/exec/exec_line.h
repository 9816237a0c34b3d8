/* exec_line.h - one line of the protocol between truc-exec and its program: read strictly, written whole.
 * docs/connector-exec.md is its specification. Knows no mapping and no bus.
 * In the flow: the program's line -> exec_line_read -> exec_inbound or exec_outbound; their words -> exec_line_write. */
#ifndef TRUC_EXEC_LINE_H
#define TRUC_EXEC_LINE_H

#include <jansson.h>

#include "buffer.h"
#include <truc/error.h>

enum { EXEC_PROTOCOL = 1, EXEC_REF_BYTES_MAX = 64 };

/* What a program says. */
enum exec_op { EXEC_READY, EXEC_BYE, EXEC_DONE, EXEC_RETRY, EXEC_REJECT, EXEC_REPLY, EXEC_PUBLISH, EXEC_REQUEST };

struct exec_line {
    enum exec_op op;
    uint64_t delivery; /* DONE, RETRY, REJECT, REPLY: which one is answered */
    const char *ref;   /* PUBLISH, REQUEST: the program's own name for it; in `tree` */
    json_t *tree;      /* the whole line */
};

/* TRUC_E_PROTOCOL: the line is none of the protocol; the text says why and quotes nothing of it, where names the
 * member. TRUC_E_MEMORY. What a publish or request says is not looked at here. */
int exec_line_read(struct bytes line, struct exec_line *ret_line, struct truc_fault *fault);
void exec_line_free(struct exec_line *line);
static inline bool exec_op_is_answer(enum exec_op op)
{
    return op == EXEC_DONE || op == EXEC_RETRY || op == EXEC_REJECT || op == EXEC_REPLY;
}

/* Appends @tree and the line's end. TRUC_E_TOO_LARGE: more than @bytes_max; then nothing is appended. TRUC_E_MEMORY. */
int exec_line_write(const json_t *tree, size_t bytes_max, struct buffer *out, struct truc_fault *fault);

#endif
