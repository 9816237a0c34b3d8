/* torture_recorder.c - writes down every change of files that the program it is loaded into makes (LD_PRELOAD), with when it ended.
 * The file TORTURE_RECORDING gets, per call, a header (struct change), a path or two, and what was written; zeros are only counted.
 * Read by ../world/recording.py, which makes of it what a power cut could have left. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 1024 };

enum change_kind {
    MADE = 'c',
    WRITTEN = 'w',
    RESIZED = 't',
    SYNCED = 's',
    RENAMED = 'r',
    REMOVED = 'u',
    FOLDER_MADE = 'd'
};

/* All in the machine's own order; the reader runs on the same. `path_bytes`, `other_bytes` and `data_bytes` follow the header. */
struct change {
    uint64_t time_ns; /* monotonic, after the call */
    uint64_t offset;  /* of what was written; the new size */
    uint64_t zeros;   /* so many zeros were written, and no data follows */
    uint32_t data_bytes;
    uint16_t path_bytes, other_bytes;
    uint32_t kind;
    uint32_t unused;
};

static int recording = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void open_recording(void)
{
    const char *path = getenv("TORTURE_RECORDING");
    recording = path ? REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (recording < 0)
        abort(); /* nothing recorded would be nothing tested */
}

static bool is_zero(const uint8_t *data, size_t size)
{
    return size > 0 && data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

static void record(struct change change, const char *path, const char *other, const void *data, size_t size)
{
    struct timespec now;
    struct iovec parts[4];
    bool zeros = is_zero(data, size);
    clock_gettime(CLOCK_MONOTONIC, &now);
    change.time_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    change.path_bytes = (uint16_t)strlen(path);
    change.other_bytes = (uint16_t)strlen(other);
    change.zeros = zeros ? size : 0;
    change.data_bytes = zeros ? 0 : (uint32_t)size;
    parts[0] = (struct iovec){&change, sizeof change};
    parts[1] = (struct iovec){(void *)(uintptr_t)path, change.path_bytes};
    parts[2] = (struct iovec){(void *)(uintptr_t)other, change.other_bytes};
    parts[3] = (struct iovec){(void *)(uintptr_t)data, change.data_bytes};
    ssize_t wanted = (ssize_t)(sizeof change + change.path_bytes + change.other_bytes + change.data_bytes);
    pthread_mutex_lock(&lock);
    ssize_t written = writev(recording, parts, 4);
    pthread_mutex_unlock(&lock);
    if (written != wanted)
        abort();
}

static bool path_of(int file, char path[PATH_BYTES])
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, PATH_BYTES - 1);
    if (size <= 0 || path[0] != '/')
        return false;
    path[size] = 0;
    return true;
}

static void record_file(int file, struct change change, const void *data, size_t size)
{
    char path[PATH_BYTES];
    if (path_of(file, path))
        record(change, path, "", data, size);
}

static int open_and_record(const char *path, int flags, mode_t mode)
{
    bool was_there = access(path, F_OK) == 0;
    int file = REAL(open)(path, flags, mode);
    if (file >= 0 && flags & O_CREAT && !was_there)
        record_file(file, (struct change){.kind = MADE}, NULL, 0);
    if (file >= 0 && flags & O_TRUNC && was_there)
        record_file(file, (struct change){.kind = RESIZED}, NULL, 0);
    return file;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_and_record(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_and_record(path, flags, mode);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t offset)
{
    ssize_t written = REAL(pwrite)(file, data, size, offset);
    if (written > 0)
        record_file(file, (struct change){.kind = WRITTEN, .offset = (uint64_t)offset}, data, (size_t)written);
    return written;
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t offset)
{
    return pwrite(file, data, size, offset);
}

int ftruncate(int file, off_t size)
{
    int result = REAL(ftruncate)(file, size);
    if (result == 0)
        record_file(file, (struct change){.kind = RESIZED, .offset = (uint64_t)size}, NULL, 0);
    return result;
}

int ftruncate64(int file, off64_t size)
{
    return ftruncate(file, size);
}

int fdatasync(int file)
{
    int result = REAL(fdatasync)(file);
    if (result == 0)
        record_file(file, (struct change){.kind = SYNCED}, NULL, 0);
    return result;
}

int fsync(int file)
{
    int result = REAL(fsync)(file);
    if (result == 0)
        record_file(file, (struct change){.kind = SYNCED}, NULL, 0);
    return result;
}

int rename(const char *from, const char *to)
{
    int result = REAL(rename)(from, to);
    if (result == 0)
        record((struct change){.kind = RENAMED}, from, to, NULL, 0);
    return result;
}

int unlink(const char *path)
{
    int result = REAL(unlink)(path);
    if (result == 0)
        record((struct change){.kind = REMOVED}, path, "", NULL, 0);
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    int result = REAL(mkdir)(path, mode);
    if (result == 0)
        record((struct change){.kind = FOLDER_MADE}, path, "", NULL, 0);
    return result;
}
