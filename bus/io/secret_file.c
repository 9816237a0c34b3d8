/* secret_file.c - opens, looks at who else may read it, then reads.
 * The rights are those of the open file, so that it can't be exchanged in between.
 * See secret_file.h. */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "locked.h"

static int check_rights(int fd, const char *path, size_t *ret_size, struct truc_fault *fault)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "cannot look at '%s'", path);
    if (!S_ISREG(status.st_mode))
        return fault_set(fault, TRUC_E_CONFIG, "'%s' is not a file", path);
    if (status.st_uid != geteuid() && status.st_uid != 0) {
        fault_set(fault, TRUC_E_CONFIG, "'%s' holds a key and belongs to another user (%u)", path,
                  (unsigned)status.st_uid);
        fault_hint(fault, "chown it to the user who runs this program");
        return TRUC_E_CONFIG;
    }
    if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        fault_set(fault, TRUC_E_CONFIG, "'%s' holds a key and others may use it (mode %04o)", path,
                  (unsigned)(status.st_mode & 07777));
        fault_hint(fault, "chmod 600 '%s', and make a new key if somebody may have read it", path);
        return TRUC_E_CONFIG;
    }
    if (status.st_size <= 0 || status.st_size > SECRET_FILE_BYTES_MAX)
        return fault_set(fault, TRUC_E_CONFIG, "'%s' has %lld bytes; a key file has 1 to %d", path,
                         (long long)status.st_size, SECRET_FILE_BYTES_MAX);
    *ret_size = (size_t)status.st_size;
    return 0;
}

static int read_all(int fd, const char *path, uint8_t *data, size_t size, struct truc_fault *fault)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = read(fd, data + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fault_errno(fault, TRUC_E_IO, errno, "cannot read '%s'", path);
        if (count == 0)
            return fault_set(fault, TRUC_E_IO, "'%s' became shorter while it was read", path);
        done += (size_t)count;
    }
    return 0;
}

int secret_file_read(const char *path, struct secret *ret_secret, struct truc_fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ELOOP)
        return fault_set(fault, TRUC_E_CONFIG, "'%s' is a link; name the key file itself", path);
    if (fd < 0)
        return fault_errno(fault, errno == ENOENT ? TRUC_E_NOT_FOUND : TRUC_E_IO, errno, "cannot open '%s'", path);
    struct secret secret = {0};
    int code = check_rights(fd, path, &secret.size, fault);
    if (code == 0 && (secret.data = locked_new(secret.size)) == NULL)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for the key in '%s'", path);
    if (code == 0)
        code = read_all(fd, path, secret.data, secret.size, fault);
    close(fd);
    if (code < 0) {
        secret_free(&secret);
        return code;
    }
    *ret_secret = secret;
    return 0;
}

int secret_folder_check(const char *path, struct truc_fault *fault)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return errno == ENOENT ? 0 : fault_errno(fault, TRUC_E_IO, errno, "cannot look at '%s'", path);
    if (!S_ISDIR(status.st_mode))
        return fault_set(fault, TRUC_E_CONFIG, "'%s' is not a folder", path);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return 0;
    fault_set(fault, TRUC_E_CONFIG, "'%s' says who sent what to whom, and others may use it (mode %04o)", path,
              (unsigned)(status.st_mode & 07777));
    fault_hint(fault, "chmod -R go= '%s'", path);
    return TRUC_E_CONFIG;
}

void secret_free(struct secret *secret)
{
    if (secret == NULL)
        return;
    locked_free(secret->data);
    *secret = (struct secret){0};
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct bytes secret_text(const struct secret *secret)
{
    struct bytes text = {secret->data, secret->size};
    while (text.size && is_space(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}
