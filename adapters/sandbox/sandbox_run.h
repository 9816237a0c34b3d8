/* sandbox_run.h - a whole run: open the far sides, say where they are, traffic, outages, drain, account.
 * The program's only logic; sandbox_main.c turns its result into an exit code. */
#ifndef SANDBOX_RUN_H
#define SANDBOX_RUN_H

#include "sandbox_options.h"

enum sandbox_result { SANDBOX_COMPLETE = 0, SANDBOX_INCOMPLETE = 1 };

/* Blocks SIGTERM and SIGINT in all threads and takes them itself. The first ends the traffic and drains; without
 * traffic it ends the run; a second one ends a drain. Returns a sandbox_result or an error. */
int sandbox_run(const struct sandbox_options *options, struct truc_fault *fault);

#endif
