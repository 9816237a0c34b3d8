/* system_edit.h - changes one key in a system's YAML file and leaves every other byte as its author wrote it.
 * Not: reading or writing the file (cmd_system_change.c).
 * In the flow: file bytes → here → file bytes → reload. */
#ifndef TRUC_SYSTEM_EDIT_H
#define TRUC_SYSTEM_EDIT_H

#include "buffer.h"
#include "fault.h"

#include <stdbool.h>

/* Appends the file with `suspended` set so; `content` as it is when it says so already. TRUC_E_CONFIG when the file
 * can't be read or is not that system's, or when the result would not say what was wanted (nothing is appended);
 * TRUC_E_MEMORY. `file` is a name for texts. */
int system_edit_suspended(const char *file, struct bytes content, const char *id, bool suspended, struct buffer *out,
                          struct truc_fault *fault);

#endif
