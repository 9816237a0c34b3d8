/* demo_lines.c - a pipe, cut into lines.
 * Knows nothing of what the lines say.
 * See demo_lines.h. */
#include "demo_lines.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

/* Hands out whole lines; the rest moves to the front. */
static int take_lines(struct buffer *partial, lines_taker take, void *context, struct truc_fault *fault)
{
    size_t start = 0;
    const uint8_t *end;
    int code = 0;
    while (code == 0 && (end = memchr(partial->data + start, '\n', partial->size - start))) {
        size_t size = (size_t)(end - partial->data) - start;
        code = take(context, (const char *)partial->data + start, size, fault);
        start += size + 1;
    }
    memmove(partial->data, partial->data + start, partial->size - start);
    partial->size -= start;
    return code;
}

int lines_read(struct buffer *partial, int descriptor, lines_taker take, void *context, struct truc_fault *fault)
{
    char chunk[65536];
    struct pollfd ready = {.fd = descriptor, .events = POLLIN};
    if (poll(&ready, 1, 0) <= 0)
        return 0;
    ssize_t size = read(descriptor, chunk, sizeof chunk);
    if (size < 0)
        return errno == EINTR ? 0 : fault_errno(fault, TRUC_E_IO, errno, "reading from a pipe");
    if (size == 0)
        return TRUC_E_DISCONNECTED;
    buffer_append(partial, chunk, (size_t)size);
    if (buffer_failed(partial))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for events");
    int code = take_lines(partial, take, context, fault);
    return code < 0 ? code : 1;
}
