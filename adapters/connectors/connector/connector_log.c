/* connector_log.c - see connector_log.h.
 * Cuts over-long lines; keeps nothing.
 * In the flow: called by both directions of the connector. */
#include "connector_log.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_BYTES_MAX = 1024 };

void connector_log(const struct connector_log *log, enum connector_log_level level, const char *format, ...)
{
    char line[LINE_BYTES_MAX];
    va_list arguments;
    if (!log->line)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    log->line(log->context, (int)level, line);
}
