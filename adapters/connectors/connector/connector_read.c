/* connector_read.c - see connector_read.h.
 * Reads until the end or the bound.
 * In the flow: called by the loader and by the program's start. */
#include "connector_read.h"

#include <errno.h>
#include <stdio.h>

#include "fault.h"

int connector_read_file(const char *path, struct buffer *out, struct truc_fault *fault)
{
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return fault_errno(fault, TRUC_E_IO, errno, "%s can't be opened", path);
    size_t size;
    do {
        uint8_t chunk[16384];
        size = fread(chunk, 1, sizeof(chunk), stream);
        buffer_append(out, chunk, size);
    } while (size && !buffer_failed(out));
    bool failed = ferror(stream);
    fclose(stream);
    if (buffer_failed(out))
        return fault_set(fault, buffer_failed(out), "%s is larger than %zu bytes", path, out->size_max);
    return failed ? fault_set(fault, TRUC_E_IO, "%s can't be read", path) : 0;
}
