/* trucd.c - the broker's main: options, open, run, close, and an exit code that says why it ended.
 * Everything else lies in daemon.c (parts) and daemon_loop.c (rounds).
 * docs/operations.md describes the program. */
#include "daemon.h"

#include <malloc.h>
#include <string.h>

/* Frames and effects of some 100 kB to some MB come and go in each round: their memory is kept instead of being given back
 * to the system and taken from it, page by page, a thousand times a second. What is kept is bounded by a round's bounds. */
enum { MALLOC_KEEP_BYTES = 8 * 1024 * 1024 };

int main(int argc, char **argv)
{
    struct daemon_options options;
    (void)mallopt(M_MMAP_THRESHOLD, MALLOC_KEEP_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, MALLOC_KEEP_BYTES);
    daemon_options_read(argc, argv, &options);
    struct daemon daemon = {.options = &options,
                            .log = io_log_open(options.verbose ? LOG_DEBUG : LOG_INFO),
                            .notify = {.fd = -1},
                            .signal_fd = -1};
    struct truc_fault fault = {0}, at_end = {0};
    int code = daemon_open(&daemon, &fault);
    if (code == 0 && !options.check)
        code = daemon_run(&daemon, &fault);
    if (code < 0)
        daemon_log_fault(&daemon, daemon_exit_of(code) == DAEMON_EXIT_CONFIGURATION ? LOG_ERR : LOG_CRIT, &fault);
    else if (options.check)
        io_log_print(&daemon.log, LOG_INFO, "configuration and keys are in order");
    int closed = daemon_close(&daemon, code == 0, &at_end);
    if (closed < 0)
        daemon_log_fault(&daemon, LOG_CRIT, &at_end);
    return (int)daemon_exit_of(code < 0 ? code : closed);
}
