/* cli_file.h - the few file operations the command line needs: read whole, make new, put anew.
 * Not: the journal's files (bus/journal) and not secrets' checks on reading (the daemon and the SDK do those).
 * In the flow: under init, the key readers and --schemas. */
#ifndef TRUC_CLI_FILE_H
#define TRUC_CLI_FILE_H

#include "buffer.h"
#include "fault.h"

#include <sys/types.h>

enum { CLI_PATH_BYTES = 4096, CLI_FILE_BYTES_MAX = 64 * 1024 * 1024, CLI_TREE_DEPTH_MAX = 16 };

/* snprintf for paths: TRUC_E_LIMIT when it does not fit. */
int cli_path(char out[CLI_PATH_BYTES], struct truc_fault *fault, const char *format, ...) FAULT_PRINTF(3, 4);

/* Appends a file's bytes. TRUC_E_NOT_FOUND, TRUC_E_IO, TRUC_E_LIMIT (CLI_FILE_BYTES_MAX), TRUC_E_MEMORY. */
int cli_file_read(const char *path, struct buffer *out, struct truc_fault *fault);
/* Makes a file that must not exist, with these permissions from the first moment on. TRUC_E_EXISTS, TRUC_E_IO. */
int cli_file_create(const char *path, struct bytes content, mode_t mode, struct truc_fault *fault);
/* Under its new name, in place of what was there, durable when it returns 0. TRUC_E_IO. */
int cli_file_rename(const char *from, const char *to, struct truc_fault *fault);
/* Gone, and not back after a power cut. TRUC_E_IO. */
int cli_file_remove(const char *path, struct truc_fault *fault);
/* Makes or replaces a file, whole and durable: written beside it, then renamed. What goes wrong leaves the old one. TRUC_E_IO. */
int cli_file_replace(const char *path, struct bytes content, mode_t mode, struct truc_fault *fault);
/* The same for a file that is there, under a link too: its owner and permissions stay. */
int cli_file_change(const char *path, struct bytes content, struct truc_fault *fault);
/* Makes a directory with these permissions whatever the umask. TRUC_E_EXISTS, TRUC_E_IO. */
int cli_directory_create(const char *path, mode_t mode, struct truc_fault *fault);
/* The same for every folder of a relative path's file that is not there yet: 0755. */
int cli_directories_for(const char *root, const char *name, struct truc_fault *fault);
/* Visits the names in a directory in their order, without those that begin with '.'; a non-zero result ends it. */
int cli_directory_list(const char *path, int (*visit)(void *context, const char *name), void *context,
                       struct truc_fault *fault);
bool cli_is_directory(const char *path);
/* Removes what this program has just made and could not complete. */
void cli_tree_remove(const char *path);

#endif
