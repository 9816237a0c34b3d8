/* io_log.c - builds a line and writes it at once.
 * A log that can't be written is no reason to stop: there is nobody left to tell.
 * See io_log.h. */
#include "io_log.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io_clock.h"
#include "text.h"
#include "time_text.h"

static bool is_journal_stream(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char *end;
    if (stream == NULL || fstat(fd, &status) < 0)
        return false;
    unsigned long long device = strtoull(stream, &end, 10); /* DEVICE:INODE, as systemd.exec(5) says */
    return *end == ':' && status.st_dev == (dev_t)device && status.st_ino == (ino_t)strtoull(end + 1, NULL, 10);
}

struct io_log io_log_open(int level)
{
    return (struct io_log){.fd = STDERR_FILENO, .level = level, .is_for_journal = is_journal_stream(STDERR_FILENO)};
}

static const char *level_name(int level)
{
    static const char *const names[] = {"fatal", "fatal", "fatal", "error", "warning", "notice", "info", "debug"};
    return level >= 0 && level <= LOG_DEBUG ? names[level] : "info";
}

/* Control characters could forge lines or drive a terminal. */
static void append_clean(char *line, size_t *size, size_t size_max, const char *text)
{
    size_t text_size = text_cut_utf8(text, strlen(text), size_max - *size);
    for (size_t i = 0; i < text_size; i++) {
        unsigned char byte = (unsigned char)text[i];
        bool is_c1 = byte == 0xC2 && i + 1 < text_size && (unsigned char)text[i + 1] < 0xA0;
        if (byte < 0x20 || byte == 0x7F || is_c1) {
            line[(*size)++] = ' ';
            i += is_c1;
        } else {
            line[(*size)++] = text[i];
        }
    }
}

void io_log_write(const struct io_log *log, int level, const char *text)
{
    char line[IO_LOG_LINE_BYTES_MAX];
    size_t size;
    if (level > log->level)
        return;
    if (log->is_for_journal) {
        size = (size_t)snprintf(line, sizeof line, "<%d>", level);
    } else {
        struct io_clock clock = {0};
        char now[TIME_TEXT_BYTES];
        time_format_full(io_clock_now_ns(&clock), now);
        size = (size_t)snprintf(line, sizeof line, "%s %-7s ", now, level_name(level));
    }
    append_clean(line, &size, sizeof line - 1, text);
    line[size++] = '\n';
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
