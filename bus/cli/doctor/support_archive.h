/* support_archive.h - a new archive of small files: tar, gzip'ed or zstd'ed by its name.
 * Not a reader and not a copier of trees: members are bytes that the caller has made, and has judged fit to be given away.
 * In the flow: cmd_bundle fills one. By libarchive (docs/adr/0008-support-bundles.md). */
#ifndef TRUC_SUPPORT_ARCHIVE_H
#define TRUC_SUPPORT_ARCHIVE_H

#include "bytes.h"
#include <truc/error.h>

struct support_archive;

/* Makes the file, with mode 0600; it must not exist. TRUC_E_ARGUMENT for a name that ends in none of .tar, .tar.gz, .tgz
 * and .tar.zst; TRUC_E_EXISTS; TRUC_E_IO. */
int support_archive_create(const char *path, uint64_t now_ns, struct support_archive **ret_archive,
                           struct truc_fault *fault);
int support_archive_add(struct support_archive *archive, const char *name, struct bytes content,
                        struct truc_fault *fault);
/* Ends and syncs it. */
int support_archive_finish(struct support_archive *archive, struct truc_fault *fault);
/* Frees; an archive that was not finished is removed. NULL is fine. */
void support_archive_close(struct support_archive *archive);

#endif
