/* system_edit.h - changes one thing in a system's YAML file and leaves every other byte as its author wrote it.
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

/* Appends the file with new names first in its lists: of the transport key, unless the file holds the keys themselves, and
 * of the certificate, unless it has none. TRUC_E_CONFIG as above, and when there is neither to put first. */
struct system_key_files {
    const char *public_key, *certificate;
};
int system_edit_new_keys(const char *file, struct bytes content, const char *id, const struct system_key_files *names,
                         struct buffer *out, struct truc_fault *fault);

#endif
