/* exec_errors.c - see exec_errors.h.
 * What is left out is counted, and said when there is room again.
 * In the flow: called for each line. */
#include "exec_errors.h"

#include "connector_mask.h"
#include "exec_runner.h"

void exec_errors_log(struct exec_errors *errors, const struct connector_log *log, uint64_t now_ms, struct bytes line)
{
    BUFFER_CLEANUP struct buffer masked = {0};
    if (now_ms - errors->since_ms >= EXEC_ERROR_SPAN_MS) {
        errors->since_ms = now_ms;
        errors->lines = 0;
    }
    if (errors->lines == EXEC_ERROR_LINES_MAX) {
        errors->left_out++;
        return;
    }
    if (errors->left_out)
        connector_log(log, CONNECTOR_LOG_WARNING, "program: %llu lines of its standard error are left out",
                      (unsigned long long)errors->left_out);
    errors->left_out = 0;
    errors->lines++;
    connector_mask_append(&masked, line);
    const char *text = buffer_string(&masked);
    connector_log(log, CONNECTOR_LOG_WARNING, "program: %s", text ? text : "(no memory for its line)");
}
