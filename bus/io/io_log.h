/* io_log.h - log lines of a program: to stderr, with a level that journald reads, or with a time for people.
 * Only programs log; libraries return faults. Callers keep secrets and identity numbers out; control characters are
 * taken out here. Line = one write, so that lines of several processes don't mix. */
#ifndef TRUC_IO_LOG_H
#define TRUC_IO_LOG_H

#include <stdbool.h>
#include <stdarg.h>
#include <syslog.h> /* LOG_ERR ... LOG_DEBUG */

#include "log_line.h"

enum { IO_LOG_LINE_BYTES_MAX = LOG_LINE_BYTES_MAX };

struct io_log {
    int fd;
    int level;           /* lines above it are left out: LOG_INFO, or LOG_DEBUG */
    bool is_for_journal; /* prefix <level> (sd-daemon(3)) instead of time and name of the level */
};

/* To stderr; for the journal when $JOURNAL_STREAM names the file that stderr is (systemd.exec(5)). */
struct io_log io_log_open(int level);
void io_log_write(const struct io_log *log, int level, const char *text);
void io_log_print(const struct io_log *log, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
