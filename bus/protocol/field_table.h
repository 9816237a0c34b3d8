/* field_table.h - a message of the wire protocol as a table of its fields.
 * One reader and one writer serve every command, so that strictness (no field twice, no unknown field, right wire type,
 * named bounds) is written once. Repeated fields are kept as a view of their elements, checked when walked. */
#ifndef TRUC_FIELD_TABLE_H
#define TRUC_FIELD_TABLE_H

#include "buffer.h"
#include "bytes.h"
#include <truc/error.h>

enum field_type { FIELD_UINT32, FIELD_UINT64, FIELD_BOOL, FIELD_TIME_NS, FIELD_TEXT, FIELD_BINARY, FIELD_REPEATED };

struct field_entry {
    uint32_t number; /* below 32 */
    enum field_type type;
    const char *name;
    size_t offset;   /* in the value struct: uint32_t, uint64_t, bool or struct bytes */
    size_t size_max; /* bytes of a text or binary field; 0: only the frame's bound */
};

struct field_table {
    const char *name; /* of the message, for faults */
    const struct field_entry *fields;
    size_t count;
};

#define FIELD(number, type, value, member, size_max)                                                                   \
    {                                                                                                                  \
        number, type, #member, offsetof(struct value, member), size_max                                                \
    }
#define FIELD_TABLE(label, entries)                                                                                    \
    {                                                                                                                  \
        label, entries, sizeof(entries) / sizeof(entries)[0]                                                           \
    }

/* Fills `value` (zeroed first). For FIELD_REPEATED fields, which must be contiguous, the view holds tags, lengths and elements.
 * TRUC_E_PROTOCOL with the reason. */
int field_table_decode(const struct field_table *table, struct bytes encoded, void *value, size_t value_size,
                       struct truc_fault *fault);
void field_table_encode(const struct field_table *table, const void *value, struct buffer *out);
size_t field_table_size(const struct field_table *table, const void *value);
/* Next element of a repeated view: 1, 0 or TRUC_E_PROTOCOL. */
int field_element_next(struct bytes elements, size_t *offset, struct bytes *ret);

#endif
