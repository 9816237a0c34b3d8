/* journal_file.h - small whole files over the disk table: read, replace atomically, name paths, turn errno into faults.
 * Not for segments, which are written in place.
 * Under keys, checkpoints, snapshots, objects and the format file. */
#ifndef TRUC_JOURNAL_FILE_H
#define TRUC_JOURNAL_FILE_H

#include <truc/error.h>

#include "buffer.h"
#include "disk.h"

struct file_path {
    char text[DISK_PATH_BYTES_MAX];
};

/* "directory/part" and "directory/part/name". The journal's directory is checked at open to leave room for the rest. */
struct file_path file_path_of(const char *directory, const char *part);
struct file_path file_path_in(const char *directory, const char *part, const char *name);

/* Sets a fault from a negative errno of the disk: -ENOSPC and -EDQUOT are TRUC_E_JOURNAL_FULL, -ENOENT is
 * TRUC_E_NOT_FOUND, -ENOMEM is TRUC_E_MEMORY, everything else TRUC_E_IO. Returns the code. */
int file_fault_set(struct truc_fault *fault, int error, const char *doing, const char *path);
static inline int file_fault(struct truc_fault *fault, int error, const char *doing, const char *path)
{
    int code = file_fault_set(fault, error, doing, path);
    return code < 0 ? code : TRUC_E_IO; /* for analysers, which can't look into the other: a fault is never 0 */
}

/* Appends the whole file. TRUC_E_NOT_FOUND; TRUC_E_LIMIT when it is larger than size_max. */
int file_read_whole(struct disk *disk, const char *path, size_t size_max, struct buffer *out, struct truc_fault *fault);
/* directory/name holds `content`, durable, or what it held before: temporary file, sync, rename, directory sync. */
int file_replace(struct disk *disk, const char *directory, const char *name, struct bytes content,
                 struct truc_fault *fault);
/* Exactly `size` bytes or TRUC_E_JOURNAL_CORRUPT ("ends early"). */
int file_read_exactly(struct disk_file *file, const char *path, uint64_t offset, void *data, size_t size,
                      struct truc_fault *fault);

#define FILE_CLEANUP __attribute__((cleanup(file_cleanup)))
static inline void file_cleanup(struct disk_file **file)
{
    disk_close(*file);
}

#endif
