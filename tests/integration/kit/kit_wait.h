/* kit_wait.h - waiting for what other processes do: a file that appears, a process that ends. Always with a bound.
 * Woken by the kernel (inotify, pidfd), never by time alone. Knows nothing of the bus.
 * Under kit_bus.c and the integration tests. */
#ifndef KIT_WAIT_H
#define KIT_WAIT_H

#include <stdint.h>
#include <truc/error.h>

#include "demo_child.h"

enum { KIT_PATH_BYTES = 512 };

uint64_t kit_now_ns(void); /* monotonic; the same clock in every process of the machine */

/* Formats a path. TRUC_E_LIMIT when it is longer than KIT_PATH_BYTES. */
int kit_path(char out[KIT_PATH_BYTES], struct truc_fault *fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Until `path`, in `folder`, exists. TRUC_E_STATE when `writer` ended before, TRUC_E_TIMEOUT. */
int kit_wait_file(const char *folder, const char *path, struct child *writer, int wait_ms, struct truc_fault *fault);
/* Until the process ended by itself. TRUC_E_TIMEOUT. */
int kit_wait_end(struct child *child, int wait_ms, struct truc_fault *fault);

/* SIGKILL, and waits for the end. A process that does not run is left alone. */
void kit_kill(struct child *child);

#endif
