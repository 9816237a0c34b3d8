/* failing_disk.c - a disk over another one whose n-th call of a kind fails (failing_disk.h).
 * Each call is counted, and fails or goes on to the disk below.
 * Test support only. */
#include "failing_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_memory.h"

struct failing_file {
    struct disk_file file;
    struct disk_file *below;
    struct failing_disk *disk;
    char path[DISK_PATH_BYTES_MAX];
};

static struct failing_disk *disk_of(struct disk *disk)
{
    return (struct failing_disk *)(void *)disk;
}

static struct failing_file *file_of(struct disk_file *file)
{
    return (struct failing_file *)(void *)file;
}

static bool fails(struct failing_disk *disk, enum disk_call call, const char *path)
{
    disk->counts[call]++;
    if (call != disk->call || disk->counts[call] != disk->nth)
        return false;
    (void)snprintf(disk->path, sizeof disk->path, "%s", path);
    return true;
}

/* What the disk below says, when the call does not fail; allocations are the test's meanwhile. */
#define CARRY_OUT(type, failing, call, path, below_call)                                                               \
    do {                                                                                                               \
        if (fails(failing, call, path))                                                                                \
            return (failing)->error;                                                                                   \
        bool was_armed = failing_memory_arm(false);                                                                    \
        type result = below_call;                                                                                      \
        (void)failing_memory_arm(was_armed);                                                                           \
        return result;                                                                                                 \
    } while (0)

static const struct disk_operations operations;

static int make_file(struct failing_disk *disk, const char *path, struct disk_file *below, struct disk_file **ret_file)
{
    struct failing_file *file = malloc(sizeof *file);
    if (file == NULL)
        abort(); /* tests run with enough memory */
    *file = (struct failing_file){{&operations}, below, disk, ""};
    (void)snprintf(file->path, sizeof file->path, "%s", path);
    *ret_file = &file->file;
    return 0;
}

static int open_below(struct failing_disk *disk, const char *path, unsigned flags, struct disk_file **ret_file)
{
    struct disk_file *below;
    int error = disk_open(disk->below, path, flags, &below);
    return error < 0 ? error : make_file(disk, path, below, ret_file);
}

static int lock_below(struct failing_disk *disk, const char *path, struct disk_file **ret_file)
{
    struct disk_file *below;
    int error = disk_lock(disk->below, path, &below);
    return error < 0 ? error : make_file(disk, path, below, ret_file);
}

static int failing_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file)
{
    CARRY_OUT(int, disk_of(disk), DISK_CALL_OPEN, path, open_below(disk_of(disk), path, flags, ret_file));
}

static int failing_lock(struct disk *disk, const char *path, struct disk_file **ret_file)
{
    CARRY_OUT(int, disk_of(disk), DISK_CALL_LOCK, path, lock_below(disk_of(disk), path, ret_file));
}

static void failing_close(struct disk_file *file)
{
    disk_close(file_of(file)->below);
    free(file);
}

static int64_t failing_read_at(struct disk_file *file, uint64_t offset, void *data, size_t size)
{
    CARRY_OUT(int64_t, file_of(file)->disk, DISK_CALL_READ, file_of(file)->path,
              disk_read_at(file_of(file)->below, offset, data, size));
}

static int failing_write_at(struct disk_file *file, uint64_t offset, const void *data, size_t size)
{
    CARRY_OUT(int, file_of(file)->disk, DISK_CALL_WRITE, file_of(file)->path,
              disk_write_at(file_of(file)->below, offset, data, size));
}

static int failing_sync(struct disk_file *file)
{
    CARRY_OUT(int, file_of(file)->disk, DISK_CALL_SYNC, file_of(file)->path, disk_sync(file_of(file)->below));
}

static int64_t failing_size(struct disk_file *file)
{
    CARRY_OUT(int64_t, file_of(file)->disk, DISK_CALL_SIZE, file_of(file)->path, disk_size(file_of(file)->below));
}

static int failing_truncate(struct disk_file *file, uint64_t size)
{
    CARRY_OUT(int, file_of(file)->disk, DISK_CALL_TRUNCATE, file_of(file)->path,
              disk_truncate(file_of(file)->below, size));
}

static int failing_rename(struct disk *disk, const char *from, const char *to)
{
    CARRY_OUT(int, disk_of(disk), DISK_CALL_RENAME, from, disk_rename(disk_of(disk)->below, from, to));
}

static int failing_unlink(struct disk *disk, const char *path)
{
    CARRY_OUT(int, disk_of(disk), DISK_CALL_UNLINK, path, disk_unlink(disk_of(disk)->below, path));
}

static int failing_make_directory(struct disk *disk, const char *path)
{
    CARRY_OUT(int, disk_of(disk), DISK_CALL_MAKE_DIRECTORY, path, disk_make_directory(disk_of(disk)->below, path));
}

static int failing_sync_directory(struct disk *disk, const char *path)
{
    CARRY_OUT(int, disk_of(disk), DISK_CALL_SYNC_DIRECTORY, path, disk_sync_directory(disk_of(disk)->below, path));
}

/* What is called for each name may allocate, as the journal's own code it is. */
static int failing_list(struct disk *disk, const char *path, int (*visit)(void *context, const char *name),
                        void *context)
{
    if (fails(disk_of(disk), DISK_CALL_LIST, path))
        return disk_of(disk)->error;
    return disk_list(disk_of(disk)->below, path, visit, context);
}

static const struct disk_operations operations = {
    .open = failing_open,
    .close = failing_close,
    .read_at = failing_read_at,
    .write_at = failing_write_at,
    .sync = failing_sync,
    .size = failing_size,
    .truncate = failing_truncate,
    .rename = failing_rename,
    .unlink = failing_unlink,
    .make_directory = failing_make_directory,
    .sync_directory = failing_sync_directory,
    .list = failing_list,
    .lock = failing_lock,
};

void failing_disk_begin(struct failing_disk *disk, struct disk *below)
{
    *disk = (struct failing_disk){.disk = {&operations}, .below = below};
}

const char *disk_call_name(enum disk_call call)
{
    static const char *const names[DISK_CALLS] = {"none",           "open",           "lock",     "read",   "write",
                                                  "sync",           "size",           "truncate", "rename", "unlink",
                                                  "make directory", "sync directory", "list"};
    return names[call];
}
