/* buffer.h - the one growable byte buffer: bounded, wiped when freed.
 * Used wherever bytes are built: frames, records, texts. Not thread-safe, no I/O.
 * A failed append (memory or limit) is remembered: later appends do nothing, buffer_failed() tells once at the end. */
#ifndef TRUC_BUFFER_H
#define TRUC_BUFFER_H

#include "bytes.h"

struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t size_max; /* bytes; 0 means BUFFER_SIZE_DEFAULT_MAX */
    int failed;      /* 0, TRUC_E_MEMORY or TRUC_E_LIMIT */
};

enum { BUFFER_SIZE_DEFAULT_MAX = 256 * 1024 * 1024, BUFFER_REUSE_BYTES = 2 * 1024 * 1024 };

/* An empty buffer needs no initialisation beyond {0}; size_max may be set first. */
void buffer_free(struct buffer *buffer);                    /* wipes, frees, leaves an empty buffer; NULL is fine */
void buffer_clear(struct buffer *buffer);                   /* size 0, failure forgotten, memory kept */
void buffer_reuse(struct buffer *buffer);                   /* ... up to BUFFER_REUSE_BYTES, more is given back */
uint8_t *buffer_extend(struct buffer *buffer, size_t size); /* room for `size` more, counted in; NULL on failure */
void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_bytes(struct buffer *buffer, struct bytes view);
void buffer_append_string(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
void buffer_append_le16(struct buffer *buffer, uint16_t value);
void buffer_append_le32(struct buffer *buffer, uint32_t value);
void buffer_append_le64(struct buffer *buffer, uint64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The content as a C string (a 0 is kept behind it, not counted); "" when empty; NULL after a failure. */
const char *buffer_string(struct buffer *buffer);
static inline struct bytes buffer_view(const struct buffer *buffer)
{
    return bytes_of(buffer->data, buffer->size);
}
static inline int buffer_failed(const struct buffer *buffer)
{
    return buffer->failed;
}

#define BUFFER_CLEANUP __attribute__((cleanup(buffer_free)))

#endif
