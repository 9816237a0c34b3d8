/* disk.h - what the journal asks of a disk: a table of calls, so that tests and the simulation can be the disk.
 * Not a file system: no permissions, no times. Paths are whole, '/' between parts.
 * Real files: bus/io/file_disk.h; memory that can lose power: tests/support/memory_disk.h. */
#ifndef TRUC_DISK_H
#define TRUC_DISK_H

#include "bytes.h"

struct disk;
struct disk_file;

enum disk_open_flags {
    DISK_READ = 1,
    DISK_WRITE = 2,
    DISK_CREATE = 4,    /* make it when it is not there */
    DISK_EXCLUSIVE = 8, /* with DISK_CREATE: -EEXIST when it is there */
    DISK_DIRECT = 16,   /* what is written in whole sectors from aligned memory may go past the system's cache */
};

enum { DISK_SECTOR_BYTES = 512, DISK_PAGE_BYTES = 4096 }; /* aligned memory: to a page */
enum { DISK_PATH_BYTES_MAX = 1024 };                      /* with the ending 0; longer ones are -ENAMETOOLONG */

/* Every call returns 0 (or a count) or a negative errno. None retries a failed sync, ever: after it the kernel may have
 * dropped the pages and would call the next one a success. */
struct disk_operations {
    int (*open)(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file);
    void (*close)(struct disk_file *file); /* NULL is fine; says nothing about durability */
    /* Bytes read: less than `size` only at the end of the file. */
    int64_t (*read_at)(struct disk_file *file, uint64_t offset, void *data, size_t size);
    /* All of it or a negative errno; -ENOSPC and -EDQUOT when there is no room. */
    int (*write_at)(struct disk_file *file, uint64_t offset, const void *data, size_t size);
    int (*sync)(struct disk_file *file); /* content and size are durable afterwards, the name isn't: sync_directory */
    int64_t (*size)(struct disk_file *file);
    int (*truncate)(struct disk_file *file, uint64_t size);             /* shorter, or longer with zeros */
    int (*rename)(struct disk *disk, const char *from, const char *to); /* replaces `to` atomically */
    int (*unlink)(struct disk *disk, const char *path);
    int (*make_directory)(struct disk *disk, const char *path); /* -EEXIST when it is there */
    int (*sync_directory)(struct disk *disk, const char *path); /* names made, renamed and removed in it are durable */
    /* Calls `visit` with each name in a directory (neither "." nor ".."), in any order; stops when it returns non-zero
     * and returns that. `visit` makes no other call on the disk. */
    int (*list)(struct disk *disk, const char *path, int (*visit)(void *context, const char *name), void *context);
    /* Opens (makes) the file and holds it against every other process until closed: -EWOULDBLOCK when held elsewhere.
     */
    int (*lock)(struct disk *disk, const char *path, struct disk_file **ret_file);
};

/* Implementations put these first in their own structures. */
struct disk {
    const struct disk_operations *operations;
};

struct disk_file {
    const struct disk_operations *operations;
};

static inline int disk_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file)
{
    return disk->operations->open(disk, path, flags, ret_file);
}

static inline void disk_close(struct disk_file *file)
{
    if (file != NULL)
        file->operations->close(file);
}

static inline int64_t disk_read_at(struct disk_file *file, uint64_t offset, void *data, size_t size)
{
    return file->operations->read_at(file, offset, data, size);
}

static inline int disk_write_at(struct disk_file *file, uint64_t offset, const void *data, size_t size)
{
    return file->operations->write_at(file, offset, data, size);
}

static inline int disk_sync(struct disk_file *file)
{
    return file->operations->sync(file);
}

static inline int64_t disk_size(struct disk_file *file)
{
    return file->operations->size(file);
}

static inline int disk_truncate(struct disk_file *file, uint64_t size)
{
    return file->operations->truncate(file, size);
}

static inline int disk_rename(struct disk *disk, const char *from, const char *to)
{
    return disk->operations->rename(disk, from, to);
}

static inline int disk_unlink(struct disk *disk, const char *path)
{
    return disk->operations->unlink(disk, path);
}

static inline int disk_make_directory(struct disk *disk, const char *path)
{
    return disk->operations->make_directory(disk, path);
}

static inline int disk_sync_directory(struct disk *disk, const char *path)
{
    return disk->operations->sync_directory(disk, path);
}

static inline int disk_list(struct disk *disk, const char *path, int (*visit)(void *context, const char *name),
                            void *context)
{
    return disk->operations->list(disk, path, visit, context);
}

static inline int disk_lock(struct disk *disk, const char *path, struct disk_file **ret_file)
{
    return disk->operations->lock(disk, path, ret_file);
}

#endif
