/* exec_accepting.h - inbound: what the program publishes or asks goes to the bus, and the bus's word back to that run.
 * "accepted" means what the bus means by it: durable and routed. A run that has ended is told nothing: the next one sends again.
 * In the flow: the runner's line -> exec_inbound -> truc_publish or truc_ask -> completion -> exec_runner_say. */
#ifndef TRUC_EXEC_ACCEPTING_H
#define TRUC_EXEC_ACCEPTING_H

#include <truc/truc.h>

#include "exec_runner.h"

enum {
    EXEC_PENDING_MAX = 256
}; /* not yet answered by the bus; beyond it the program is refused LIMIT, to be sent again */

struct exec_accepting;

/* All arguments outlive the result. */
int exec_accepting_open(const struct exec_adapter *adapter, truc_adapter *bus, struct exec_runner *runner,
                        const struct connector_log *log, struct exec_accepting **ret_accepting,
                        struct truc_fault *fault);
/* After truc_adapter_close, which completes what is pending. NULL is fine. */
void exec_accepting_close(struct exec_accepting *accepting);
/* A publish or request of the program's; it is answered now or later. */
void exec_accepting_line(struct exec_accepting *accepting, struct exec_line *line);
size_t exec_accepting_pending(const struct exec_accepting *accepting);

#endif
