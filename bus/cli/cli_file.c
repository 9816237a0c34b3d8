/* cli_file.c - see cli_file.h. Every failure names the path and the system's reason.
 * Secrets pass through here: buffers wipe themselves, and a file has its mode before it has its content.
 * No retries. What exists is replaced by a rename or not at all. */
#include "cli_file.h"

#include "cli_words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP_BYTES = 64 * 1024, TREE_FILES_MAX = 16 };

int cli_path(char out[CLI_PATH_BYTES], struct truc_fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(out, CLI_PATH_BYTES, format, arguments);
    va_end(arguments);
    if (size < 0 || size >= CLI_PATH_BYTES)
        return fault_set(fault, TRUC_E_LIMIT, _("a path is longer than %d bytes"), CLI_PATH_BYTES);
    return 0;
}

static int read_all(int file, const char *path, struct buffer *out, struct truc_fault *fault)
{
    for (size_t total = 0; total <= CLI_FILE_BYTES_MAX;) {
        uint8_t *at = buffer_extend(out, READ_STEP_BYTES);
        if (at == NULL)
            return fault_set(fault, buffer_failed(out), _("no memory for %s"), path);
        ssize_t got = read(file, at, READ_STEP_BYTES);
        int error_number = errno;
        out->size -= READ_STEP_BYTES - (size_t)(got > 0 ? got : 0);
        if (got == 0)
            return 0;
        if (got < 0 && error_number != EINTR)
            return fault_errno(fault, TRUC_E_IO, error_number, _("read %s"), path);
        total += (size_t)(got > 0 ? got : 0);
    }
    return fault_set(fault, TRUC_E_LIMIT, _("%s is larger than %d bytes"), path, CLI_FILE_BYTES_MAX);
}

int cli_file_read(const char *path, struct buffer *out, struct truc_fault *fault)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fault_errno(fault, errno == ENOENT ? TRUC_E_NOT_FOUND : TRUC_E_IO, errno, _("open %s"), path);
    int code = read_all(file, path, out, fault);
    close(file);
    return code;
}

int cli_file_create(const char *path, struct bytes content, mode_t mode, struct truc_fault *fault)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return fault_errno(fault, errno == EEXIST ? TRUC_E_EXISTS : TRUC_E_IO, errno, _("make %s"), path);
    int code = 0;
    for (size_t done = 0; code == 0 && done < content.size;) {
        ssize_t written = write(file, content.data + done, content.size - done);
        if (written < 0 && errno != EINTR)
            code = fault_errno(fault, TRUC_E_IO, errno, _("write %s"), path);
        done += (size_t)(written > 0 ? written : 0);
    }
    if (code == 0 && (fchmod(file, mode) < 0 || fsync(file) < 0))
        code = fault_errno(fault, TRUC_E_IO, errno, _("write %s"), path);
    close(file);
    return code;
}

/* A name is on disk when its folder is. */
static int sync_folder_of(const char *path, struct truc_fault *fault)
{
    char folder[CLI_PATH_BYTES] = ".";
    const char *slash = strrchr(path, '/');
    int code = slash ? cli_path(folder, fault, "%.*s", (int)(slash - path + 1), path) : 0;
    if (code < 0)
        return code;
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0 || (fsync(file) < 0 && errno != EINVAL)) /* there are file systems that can't, and need not */
        code = fault_errno(fault, TRUC_E_IO, errno, _("write %s"), folder);
    if (file >= 0)
        close(file);
    return code;
}

int cli_file_rename(const char *from, const char *to, struct truc_fault *fault)
{
    return rename(from, to) < 0 ? fault_errno(fault, TRUC_E_IO, errno, _("rename to %s"), to)
                                : sync_folder_of(to, fault);
}

int cli_file_remove(const char *path, struct truc_fault *fault)
{
    return unlink(path) < 0 ? fault_errno(fault, TRUC_E_IO, errno, _("remove %s"), path) : sync_folder_of(path, fault);
}

/* With an owner unless `owner` is NULL. */
static int replace(const char *path, struct bytes content, mode_t mode, const struct stat *owner,
                   struct truc_fault *fault)
{
    char aside[CLI_PATH_BYTES];
    int code = cli_path(aside, fault, "%s.new-%d", path, (int)getpid());
    if (code == 0)
        code = cli_file_create(aside, content, mode, fault);
    if (code == TRUC_E_EXISTS || code == TRUC_E_LIMIT)
        return code;
    if (code == 0 && owner && chown(aside, owner->st_uid, owner->st_gid) < 0)
        code = fault_errno(fault, TRUC_E_IO, errno, _("give %s to its owner"), aside);
    if (code == 0)
        code = cli_file_rename(aside, path, fault);
    if (code < 0)
        (void)unlink(aside); /* the old file stands */
    return code;
}

int cli_file_replace(const char *path, struct bytes content, mode_t mode, struct truc_fault *fault)
{
    return replace(path, content, mode, NULL, fault);
}

int cli_file_change(const char *path, struct bytes content, struct truc_fault *fault)
{
    char real[PATH_MAX];
    struct stat status;
    if (realpath(path, real) == NULL || stat(real, &status) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, _("change %s"), path);
    return replace(real, content, status.st_mode & 07777, &status, fault);
}

int cli_directory_create(const char *path, mode_t mode, struct truc_fault *fault)
{
    if (mkdir(path, mode) < 0)
        return fault_errno(fault, errno == EEXIST ? TRUC_E_EXISTS : TRUC_E_IO, errno, _("make folder %s"), path);
    if (chmod(path, mode) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, _("make folder %s"), path);
    return 0;
}

int cli_directories_for(const char *root, const char *name, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        int code = cli_path(path, fault, "%s/%.*s", root, (int)(slash - name), name);
        if (code == 0 && !cli_is_directory(path))
            code = cli_directory_create(path, 0755, fault);
        if (code < 0)
            return code;
    }
    return 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int cli_directory_list(const char *path, int (*visit)(void *context, const char *name), void *context,
                       struct truc_fault *fault)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_visible, alphasort), code = 0;
    if (count < 0)
        return fault_errno(fault, errno == ENOENT ? TRUC_E_NOT_FOUND : TRUC_E_IO, errno, _("open folder %s"), path);
    for (int i = 0; i < count; i++) {
        if (code == 0)
            code = visit(context, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return code;
}

bool cli_is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status, (void)kind, (void)at;
    return remove(path);
}

void cli_tree_remove(const char *path)
{
    nftw(path, remove_one, TREE_FILES_MAX, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
