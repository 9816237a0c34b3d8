/* files_writing.c - see files_writing.h. Three steps, each durable before the next:
 * sent/ID.file holds the content; sent/ID says that it is on its way; the rename to out/NAME is the effect. So whoever finds sent/ID knows by
 * sent/ID.file whether the rename has happened, and a file that its reader took away is not written a second time.
 * In the flow: called once a delivery. */
#include "files_writing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "encode.h"
#include "fault.h"

enum { ID_BYTES = 2 * SHA256_BYTES + 1, STAGED_BYTES = ID_BYTES + 8 };

struct names {
    char id[ID_BYTES], staged[STAGED_BYTES];
};

static int make_names(const struct sha256_digest *message, struct names *names, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer hex = {0};
    hex_append(&hex, sha256_view(message));
    const char *text = buffer_string(&hex);
    if (!text)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a file's id");
    snprintf(names->id, sizeof(names->id), "%s", text);
    snprintf(names->staged, sizeof(names->staged), "%s.file", text);
    return 0;
}

static bool is_there(const struct files_folder *folder, const char *name)
{
    return faccessat(folder->parts[FILES_SENT], name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int stage(const struct files_folder *folder, const struct names *names, struct bytes content,
                 struct truc_fault *fault)
{
    int result = files_folder_write(folder, FILES_SENT, names->staged, 0640, content, fault);
    return result == 0 ? files_folder_write(folder, FILES_SENT, names->id, 0600, bytes_string(""), fault) : result;
}

/* The name is another message's: this one is as if it had never come. */
static void unstage(const struct files_folder *folder, const struct names *names)
{
    unlinkat(folder->parts[FILES_SENT], names->id, 0);
    unlinkat(folder->parts[FILES_SENT], names->staged, 0);
}

static int sync_out(const struct files_folder *folder, struct truc_fault *fault)
{
    if (fsync(folder->parts[FILES_OUT]) < 0 || fsync(folder->parts[FILES_SENT]) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "out/ can't be synced");
    return 0;
}

static int publish(const struct files_folder *folder, const struct names *names, const char *name,
                   struct truc_fault *fault)
{
    int sent = folder->parts[FILES_SENT], out = folder->parts[FILES_OUT];
    if (renameat2(sent, names->staged, out, name, RENAME_NOREPLACE) < 0) {
        if (errno != EEXIST)
            return fault_errno(fault, TRUC_E_IO, errno, "a file can't be moved to out/");
        unstage(folder, names);
        return fault_set(fault, TRUC_E_EXISTS, "out/ has another file of this name");
    }
    return sync_out(folder, fault);
}

int files_write_once(const struct files_folder *folder, const struct sha256_digest *message, const char *name,
                     struct bytes content, struct truc_fault *fault)
{
    struct names names;
    int result = make_names(message, &names, fault);
    if (result < 0)
        return result;
    if (!is_there(folder, names.id))
        result = stage(folder, &names, content, fault);
    else if (!is_there(folder, names.staged))
        return sync_out(folder, fault); /* the rename was made, by a run that may have ended before its sync */
    return result == 0 ? publish(folder, &names, name, fault) : result;
}

int files_forget(const struct files_folder *folder, uint64_t before_s, struct truc_fault *fault)
{
    int count = 0, fd = openat(folder->parts[FILES_SENT], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        fault_errno(fault, TRUC_E_IO, errno, "sent/ can't be read");
        if (fd >= 0)
            close(fd);
        return TRUC_E_IO;
    }
    for (const struct dirent *entry; (entry = readdir(directory));) {
        struct stat status;
        if (fstatat(folder->parts[FILES_SENT], entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && (uint64_t)status.st_mtime < before_s)
            count += unlinkat(folder->parts[FILES_SENT], entry->d_name, 0) == 0;
    }
    closedir(directory);
    return count;
}
