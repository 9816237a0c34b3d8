/* journal_file.c - small whole files over the disk table: read, replace atomically, name paths, turn errno into faults.
 * Not for segments, which are written in place.
 * Under keys, checkpoints, snapshots, objects and the format file. */
#include "journal_file.h"

#include <errno.h>
#include <stdio.h>

#include "fault.h"

struct file_path file_path_of(const char *directory, const char *part)
{
    struct file_path path;
    int size = snprintf(path.text, sizeof(path.text), "%s/%s", directory, part);
    if (size < 0)
        path.text[0] = '\0';
    return path;
}

struct file_path file_path_in(const char *directory, const char *part, const char *name)
{
    struct file_path path;
    int size = snprintf(path.text, sizeof(path.text), "%s/%s/%s", directory, part, name);
    if (size < 0)
        path.text[0] = '\0';
    return path;
}

int file_fault_set(struct truc_fault *fault, int error, const char *doing, const char *path)
{
    bool no_descriptor = error == -EMFILE || error == -ENFILE; /* a passing shortage, too: nothing was done */
    int code = TRUC_E_IO;
    if (error == -ENOSPC || error == -EDQUOT || no_descriptor)
        code = TRUC_E_JOURNAL_FULL;
    else if (error == -ENOENT)
        code = TRUC_E_NOT_FOUND;
    else if (error == -ENOMEM)
        code = TRUC_E_MEMORY;
    fault_errno(fault, code, -error, "can't %s", doing);
    fault_where(fault, "%s", path);
    if (no_descriptor)
        fault_hint(fault, "see who holds so many connections, and raise LimitNOFILE");
    return code;
}

int file_read_exactly(struct disk_file *file, const char *path, uint64_t offset, void *data, size_t size,
                      struct truc_fault *fault)
{
    int64_t got = disk_read_at(file, offset, data, size);
    if (got < 0)
        return file_fault(fault, (int)got, "read", path);
    if ((uint64_t)got == size)
        return 0;
    fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the file ends early");
    fault_where(fault, "%s:%llu", path, (unsigned long long)offset + (unsigned long long)got);
    return TRUC_E_JOURNAL_CORRUPT;
}

int file_read_whole(struct disk *disk, const char *path, size_t size_max, struct buffer *out, struct truc_fault *fault)
{
    FILE_CLEANUP struct disk_file *file = NULL;
    int error = disk_open(disk, path, DISK_READ, &file);
    if (error < 0)
        return file_fault(fault, error, "open", path);
    int64_t size = disk_size(file);
    if (size < 0)
        return file_fault(fault, (int)size, "ask the size", path);
    if ((uint64_t)size > size_max) {
        fault_set(fault, TRUC_E_LIMIT, "the file has %lld bytes, more than the %zu it may have", (long long)size,
                  size_max);
        fault_where(fault, "%s", path);
        return TRUC_E_LIMIT;
    }
    if (size == 0)
        return 0;
    uint8_t *data = buffer_extend(out, (size_t)size);
    if (data == NULL)
        return fault_set(fault, buffer_failed(out), "no memory for %lld bytes of a file", (long long)size);
    return file_read_exactly(file, path, 0, data, (size_t)size, fault);
}

static int write_and_sync(struct disk *disk, const char *path, struct bytes content)
{
    FILE_CLEANUP struct disk_file *file = NULL;
    int error = disk_open(disk, path, DISK_READ | DISK_WRITE | DISK_CREATE, &file);
    if (error == 0)
        error = disk_truncate(file, 0);
    if (error == 0 && content.size > 0)
        error = disk_write_at(file, 0, content.data, content.size);
    if (error == 0)
        error = disk_sync(file);
    return error;
}

int file_replace(struct disk *disk, const char *directory, const char *name, struct bytes content,
                 struct truc_fault *fault)
{
    struct file_path path = file_path_of(directory, name);
    struct file_path temporary = path;
    size_t length = strlen(path.text);
    if (length + sizeof(".tmp") > sizeof(temporary.text))
        return file_fault(fault, -ENAMETOOLONG, "write", path.text);
    memcpy(temporary.text + length, ".tmp", sizeof(".tmp"));
    int error = write_and_sync(disk, temporary.text, content);
    if (error < 0) {
        disk_unlink(disk, temporary.text); /* the first error is the one to tell; a leftover is overwritten next time */
        return file_fault(fault, error, "write", temporary.text);
    }
    error = disk_rename(disk, temporary.text, path.text);
    if (error < 0)
        return file_fault(fault, error, "rename to", path.text);
    error = disk_sync_directory(disk, directory);
    return error < 0 ? file_fault(fault, error, "sync the directory", directory) : 0;
}
