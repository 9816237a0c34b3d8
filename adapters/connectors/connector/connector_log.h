/* connector_log.h - where the connector says what it does: a callback, so that only the program writes anywhere.
 * Lines name types, ids and outcomes, never content.
 * In the flow: given by http_main.c. */
#ifndef TRUC_CONNECTOR_LOG_H
#define TRUC_CONNECTOR_LOG_H

enum connector_log_level {
    CONNECTOR_LOG_ERROR = 3,
    CONNECTOR_LOG_WARNING = 4,
    CONNECTOR_LOG_INFO = 6
}; /* syslog's numbers */

struct connector_log {
    void (*line)(void *context, int level, const char *text); /* NULL: silent */
    void *context;
};

void connector_log(const struct connector_log *log, enum connector_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
