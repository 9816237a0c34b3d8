/* field_path.h - which fields of a payload may leave, as field numbers, so that no schema is needed to keep to it.
 * "3.2" on the wire: field 2 of the part in field 3 (docs/protocol.md, "Requests and replies").
 * From an agreement's reply-fields through Welcome's permissions to the provider, which trims its reply before it signs. */
#ifndef TRUC_FIELD_PATH_H
#define TRUC_FIELD_PATH_H

#include "buffer.h"
#include "bytes.h"
#include "protocol_limits.h"

struct field_path {
    uint32_t numbers[PROTOCOL_FIELD_PATH_STEPS_MAX];
    size_t count;
};

/* Permission.reply_fields: 1 and the next element, 0 at the end, TRUC_E_PROTOCOL: no such path. `offset` starts as 0. */
int field_path_next(struct bytes elements, size_t *offset, struct field_path *ret);
void field_path_append(struct buffer *out, const struct field_path *path);

/* Appends what of `payload` the paths name; a path to a part names all of it. 1 when something was left out, 0 when nothing
 * was; TRUC_E_PROTOCOL when the payload is malformed or `elements` are, TRUC_E_MEMORY. After an error `out` is of no use. */
int field_paths_trim(struct bytes elements, struct bytes payload, struct buffer *out);

#endif
