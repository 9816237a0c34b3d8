/* torture_record.c - reading and appending the outside record.
 * One line, one write: "ID KEY SEQUENCE TIME".
 * See torture_record.h. */
#include "torture_record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

enum { LINE_BYTES = 160 };

int record_open(const char *path, struct truc_fault *fault)
{
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return file < 0 ? fault_errno(fault, TRUC_E_IO, errno, "%s", path) : file;
}

int record_append(int file, const struct record_line *line)
{
    char text[LINE_BYTES];
    int size = snprintf(text, sizeof text, "%s %s %" PRIu64 " %" PRIu64 "\n", line->id, line->key, line->sequence,
                        line->time_ns);
    return size < 0 || size >= LINE_BYTES || write(file, text, (size_t)size) != size ? -1 : 0;
}

int record_sync(int file)
{
    return fdatasync(file);
}

uint64_t record_number(const char *id)
{
    const char *dash = strrchr(id, '-');
    return dash ? strtoull(dash + 1, NULL, 10) : 0;
}

static int grow(struct record_line **lines, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return 0;
    size_t wanted = *capacity ? *capacity * 2 : 1024;
    struct record_line *more = wanted <= RECORD_LINES_MAX ? realloc(*lines, wanted * sizeof **lines) : NULL;
    if (more == NULL)
        return TRUC_E_MEMORY;
    *lines = more;
    *capacity = wanted;
    return 0;
}

static int read_lines(FILE *file, const char *path, struct record_line **lines, size_t *count, long *ret_whole,
                      struct truc_fault *fault)
{
    char text[LINE_BYTES];
    size_t capacity = 0;
    *ret_whole = 0;
    while (fgets(text, sizeof text, file) && strchr(text, '\n')) {
        if (grow(lines, *count, &capacity) < 0)
            return fault_set(fault, TRUC_E_MEMORY, "no memory for %s", path);
        struct record_line *line = &(*lines)[*count];
        if (sscanf(text, "%31s %31s %" SCNu64 " %" SCNu64, line->id, line->key, &line->sequence, &line->time_ns) != 4)
            return fault_set(fault, TRUC_E_STATE, "%s, line %zu is no record", path, *count + 1);
        (*count)++;
        *ret_whole = ftell(file);
    }
    return 0;
}

int record_read(const char *path, struct record_line **ret_lines, size_t *ret_count, struct truc_fault *fault)
{
    struct record_line *lines = NULL;
    size_t count = 0;
    long whole = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    int code = read_lines(file, path, &lines, &count, &whole, fault);
    if (code == 0 && fseek(file, 0, SEEK_END) == 0 && ftell(file) != whole && truncate(path, whole) < 0)
        code = fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    fclose(file);
    if (code < 0) {
        free(lines);
        return code;
    }
    *ret_lines = lines;
    *ret_count = count;
    return 0;
}
