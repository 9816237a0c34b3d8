/* secret_file.h - reads a file that holds a key, and only when nobody else can.
 * Not a parser: bytes as they are. The bytes lie in memory that is locked, fenced and wiped when freed.
 * Used by programs at their start; libraries get keys as arguments. */
#ifndef TRUC_SECRET_FILE_H
#define TRUC_SECRET_FILE_H

#include "bytes.h"
#include <truc/error.h>

enum { SECRET_FILE_BYTES_MAX = 64 * 1024 };

/* Start with {0}. */
struct secret {
    uint8_t *data;
    size_t size;
};

/* The file's bytes. TRUC_E_CONFIG: not a regular file, another user's, readable or writable by group or others,
 * empty or over SECRET_FILE_BYTES_MAX; TRUC_E_NOT_FOUND; TRUC_E_IO; TRUC_E_MEMORY. The text names the path, never
 * the content. */
int secret_file_read(const char *path, struct secret *ret_secret, struct truc_fault *fault);
/* Whether a folder is its owner's alone, whatever lies in it. TRUC_E_CONFIG: it is not, or is none; TRUC_E_IO. One that is not there
 * is fine: it will be made so. */
int secret_folder_check(const char *path, struct truc_fault *fault);
void secret_free(struct secret *secret); /* wipes; NULL is fine */
/* Without the white space around it: keys written as text end in a newline. */
struct bytes secret_text(const struct secret *secret);

#define SECRET_CLEANUP __attribute__((cleanup(secret_free)))

#endif
