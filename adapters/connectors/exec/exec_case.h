/* exec_case.h - golden cases of a truc-exec adapter: a line of the program comes in, or a message goes out as a line.
 * Runs the real lines and mappings, without a program and without a bus.
 * In the flow: connector_cases_run -> this. Format: docs/connector-exec.md, "Cases". */
#ifndef TRUC_EXEC_CASE_H
#define TRUC_EXEC_CASE_H

#include "exec_adapter.h"

/* As struct connector_format's run_case. */
int exec_case_run(const struct connector_adapter *adapter, const json_t *given, json_t *actual,
                  struct truc_fault *fault);

#endif
