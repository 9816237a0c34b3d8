/* text_files.h - whole files and folders of YAML into an arena.
 * Not what is in them. Bounded by the YAML layer's own limit of one file.
 * Called by the loaders of calendars and of the adapter file. */
#ifndef DEADLINES_TEXT_FILES_H
#define DEADLINES_TEXT_FILES_H

#include "arena.h"
#include "fault.h"

struct text_file {
    const char *path; /* folder and name */
    struct bytes content;
};

/* TRUC_E_IO with the path and why; TRUC_E_LIMIT; TRUC_E_MEMORY. */
int text_file_read(struct arena *arena, const char *path, struct text_file *ret_file, struct truc_fault *fault);
/* All *.yaml in a folder, by name. TRUC_E_LIMIT past `most`; TRUC_E_NOT_FOUND when there is none. */
int text_files_read_folder(struct arena *arena, const char *folder, struct text_file *files, uint32_t most,
                           uint32_t *ret_count, struct truc_fault *fault);
/* `name` as seen from the folder that `file` is in; NULL without memory. */
const char *text_file_beside(struct arena *arena, const char *file, const char *name);

#endif
