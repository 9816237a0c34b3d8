/* io_log.c - writes a line at once.
 * A log that can't be written is no reason to stop: there is nobody left to tell.
 * See io_log.h. */
#include "io_log.h"

#include <stdio.h>
#include <unistd.h>

#include "io_clock.h"

struct io_log io_log_open(int level)
{
    return (struct io_log){
        .fd = STDERR_FILENO, .level = level, .is_for_journal = log_line_is_for_journal(STDERR_FILENO)};
}

void io_log_write(const struct io_log *log, int level, const char *text)
{
    char line[LOG_LINE_BYTES_MAX];
    struct io_clock clock = {0};
    if (level > log->level)
        return;
    size_t size = log_line_compose(line, log->is_for_journal, level, io_clock_now_ns(&clock), text);
    ssize_t written = write(log->fd, line, size);
    (void)written;
}

void io_log_print(const struct io_log *log, int level, const char *format, ...)
{
    char text[IO_LOG_LINE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    io_log_write(log, level, text);
}
