/* strict_settings.c - copying and changing small text files.
 * See strict_settings.h.
 * Before the broker starts, it changes what the broker will read; afterwards, what an adapter will. */
#include "strict_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "curve_key.h"
#include "fault.h"

enum { TEXT_BYTES_MAX = 8192 };

static int read_text(const char *path, char out[TEXT_BYTES_MAX], struct truc_fault *fault)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    size_t size = fread(out, 1, TEXT_BYTES_MAX - 1, file);
    int whole = feof(file) != 0;
    fclose(file);
    out[size] = 0;
    return whole ? 0 : fault_set(fault, TRUC_E_IO, "%s can't be read or is too long", path);
}

static int write_text(const char *path, const char *text, struct truc_fault *fault)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t size = strlen(text);
    bool written = file >= 0 && write(file, text, size) == (ssize_t)size;
    int number = errno;
    if (file >= 0)
        close(file);
    return written ? 0 : fault_errno(fault, TRUC_E_IO, number, "%s", path);
}

int settings_copy(const char *from, const char *to, struct truc_fault *fault)
{
    char text[TEXT_BYTES_MAX];
    int code = read_text(from, text, fault);
    return code < 0 ? code : write_text(to, text, fault);
}

int settings_with(const char *from, const char *to, const char *old, const char *new, struct truc_fault *fault)
{
    char text[TEXT_BYTES_MAX];
    BUFFER_CLEANUP struct buffer changed = {0};
    int code = read_text(from, text, fault);
    if (code < 0)
        return code;
    char *place = strstr(text, old);
    if (place == NULL)
        return fault_set(fault, TRUC_E_NOT_FOUND, "%s does not hold '%s'", from, old);
    buffer_append(&changed, text, (size_t)(place - text));
    buffer_append_string(&changed, new);
    buffer_append_string(&changed, place + strlen(old));
    const char *whole = buffer_string(&changed);
    return whole ? write_text(to, whole, fault) : fault_set(fault, TRUC_E_MEMORY, "no memory for %s", to);
}

int settings_foreign_key(const char *path, struct truc_fault *fault)
{
    CURVE_KEY_CLEANUP struct curve_key key;
    int code = curve_key_generate(&key);
    return code < 0 ? fault_set(fault, code, "no key") : write_text(path, key.public_text, fault);
}
