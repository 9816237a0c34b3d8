/* file_disk.c - the journal's disk as real files of this machine.
 * No caching and no retrying: what disk.h promises, by system calls. Only interrupted and short calls are continued.
 * Under the journal in trucd and in the command line. */
#include "file_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0600, DIRECTORY_MODE = 0700 }; /* keys and personal data: nobody else's business */

struct real_file {
    struct disk_file file;
    int descriptor;
    int direct; /* -1, or the same file for writes past the cache */
};

static const struct disk_operations operations;

/* What the last system call failed with: never 0, whatever it left in errno. */
static int failure(void)
{
    int error = errno;
    return error > 0 ? -error : -EIO;
}

static int descriptor_of(struct disk_file *file)
{
    return ((struct real_file *)(void *)file)->descriptor;
}

static int real_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file)
{
    (void)disk;
    int mode = flags & DISK_WRITE ? (flags & DISK_READ ? O_RDWR : O_WRONLY) : O_RDONLY;
    mode |= O_CLOEXEC | (flags & DISK_CREATE ? O_CREAT : 0) | (flags & DISK_EXCLUSIVE ? O_EXCL : 0);
    struct real_file *file = malloc(sizeof(*file));
    if (file == NULL)
        return -ENOMEM;
    file->file.operations = &operations;
    file->descriptor = open(path, mode, FILE_MODE);
    if (file->descriptor < 0) {
        int error = failure();
        free(file);
        return error;
    }
    /* Not every file system can (tmpfs of older kernels): then all writes go through the cache. */
    file->direct = flags & DISK_DIRECT ? open(path, (mode & ~(O_CREAT | O_EXCL)) | O_DIRECT) : -1;
    *ret_file = &file->file;
    return 0;
}

static void real_close(struct disk_file *file)
{
    if (file == NULL)
        return;
    if (((struct real_file *)(void *)file)->direct >= 0)
        close(((struct real_file *)(void *)file)->direct);
    close(descriptor_of(file)); /* what matters was synced; nothing else is promised */
    free(file);
}

static int64_t real_read_at(struct disk_file *file, uint64_t offset, void *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(descriptor_of(file), (uint8_t *)data + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failure();
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int64_t)done;
}

static bool is_in_sectors(uint64_t offset, const void *data, size_t size)
{
    return (uintptr_t)data % DISK_PAGE_BYTES == 0 && offset % DISK_SECTOR_BYTES == 0 && size % DISK_SECTOR_BYTES == 0;
}

/* The kernel keeps the two descriptors' views of the file the same; fdatasync of either covers both. */
static int real_write_at(struct disk_file *file, uint64_t offset, const void *data, size_t size)
{
    struct real_file *real = (struct real_file *)(void *)file;
    int descriptor = real->direct >= 0 && is_in_sectors(offset, data, size) ? real->direct : real->descriptor;
    size_t done = 0;
    while (done < size) {
        ssize_t got = pwrite(descriptor, (const uint8_t *)data + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EINVAL && descriptor == real->direct) { /* a disk with larger sectors */
            descriptor = real->descriptor;
            continue;
        }
        if (got < 0)
            return failure();
        if (got == 0)
            return -EIO;
        done += (size_t)got;
    }
    return 0;
}

static int real_sync(struct disk_file *file)
{
    return fdatasync(descriptor_of(file)) < 0 ? failure() : 0; /* once: a second try could succeed with the data gone */
}

static int64_t real_size(struct disk_file *file)
{
    struct stat status;
    return fstat(descriptor_of(file), &status) < 0 ? failure() : (int64_t)status.st_size;
}

static int real_truncate(struct disk_file *file, uint64_t size)
{
    return ftruncate(descriptor_of(file), (off_t)size) < 0 ? failure() : 0;
}

static int real_rename(struct disk *disk, const char *from, const char *to)
{
    (void)disk;
    return rename(from, to) < 0 ? failure() : 0;
}

static int real_unlink(struct disk *disk, const char *path)
{
    (void)disk;
    return unlink(path) < 0 ? failure() : 0;
}

static int real_make_directory(struct disk *disk, const char *path)
{
    (void)disk;
    return mkdir(path, DIRECTORY_MODE) < 0 ? failure() : 0;
}

static int real_sync_directory(struct disk *disk, const char *path)
{
    (void)disk;
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return failure();
    int error = fsync(descriptor) < 0 ? failure() : 0;
    close(descriptor);
    return error;
}

static int real_list(struct disk *disk, const char *path, int (*visit)(void *context, const char *name), void *context)
{
    (void)disk;
    DIR *directory = opendir(path);
    if (directory == NULL)
        return failure();
    int stop = 0;
    while (stop == 0) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            stop = errno == 0 ? 0 : failure(); /* 0: the end */
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            stop = visit(context, entry->d_name);
    }
    closedir(directory);
    return stop;
}

static int real_lock(struct disk *disk, const char *path, struct disk_file **ret_file)
{
    struct disk_file *file = NULL;
    int error = real_open(disk, path, DISK_READ | DISK_WRITE | DISK_CREATE, &file);
    if (error < 0 || file == NULL)
        return error;
    if (flock(descriptor_of(file), LOCK_EX | LOCK_NB) < 0) {
        error = failure();
        real_close(file);
        return error;
    }
    *ret_file = file;
    return 0;
}

static const struct disk_operations operations = {
    .open = real_open,
    .close = real_close,
    .read_at = real_read_at,
    .write_at = real_write_at,
    .sync = real_sync,
    .size = real_size,
    .truncate = real_truncate,
    .rename = real_rename,
    .unlink = real_unlink,
    .make_directory = real_make_directory,
    .sync_directory = real_sync_directory,
    .list = real_list,
    .lock = real_lock,
};

struct disk *file_disk(void)
{
    static struct disk disk = {&operations};
    return &disk;
}
