/* files_folder.h - the folder of a files adapter: its parts, and the few things that are done in them.
 * Every name is resolved below a directory that is open already, and no link is followed.
 * In the flow: files_picking.c and files_writing.c -> this -> the file system. */
#ifndef TRUC_FILES_FOLDER_H
#define TRUC_FILES_FOLDER_H

#include <sys/stat.h>

#include "buffer.h"
#include <truc/error.h>

/* Subdirectories, all of one file system, so that a move is one step. */
enum files_part {
    FILES_IN,              /* others drop files here */
    FILES_WORK,            /* picked up, not yet accepted by the bus */
    FILES_PART_DONE,       /* accepted */
    FILES_PART_FAILED,     /* refused, with NAME.reason beside it */
    FILES_PART_QUARANTINE, /* not shown to be not secret; only for their owner */
    FILES_OUT,             /* written for others */
    FILES_SENT,            /* which messages were written, and what is being written */
    FILES_PARTS
};

struct files_folder {
    int parts[FILES_PARTS]; /* descriptors of directories */
};

enum { FILES_SAME_NAME_MAX = 10000 }; /* of files that came under one name */

/* Opens the parts and makes those that are not there. TRUC_E_IO with the path. */
int files_folder_open(const char *path, struct files_folder *ret_folder, struct truc_fault *fault);
void files_folder_close(struct files_folder *folder);
const char *files_part_name(enum files_part part);

/* Reads a regular file with one name. TRUC_E_STATE: it is a link or no file at all; TRUC_E_TOO_LARGE; TRUC_E_NOT_FOUND;
 * TRUC_E_IO. Nothing is read of those. */
int files_folder_read(const struct files_folder *folder, enum files_part part, const char *name, size_t size_max,
                      struct buffer *out, struct stat *ret_status, struct truc_fault *fault);
/* Moves within the folder under the same name, never over another file: TRUC_E_EXISTS. TRUC_E_NOT_FOUND, TRUC_E_IO. */
int files_folder_move(const struct files_folder *folder, enum files_part from, enum files_part to, const char *name,
                      struct truc_fault *fault);
/* The same, to NAME~2, NAME~3, … when NAME is taken; with @reason, NAME.reason is written beside it before. */
int files_folder_file_away(const struct files_folder *folder, enum files_part from, enum files_part to,
                           const char *name, const char *reason, struct truc_fault *fault);
/* Writes a whole file beside its place, syncs it and renames it over @name. @mode: of the file. */
int files_folder_write(const struct files_folder *folder, enum files_part part, const char *name, mode_t mode,
                       struct bytes content, struct truc_fault *fault);

#endif
