/* files_case.h - golden cases of a truc-files adapter: a file comes in, or a message goes out as a file.
 * Runs the real mappings and judgement, without a folder and without a bus.
 * In the flow: connector_cases_run -> this. Format: docs/connector-files.md, "Cases". */
#ifndef TRUC_FILES_CASE_H
#define TRUC_FILES_CASE_H

#include "files_adapter.h"

/* As struct connector_format's run_case. */
int files_case_run(const struct connector_adapter *adapter, const json_t *given, json_t *actual,
                   struct truc_fault *fault);

#endif
