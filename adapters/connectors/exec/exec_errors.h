/* exec_errors.h - what the program writes to standard error, line by line in our log: masked, and bounded in number.
 * Not the answers: nothing of the protocol goes this way.
 * In the flow: exec_runner.c -> this -> log. */
#ifndef TRUC_EXEC_ERRORS_H
#define TRUC_EXEC_ERRORS_H

#include "bytes.h"
#include "connector_log.h"

/* {0} at first. */
struct exec_errors {
    uint64_t since_ms;
    unsigned lines;
    uint64_t left_out; /* since the last line */
};

void exec_errors_log(struct exec_errors *errors, const struct connector_log *log, uint64_t now_ms, struct bytes line);

#endif
