/* text_files.c - see text_files.h.
 * Folders are read in the order of names, so that the same files give the same result everywhere.
 * Called by calendar_load.c and deadlines_load.c. */
#include "text_files.h"

#include "buffer.h"
#include "yaml_document.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_STEP_BYTES = 16384 };

static int read_stream(FILE *stream, const char *path, struct buffer *out, struct truc_fault *fault)
{
    for (size_t size = 1; size && !buffer_failed(out);) {
        uint8_t chunk[READ_STEP_BYTES];
        size = fread(chunk, 1, sizeof chunk, stream);
        buffer_append(out, chunk, size);
    }
    if (ferror(stream))
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    return buffer_failed(out) ? fault_set(fault, buffer_failed(out), "%s is larger than %d bytes", path, YAML_BYTES_MAX)
                              : 0;
}

int text_file_read(struct arena *arena, const char *path, struct text_file *ret_file, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {.size_max = YAML_BYTES_MAX};
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    int code = read_stream(stream, path, &content, fault);
    (void)fclose(stream); /* was only read */
    if (code < 0)
        return code;
    struct text_file file = {arena_string(arena, bytes_string(path)), arena_copy(arena, buffer_view(&content))};
    if (file.path == NULL || (content.size > 0 && file.content.data == NULL))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for %s", path);
    *ret_file = file;
    return 0;
}

static int is_yaml(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && end && strcmp(end, ".yaml") == 0;
}

static int read_entry(struct arena *arena, const char *folder, const char *name, struct text_file *ret_file,
                      struct truc_fault *fault)
{
    enum { PATH_BYTES_MAX = 4096 };
    char path[PATH_BYTES_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return fault_set(fault, TRUC_E_LIMIT, "the path of %s is too long", name);
    return text_file_read(arena, path, ret_file, fault);
}

int text_files_read_folder(struct arena *arena, const char *folder, struct text_file *files, uint32_t most,
                           uint32_t *ret_count, struct truc_fault *fault)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_yaml, alphasort), code = 0;
    if (count < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", folder);
    if (count == 0)
        code = fault_set(fault, TRUC_E_NOT_FOUND, "%s holds no .yaml file", folder);
    else if ((uint32_t)count > most)
        code = fault_set(fault, TRUC_E_LIMIT, "%s holds more than %u files", folder, most);
    for (int i = 0; i < count; i++) {
        if (code == 0)
            code = read_entry(arena, folder, entries[i]->d_name, &files[i], fault);
        free(entries[i]);
    }
    free(entries);
    if (code == 0)
        *ret_count = (uint32_t)count;
    return code;
}

const char *text_file_beside(struct arena *arena, const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    size_t folder_size = name[0] == '/' || slash == NULL ? 0 : (size_t)(slash - file) + 1, name_size = strlen(name) + 1;
    char *path = arena_alloc(arena, folder_size + name_size);
    if (path == NULL)
        return NULL;
    memcpy(path, file, folder_size);
    memcpy(path + folder_size, name, name_size);
    return path;
}
