/* exec_serving.h - outbound: delivered messages go to the program as lines, and are settled by its answers.
 * Nothing is kept here across a restart: the bus delivers again.
 * In the flow: truc_serve handler -> waiting -> exec_runner_say -> the program's answer -> connector_settle. */
#ifndef TRUC_EXEC_SERVING_H
#define TRUC_EXEC_SERVING_H

#include <truc/truc.h>

#include "exec_runner.h"

enum { EXEC_SAID_BYTES_MAX = 1024 * 1024 }; /* with so much unread by the program no further delivery is said */

struct exec_serving;

/* Registers a handler for every serves: entry. All arguments outlive the result. */
int exec_serving_open(const struct exec_adapter *adapter, truc_adapter *bus, struct exec_runner *runner,
                      const struct connector_log *log, struct exec_serving **ret_serving, struct truc_fault *fault);
/* Before the bus is closed: what is not answered is retried by its route. NULL is fine. */
void exec_serving_close(struct exec_serving *serving);

/* The program's answer. TRUC_E_PROTOCOL: no such delivery is with it. */
int exec_serving_answer(struct exec_serving *serving, const struct exec_line *line, struct truc_fault *fault);
/* The run is over: what was with it is retried by its route, or, when the program always ends with it, rejected. */
void exec_serving_lost(struct exec_serving *serving, const char *why);
void exec_serving_set_now(struct exec_serving *serving, uint64_t now_ms); /* before the bus's step */
/* Says what can be said, gives up what has waited too long, ends a run that does not answer. */
void exec_serving_step(struct exec_serving *serving, uint64_t now_ms);
void exec_serving_stop(struct exec_serving *serving);        /* says nothing more: what waits is retried by its route */
size_t exec_serving_out(const struct exec_serving *serving); /* deliveries with the program */
int exec_serving_timeout_ms(const struct exec_serving *serving, uint64_t now_ms); /* -1: nothing waits */

#endif
