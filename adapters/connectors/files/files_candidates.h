/* files_candidates.h - the names seen in the drop folder, and which of them are whole.
 * Pure but for memory: knows sizes and times, opens nothing.
 * In the flow: files_picking.c asks for each file it finds. */
#ifndef TRUC_FILES_CANDIDATES_H
#define TRUC_FILES_CANDIDATES_H

#include <sys/stat.h>

#include "files_adapter.h"
#include "map.h"

enum { FILES_CANDIDATES_MAX = 65536 }; /* more are not looked at before some are gone */

struct files_candidates {
    struct map names;
    unsigned look;         /* number of the present look through the folder */
    uint64_t next_look_ms; /* when the next one that was waited for may be whole; UINT64_MAX: none */
};

void files_candidates_free(struct files_candidates *candidates);
/* Its writer has closed it. */
void files_candidates_closed(struct files_candidates *candidates, const char *name);
/* A look through the folder begins, ends; what a whole look did not find is forgotten. */
void files_candidates_begin(struct files_candidates *candidates);
void files_candidates_end(struct files_candidates *candidates);
/* Whether the file is whole by the adapter file's rule; @has_done_file: NAME.done lies beside it. */
bool files_candidates_is_whole(struct files_candidates *candidates, const struct files_adapter *adapter,
                               const char *name, const struct stat *status, bool has_done_file, uint64_t now_ms);
/* It is gone from the folder. */
void files_candidates_forget(struct files_candidates *candidates, const char *name);

#endif
