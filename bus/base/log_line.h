/* log_line.h - how a line of log looks, of the broker and of adapters alike.
 * For systemd's journal the level as <N> (sd-daemon(3)); for people time in GMT+7 and the level's name.
 * Used by io_log and by the adapters' programs. */
#ifndef TRUC_LOG_LINE_H
#define TRUC_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_LINE_BYTES_MAX = 2048 };

/* Whether $JOURNAL_STREAM names the file that this descriptor is (systemd.exec(5)). */
bool log_line_is_for_journal(int fd);
/* The whole line with its end, cut to the maximum; returns its size. Level as in syslog.h. Control characters, which
 * could forge lines or drive a terminal, become spaces. */
size_t log_line_compose(char line[LOG_LINE_BYTES_MAX], bool is_for_journal, int level, uint64_t now_ns,
                        const char *text);

#endif
