/* blobs_verify.h - every attachment of a journal's store against its hash.
 * Not: whether messages that name one still need it. Needs the journal's key: contents are sealed.
 * Under `truc journal verify --blobs`. */
#ifndef TRUC_BLOBS_VERIFY_H
#define TRUC_BLOBS_VERIFY_H

#include "cli_arguments.h"
#include "cli_journal.h"

/* How many there are, all of them whole. TRUC_E_JOURNAL_CORRUPT with the file of the first that is not; TRUC_E_JOURNAL_KEY. */
int blobs_verify(const struct cli *cli, const struct cli_arguments *arguments, const struct cli_journal *journal,
                 uint64_t *ret_count, struct truc_fault *fault);

#endif
