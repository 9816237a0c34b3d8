/* log_line.c - composes a line of log. What is not text can't get into it.
 * Not: writing it. No clock: the caller has one.
 * See log_line.h. */
#include "log_line.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "text.h"
#include "time_text.h"

bool log_line_is_for_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char *end;
    if (stream == NULL || fstat(fd, &status) < 0)
        return false;
    unsigned long long device = strtoull(stream, &end, 10); /* DEVICE:INODE, as systemd.exec(5) says */
    return *end == ':' && status.st_dev == (dev_t)device && status.st_ino == (ino_t)strtoull(end + 1, NULL, 10);
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

size_t log_line_compose(char line[LOG_LINE_BYTES_MAX], bool is_for_journal, int level, uint64_t now_ns,
                        const char *text)
{
    size_t size;
    if (is_for_journal) {
        size = (size_t)snprintf(line, LOG_LINE_BYTES_MAX, "<%d>", level);
    } else {
        char now[TIME_TEXT_BYTES];
        time_format_full(now_ns, now);
        size = (size_t)snprintf(line, LOG_LINE_BYTES_MAX, "%s %-7s ", now, level_name(level));
    }
    append_clean(line, &size, LOG_LINE_BYTES_MAX - 1, text);
    line[size++] = '\n';
    return size;
}
