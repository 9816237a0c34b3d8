/* buffer.c - the growable byte buffer: bounded, wiped when it grows and when it is freed.
 * Not a stream: no reading position, no I/O.
 * Frames, records and texts are built in it all over the bus. */
#include "buffer.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <truc/error.h>

enum { BUFFER_CAPACITY_MIN = 64 };

static size_t buffer_limit(const struct buffer *buffer)
{
    return buffer->size_max ? buffer->size_max : BUFFER_SIZE_DEFAULT_MAX;
}

/* Room for size + 1 bytes in all: the one byte is the terminator that buffer_string keeps, outside the limit.
 * realloc is not used because it would leave a copy of the content behind. */
static int buffer_reserve(struct buffer *buffer, size_t size)
{
    if (size < buffer->capacity)
        return 0;
    size_t capacity = buffer->capacity ? buffer->capacity : BUFFER_CAPACITY_MIN;
    while (capacity <= size)
        capacity *= 2; /* cannot overflow: size is at most the limit, far below SIZE_MAX / 2 */
    uint8_t *data = malloc(capacity);
    if (data == NULL)
        return buffer->failed = TRUC_E_MEMORY;
    if (buffer->data != NULL) {
        memcpy(data, buffer->data, buffer->size);
        sodium_memzero(buffer->data, buffer->capacity);
        free(buffer->data);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

void buffer_free(struct buffer *buffer)
{
    if (buffer == NULL)
        return;
    if (buffer->data != NULL) {
        sodium_memzero(buffer->data, buffer->capacity);
        free(buffer->data);
    }
    buffer->data = NULL;
    buffer->size = buffer->capacity = 0;
    buffer->failed = 0;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = 0;
}

void buffer_reuse(struct buffer *buffer)
{
    if (buffer->capacity > BUFFER_REUSE_BYTES)
        buffer_free(buffer);
    buffer_clear(buffer);
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
    if (buffer->failed)
        return NULL;
    size_t limit = buffer_limit(buffer);
    if (limit > SIZE_MAX / 4 || buffer->size > limit || size > limit - buffer->size) {
        buffer->failed = TRUC_E_LIMIT;
        return NULL;
    }
    if (buffer_reserve(buffer, buffer->size + size) < 0)
        return NULL;
    uint8_t *at = buffer->data + buffer->size;
    buffer->size += size;
    return at;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return;
    uint8_t *at = buffer_extend(buffer, size);
    if (at != NULL)
        memcpy(at, data, size);
}

void buffer_append_bytes(struct buffer *buffer, struct bytes view)
{
    buffer_append(buffer, view.data, view.size);
}

void buffer_append_string(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    buffer_append(buffer, &byte, 1);
}

void buffer_append_le16(struct buffer *buffer, uint16_t value)
{
    uint8_t *at = buffer_extend(buffer, sizeof value);
    if (at != NULL)
        store_le16(at, value);
}

void buffer_append_le32(struct buffer *buffer, uint32_t value)
{
    uint8_t *at = buffer_extend(buffer, sizeof value);
    if (at != NULL)
        store_le32(at, value);
}

void buffer_append_le64(struct buffer *buffer, uint64_t value)
{
    uint8_t *at = buffer_extend(buffer, sizeof value);
    if (at != NULL)
        store_le64(at, value);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0) {
        if (!buffer->failed)
            buffer->failed = TRUC_E_LIMIT; /* vsnprintf fails only past INT_MAX or out of memory */
        return;
    }
    uint8_t *at = buffer_extend(buffer, (size_t)size);
    if (at == NULL)
        return;
    va_start(arguments, format);
    (void)vsnprintf((char *)at, (size_t)size + 1, format, arguments); /* the terminator fits: see buffer_reserve */
    va_end(arguments);
}

const char *buffer_string(struct buffer *buffer)
{
    if (buffer->failed)
        return NULL;
    if (buffer->size == 0)
        return "";
    buffer->data[buffer->size] = 0;
    return (const char *)buffer->data;
}
