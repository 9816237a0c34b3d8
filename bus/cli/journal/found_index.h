/* found_index.h - the search index of a journal, brought up to the journal's end in the best way that is open here.
 * Not: the index itself (bus/journal/journal_index.h). Whoever may write it and is alone with it fills it; beside a broker that does so,
 * or on a copy that can't be written, what is missing is read into memory. For journal find and journal person. */
#ifndef TRUC_CLI_FOUND_INDEX_H
#define TRUC_CLI_FOUND_INDEX_H

#include "cli.h"
#include "cli_arguments.h"
#include "cli_journal.h"
#include "disk.h"
#include "journal_index.h"

struct found_index {
    struct cli_journal journal; /* as it is: no proofs, no payloads */
    struct journal_index *index;
    struct disk_file *lock; /* held while the index is written */
};

/* Start with {0}. The options are --journal, and --index FILE for another file than the journal's. */
int found_index_open(const struct cli *cli, const struct cli_arguments *arguments, struct found_index *found,
                     struct truc_fault *fault);
/* After a find that failed. 1: the index was damaged, which is said, and is made anew: forget what it gave and ask again. 0: it was not. */
int found_index_mend(const struct cli *cli, const struct cli_arguments *arguments, struct found_index *found,
                     struct truc_fault *fault);
void found_index_close(struct found_index *found);

#endif
