/* files_folder.c - see files_folder.h.
 * Descriptors of the parts are opened once: who renames the folder can't lead us elsewhere.
 * In the flow: called from one thread. */
#include "files_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

enum { NAME_BYTES = 256, CHUNK_BYTES = 65536 };

static const struct {
    const char *name;
    mode_t mode;
} parts[FILES_PARTS] = {
    [FILES_IN] = {"in", 0770},
    [FILES_WORK] = {"work", 0750},
    [FILES_PART_DONE] = {"done", 0750},
    [FILES_PART_FAILED] = {"failed", 0750},
    [FILES_PART_QUARANTINE] = {"quarantine", 0700},
    [FILES_OUT] = {"out", 0750},
    [FILES_SENT] = {"sent", 0700},
};

const char *files_part_name(enum files_part part)
{
    return parts[part].name;
}

static int open_part(int base, const char *path, enum files_part part, dev_t device, int *ret_fd,
                     struct truc_fault *fault)
{
    struct stat status;
    if (mkdirat(base, parts[part].name, parts[part].mode) < 0 && errno != EEXIST)
        return fault_errno(fault, TRUC_E_IO, errno, "%s/%s can't be made", path, parts[part].name);
    int fd = openat(base, parts[part].name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0) {
        fault_errno(fault, TRUC_E_IO, errno, "%s/%s can't be opened", path, parts[part].name);
        if (fd >= 0)
            close(fd);
        return TRUC_E_IO;
    }
    *ret_fd = fd;
    if (status.st_dev == device)
        return 0;
    return fault_set(fault, TRUC_E_IO, "%s/%s lies on another file system: a move would not be one step", path,
                     parts[part].name);
}

int files_folder_open(const char *path, struct files_folder *ret_folder, struct truc_fault *fault)
{
    struct files_folder folder;
    struct stat status;
    int result = 0, base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < FILES_PARTS; i++)
        folder.parts[i] = -1;
    if (base < 0 || fstat(base, &status) < 0)
        result = fault_errno(fault, TRUC_E_IO, errno, "the folder %s can't be opened", path);
    for (size_t i = 0; result == 0 && i < FILES_PARTS; i++)
        result = open_part(base, path, (enum files_part)i, status.st_dev, &folder.parts[i], fault);
    if (base >= 0)
        close(base);
    if (result < 0)
        files_folder_close(&folder);
    else
        *ret_folder = folder;
    return result;
}

void files_folder_close(struct files_folder *folder)
{
    for (size_t i = 0; i < FILES_PARTS; i++) {
        if (folder->parts[i] >= 0)
            close(folder->parts[i]);
        folder->parts[i] = -1;
    }
}

static int trouble(struct truc_fault *fault, enum files_part part, const char *what)
{
    int number = errno;
    return fault_errno(fault,
                       number == ENOENT   ? TRUC_E_NOT_FOUND
                       : number == EEXIST ? TRUC_E_EXISTS
                                          : TRUC_E_IO,
                       number, "%s in %s/", what, parts[part].name);
}

static int read_all(int fd, size_t size_max, struct buffer *out, struct truc_fault *fault)
{
    uint8_t chunk[CHUNK_BYTES];
    for (;;) {
        ssize_t size = read(fd, chunk, sizeof(chunk));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fault_errno(fault, TRUC_E_IO, errno, "the file can't be read");
        if (size == 0)
            return 0;
        if (out->size + (size_t)size > size_max)
            return fault_set(fault, TRUC_E_TOO_LARGE, "the file is larger than %zu bytes", size_max);
        buffer_append(out, chunk, (size_t)size);
        if (buffer_failed(out))
            return fault_set(fault, TRUC_E_MEMORY, "no memory for a file");
    }
}

/* O_NONBLOCK: a pipe must not hold us up before it is known for one. */
int files_folder_read(const struct files_folder *folder, enum files_part part, const char *name, size_t size_max,
                      struct buffer *out, struct stat *ret_status, struct truc_fault *fault)
{
    int fd = openat(folder->parts[part], name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && (errno == ELOOP || errno == ENXIO))
        return fault_set(fault, TRUC_E_STATE, "it is a link, or no file");
    if (fd < 0)
        return trouble(fault, part, "a file can't be opened");
    int result = 0;
    if (fstat(fd, ret_status) < 0)
        result = trouble(fault, part, "a file can't be looked at");
    else if (!S_ISREG(ret_status->st_mode) || ret_status->st_nlink != 1)
        result = fault_set(fault, TRUC_E_STATE, "it is a link, or no file");
    else if ((uint64_t)ret_status->st_size > size_max)
        result = fault_set(fault, TRUC_E_TOO_LARGE, "the file is larger than %zu bytes", size_max);
    else
        result = read_all(fd, size_max, out, fault);
    close(fd);
    return result;
}

static int rename_within(const struct files_folder *folder, enum files_part from, const char *name, enum files_part to,
                         const char *new_name)
{
    return renameat2(folder->parts[from], name, folder->parts[to], new_name, RENAME_NOREPLACE);
}

int files_folder_move(const struct files_folder *folder, enum files_part from, enum files_part to, const char *name,
                      struct truc_fault *fault)
{
    return rename_within(folder, from, name, to, name) == 0 ? 0 : trouble(fault, to, "a file can't be moved");
}

/* NAME, NAME~2, NAME~3, …: the first that is free. */
static int free_name(const struct files_folder *folder, enum files_part part, const char *name, char out[NAME_BYTES],
                     struct truc_fault *fault)
{
    struct stat status;
    for (unsigned i = 1; i <= FILES_SAME_NAME_MAX; i++) {
        int size = i == 1 ? snprintf(out, NAME_BYTES, "%s", name) : snprintf(out, NAME_BYTES, "%s~%u", name, i);
        if (size < 0 || size >= NAME_BYTES)
            break;
        if (fstatat(folder->parts[part], out, &status, AT_SYMLINK_NOFOLLOW) < 0)
            return errno == ENOENT ? 0 : trouble(fault, part, "a name can't be looked up");
    }
    return fault_set(fault, TRUC_E_LIMIT, "%s/ has more than %d files of one name", parts[part].name,
                     FILES_SAME_NAME_MAX);
}

int files_folder_file_away(const struct files_folder *folder, enum files_part from, enum files_part to,
                           const char *name, const char *reason, struct truc_fault *fault)
{
    char place[NAME_BYTES], beside[NAME_BYTES + sizeof(".reason")];
    int result = free_name(folder, to, name, place, fault);
    if (result < 0)
        return result;
    snprintf(beside, sizeof(beside), "%s.reason", place);
    if (reason)
        result = files_folder_write(folder, to, beside, 0640, bytes_string(reason), fault);
    if (result < 0)
        return result;
    if (rename_within(folder, from, name, to, place) == 0)
        return 0;
    result = trouble(fault, to, "a file can't be moved");
    struct stat status; /* what is not there: the file, or the part that it should go to */
    bool is_there = fstatat(folder->parts[from], name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    return result == TRUC_E_NOT_FOUND && is_there ? TRUC_E_IO : result;
}

static int write_all(int fd, struct bytes content)
{
    while (content.size) {
        ssize_t size = write(fd, content.data, content.size);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return -1;
        content = bytes_of(content.data + size, content.size - (size_t)size);
    }
    return 0;
}

int files_folder_write(const struct files_folder *folder, enum files_part part, const char *name, mode_t mode,
                       struct bytes content, struct truc_fault *fault)
{
    char beside[NAME_BYTES + 8];
    if (snprintf(beside, sizeof(beside), ".%s", name) >= (int)sizeof(beside))
        return fault_set(fault, TRUC_E_LIMIT, "a file's name is too long");
    int fd = openat(folder->parts[part], beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "a file can't be made in %s/", parts[part].name);
    int failed = write_all(fd, content) < 0 || fsync(fd) < 0;
    int number = errno;
    failed = close(fd) < 0 || failed;
    errno = failed ? number : errno;
    if (!failed)
        failed = renameat(folder->parts[part], beside, folder->parts[part], name) < 0 || fsync(folder->parts[part]) < 0;
    if (!failed)
        return 0;
    fault_errno(fault, TRUC_E_IO, errno, "a file can't be written in %s/", parts[part].name);
    unlinkat(folder->parts[part], beside, 0); /* what is left of it; on a full disk it would be in the way */
    return TRUC_E_IO;
}
