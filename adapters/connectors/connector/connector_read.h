/* connector_read.h - a whole file into memory, at start.
 * Not for what a far side leaves: nothing here is careful about links or about files that still grow.
 * In the flow: adapter file and schemas -> this. */
#ifndef TRUC_CONNECTOR_READ_H
#define TRUC_CONNECTOR_READ_H

#include "buffer.h"
#include <truc/error.h>

/* Appends, up to @out's size_max. TRUC_E_IO with the system's reason, TRUC_E_LIMIT, TRUC_E_MEMORY. */
int connector_read_file(const char *path, struct buffer *out, struct truc_fault *fault);

#endif
