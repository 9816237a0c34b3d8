/* system_edit.h - changes one thing in a system's YAML file and leaves every other byte as its author wrote it.
 * Not: reading or writing the file (cmd_system_change.c).
 * In the flow: file bytes → here → file bytes → reload. */
#ifndef TRUC_SYSTEM_EDIT_H
#define TRUC_SYSTEM_EDIT_H

#include "buffer.h"
#include "fault.h"
#include "yaml_document.h"

#include <stdbool.h>

/* The file's tree, in the arena. TRUC_E_CONFIG when it can't be read or is another system's; TRUC_E_MEMORY. */
int system_edit_read(struct arena *arena, const char *file, struct bytes content, const char *id,
                     struct yaml_node **ret_root, struct truc_fault *fault);

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

/* Appends the file with every key ended but the first of each list: other transport keys are left out, and other certificates are
 * marked as revoked at `since`, RFC 3339, unless they are since an earlier time. What they signed before counts on, and what waits
 * may still be delivered: a certificate that is left out would take that with it. TRUC_E_STATE when there is nothing to end,
 * TRUC_E_CONFIG as above. */
int system_edit_end_keys(const char *file, struct bytes content, const char *id, const char *since, struct buffer *out,
                         struct truc_fault *fault);

#endif
