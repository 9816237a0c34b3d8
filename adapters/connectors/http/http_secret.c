/* http_secret.c - see http_secret.h.
 * As strict as the SDK is with its keys; no copy stays behind.
 * In the flow: called while loading. */
#include "http_secret.h"

#include <stdio.h>
#include <sys/stat.h>

enum { SECRET_BYTES_MAX = 8192, PATH_BYTES_MAX = 4096 };

/* Of the open file, so that it can't be exchanged in between; as strict as the SDK is with its keys. */
static bool is_private(FILE *stream)
{
    struct stat status;
    return fstat(fileno(stream), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

int http_load_secret(const struct connector_load *load, const struct typed_value *file, const char **ret_secret)
{
    char path[PATH_BYTES_MAX], secret[SECRET_BYTES_MAX + 1];
    bool absolute = file->text[0] == '/';
    if (snprintf(path, sizeof(path), "%s%s", absolute ? "" : load->adapter->directory, file->text) >= (int)sizeof(path))
        return connector_load_fail(load, file->node, "", "the path is too long");
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return connector_load_fail(load, file->node, "the path is relative to the adapter file",
                                   "the secret's file can't be opened: %s", path);
    if (!is_private(stream)) {
        fclose(stream);
        return connector_load_fail(load, file->node, "chmod 600, and take a new secret if somebody may have read it",
                                   "others may use the secret's file: %s", path);
    }
    setbuf(stream, NULL); /* no copy of it stays behind */
    size_t size = fread(secret, 1, sizeof(secret), stream);
    fclose(stream);
    while (size && size <= SECRET_BYTES_MAX && strchr("\r\n ", secret[size - 1]))
        size--;
    int result = 0;
    if (size == 0 || size > SECRET_BYTES_MAX || memchr(secret, '\n', size) || memchr(secret, 0, size))
        result = connector_load_fail(load, file->node, "", "the secret's file must hold one line");
    else if (!(*ret_secret = arena_string(&load->adapter->arena, bytes_of(secret, size))))
        result = connector_load_no_memory(load);
    explicit_bzero(secret, sizeof(secret));
    return result;
}
