/* http_log.h - where the connector says what it does: a callback, so that only the program writes anywhere.
 * Lines name types, ids and outcomes, never content.
 * In the flow: given by http_main.c. */
#ifndef TRUC_HTTP_LOG_H
#define TRUC_HTTP_LOG_H

enum http_log_level { HTTP_LOG_ERROR = 3, HTTP_LOG_WARNING = 4, HTTP_LOG_INFO = 6 }; /* syslog's numbers */

struct http_log {
    void (*line)(void *context, int level, const char *text); /* NULL: silent */
    void *context;
};

void http_log(const struct http_log *log, enum http_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
