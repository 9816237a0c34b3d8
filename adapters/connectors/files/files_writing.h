/* files_writing.h - a message's file, written once however often the message comes, whole or not at all.
 * Knows no mapping: name and content are given.
 * In the flow: files_serving.c -> this -> files_folder.c. */
#ifndef TRUC_FILES_WRITING_H
#define TRUC_FILES_WRITING_H

#include "files_folder.h"
#include "sha256.h"

/* @message: a digest of who sent it and its id. 0: the file lies in out/, or lay there before and was taken away.
 * TRUC_E_EXISTS: another file has that name. TRUC_E_IO: nothing has happened yet, or it is finished the next time. */
int files_write_once(const struct files_folder *folder, const struct sha256_digest *message, const char *name,
                     struct bytes content, struct truc_fault *fault);
/* Forgets what was written before @before_s (seconds since 1970). The count, or TRUC_E_IO. */
int files_forget(const struct files_folder *folder, uint64_t before_s, struct truc_fault *fault);

#endif
