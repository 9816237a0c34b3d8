/* adapter_log.c - the clocks and the log of an adapter.
 * No state of its own.
 * Below all other parts of the adapter. */
#include "adapter.h"

#include "log_line.h"

#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now); /* both clocks always exist on Linux */
    return (uint64_t)now.tv_sec * TIME_NS_PER_S + (uint64_t)now.tv_nsec;
}

struct session_time adapter_time(void)
{
    return (struct session_time){.monotonic_ns = clock_ns(CLOCK_MONOTONIC), .wall_ns = clock_ns(CLOCK_REALTIME)};
}

void adapter_log_to_stderr(void *context, int level, const char *text)
{
    char line[LOG_LINE_BYTES_MAX];
    (void)context;
    bool is_for_journal = log_line_is_for_journal(STDERR_FILENO);
    if (level >= LOG_DEBUG && !is_for_journal) /* the journal keeps details apart; people would wade through them */
        return;
    size_t size = log_line_compose(line, is_for_journal, level, clock_ns(CLOCK_REALTIME), text);
    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written; /* a log that can't be written is no reason to stop */
}

void adapter_log(struct truc_adapter *adapter, int level, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    adapter->log(adapter->log_context, level, text);
}
