/* support_archive.c - libarchive behind four functions.
 * Members belong to nobody and have one time, so that an archive says nothing about the machine but what is in it.
 * See support_archive.h. */
#include "support_archive.h"

#include "cli_file.h"
#include "cli_words.h"
#include "fault.h"
#include "time_text.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct support_archive {
    struct archive *writer;
    char path[CLI_PATH_BYTES];
    int file;
    time_t time_s;
    bool is_finished;
};

static int failed(const struct support_archive *archive, struct truc_fault *fault)
{
    const char *reason = archive_error_string(archive->writer);
    return fault_set(fault, TRUC_E_IO, _("write %s: %s"), archive->path, reason ? reason : _("unknown reason"));
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

static int choose_filter(struct support_archive *archive, struct truc_fault *fault)
{
    static const struct {
        const char *end;
        int filter;
    } filters[] = {{".tar", ARCHIVE_FILTER_NONE},
                   {".tar.gz", ARCHIVE_FILTER_GZIP},
                   {".tgz", ARCHIVE_FILTER_GZIP},
                   {".tar.zst", ARCHIVE_FILTER_ZSTD}};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (ends_with(archive->path, filters[i].end))
            return archive_write_add_filter(archive->writer, filters[i].filter) == ARCHIVE_OK &&
                           archive_write_set_format_ustar(archive->writer) == ARCHIVE_OK
                       ? 0
                       : failed(archive, fault);
    fault_set(fault, TRUC_E_ARGUMENT, _("'%s' names no kind of archive"), archive->path);
    fault_hint(fault, _("end the name in .tar, .tar.gz or .tar.zst"));
    return TRUC_E_ARGUMENT;
}

static int open_file(struct support_archive *archive, struct truc_fault *fault)
{
    archive->file = open(archive->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (archive->file < 0)
        return fault_errno(fault, errno == EEXIST ? TRUC_E_EXISTS : TRUC_E_IO, errno, _("make %s"), archive->path);
    return archive_write_open_fd(archive->writer, archive->file) == ARCHIVE_OK ? 0 : failed(archive, fault);
}

int support_archive_create(const char *path, uint64_t now_ns, struct support_archive **ret_archive,
                           struct truc_fault *fault)
{
    struct support_archive *archive = calloc(1, sizeof *archive);
    if (archive == NULL || (archive->writer = archive_write_new()) == NULL) {
        free(archive);
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for an archive"));
    }
    archive->file = -1;
    archive->time_s = (time_t)(now_ns / TIME_NS_PER_S);
    int code = cli_path(archive->path, fault, "%s", path);
    if (code == 0)
        code = choose_filter(archive, fault);
    if (code == 0)
        code = open_file(archive, fault);
    if (code < 0)
        support_archive_close(archive);
    else
        *ret_archive = archive;
    return code;
}

int support_archive_add(struct support_archive *archive, const char *name, struct bytes content,
                        struct truc_fault *fault)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for an archive"));
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, archive->time_s, 0);
    archive_entry_set_size(entry, (la_int64_t)content.size);
    bool written = archive_write_header(archive->writer, entry) == ARCHIVE_OK &&
                   (content.size == 0 ||
                    archive_write_data(archive->writer, content.data, content.size) == (la_ssize_t)content.size);
    archive_entry_free(entry);
    return written ? 0 : failed(archive, fault);
}

int support_archive_finish(struct support_archive *archive, struct truc_fault *fault)
{
    if (archive_write_close(archive->writer) != ARCHIVE_OK)
        return failed(archive, fault);
    if (fsync(archive->file) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, _("sync %s"), archive->path);
    archive->is_finished = true;
    return 0;
}

void support_archive_close(struct support_archive *archive)
{
    if (archive == NULL)
        return;
    archive_write_free(archive->writer);
    if (archive->file >= 0) {
        close(archive->file);
        if (!archive->is_finished)
            (void)unlink(archive->path); /* half an archive helps nobody */
    }
    free(archive);
}
