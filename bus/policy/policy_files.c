/* policy_files.c - the two places configurations come from: a directory and memory.
 * Not: what the files say (policy_load.c).
 * In the flow: the readers behind policy_load_directory and policy_load_files. */
#include "policy_load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 4096, READ_STEP_BYTES = 64 * 1024, REASON_BYTES_MAX = 128 };

struct directory {
    const char *path;
    words_translate *translate; /* the report's: a failure becomes a finding */
};

/* "open routes/a.yaml: Permission denied". `what` has a %s for the name. */
static int fail(const struct directory *directory, int error_number, const char *what, const char *name,
                struct truc_fault *fault)
{
    char reason[REASON_BYTES_MAX];
    return fault_set(fault, TRUC_E_IO, words_by(directory->translate, what), name,
                     words_by(directory->translate, strerror_r(error_number, reason, sizeof reason)));
}

static int directory_path(const struct directory *directory, const char *name, char out[PATH_BYTES_MAX],
                          struct truc_fault *fault)
{
    int size = snprintf(out, PATH_BYTES_MAX, "%s/%s", directory->path, name);
    if (size < 0 || size >= PATH_BYTES_MAX)
        return fault_set(fault, TRUC_E_LIMIT,
                         words_by(directory->translate, N_("the path of '%s' is longer than %d bytes")), name,
                         PATH_BYTES_MAX);
    return 0;
}

static bool is_plain_file(DIR *folder, const char *name)
{
    struct stat status;
    return name[0] != '.' && fstatat(dirfd(folder), name, &status, 0) == 0 && S_ISREG(status.st_mode);
}

static int directory_list(void *context, const char *name, int (*visit)(void *visit_context, const char *name),
                          void *visit_context, struct truc_fault *fault)
{
    char path[PATH_BYTES_MAX];
    int error = directory_path(context, name, path, fault);
    if (error < 0)
        return error;
    DIR *folder = opendir(path);
    if (folder == NULL && errno == ENOENT)
        return 0;
    if (folder == NULL)
        return fail(context, errno, N_("open folder %s: %s"), name, fault);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL)
            break;
        if (is_plain_file(folder, entry->d_name))
            error = visit(visit_context, entry->d_name);
        if (error != 0)
            break;
    }
    if (error == 0 && errno != 0)
        error = fail(context, errno, N_("read folder %s: %s"), name, fault);
    closedir(folder);
    return error;
}

static int read_all(const struct directory *directory, int file, const char *name, struct buffer *out,
                    struct truc_fault *fault)
{
    size_t before = out->size;
    for (;;) {
        if (out->size - before > POLICY_FILE_BYTES_MAX)
            return fault_set(fault, TRUC_E_LIMIT, words_by(directory->translate, N_("%s is larger than %d bytes")),
                             name, POLICY_FILE_BYTES_MAX);
        uint8_t *at = buffer_extend(out, READ_STEP_BYTES);
        if (at == NULL)
            return fault_set(fault, buffer_failed(out), "no memory for %s", name);
        ssize_t got = read(file, at, READ_STEP_BYTES);
        int error_number = errno;
        out->size -= READ_STEP_BYTES - (size_t)(got > 0 ? got : 0);
        if (got == 0)
            return 0;
        if (got < 0 && error_number != EINTR)
            return fail(directory, error_number, N_("read %s: %s"), name, fault);
    }
}

static int directory_read(void *context, const char *name, struct buffer *out, struct truc_fault *fault)
{
    const struct directory *directory = context;
    char path[PATH_BYTES_MAX];
    int error = directory_path(directory, name, path, fault);
    if (error < 0)
        return error;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return fault_set(fault, TRUC_E_NOT_FOUND, words_by(directory->translate, N_("there is no file %s")), name);
    if (file < 0)
        return fail(context, errno, N_("open %s: %s"), name, fault);
    error = read_all(context, file, name, out, fault);
    close(file);
    return error;
}

int policy_load_directory(const char *path, const struct policy_load_options *options, struct policy **ret_policy,
                          struct policy_report *report)
{
    struct directory directory = {path, report->translate};
    const struct policy_reader reader = {&directory, directory_list, directory_read};
    return policy_load(&reader, options, ret_policy, report);
}

struct memory {
    const struct policy_file *files;
    size_t count;
    words_translate *translate;
};

static int memory_list(void *context, const char *folder, int (*visit)(void *visit_context, const char *name),
                       void *visit_context, struct truc_fault *fault)
{
    const struct memory *memory = context;
    size_t size = strlen(folder);
    (void)fault;
    for (size_t i = 0; i < memory->count; i++) {
        const char *name = memory->files[i].name;
        if (strncmp(name, folder, size) != 0 || name[size] != '/' || strchr(name + size + 1, '/') != NULL)
            continue;
        int result = visit(visit_context, name + size + 1);
        if (result != 0)
            return result;
    }
    return 0;
}

static int memory_read(void *context, const char *name, struct buffer *out, struct truc_fault *fault)
{
    const struct memory *memory = context;
    for (size_t i = 0; i < memory->count; i++) {
        if (strcmp(memory->files[i].name, name) != 0)
            continue;
        buffer_append_bytes(out, memory->files[i].content);
        return buffer_failed(out);
    }
    return fault_set(fault, TRUC_E_NOT_FOUND, words_by(memory->translate, N_("there is no file %s")), name);
}

int policy_load_files(const struct policy_file *files, size_t count, const struct policy_load_options *options,
                      struct policy **ret_policy, struct policy_report *report)
{
    struct memory memory = {files, count, report->translate};
    const struct policy_reader reader = {&memory, memory_list, memory_read};
    return policy_load(&reader, options, ret_policy, report);
}
