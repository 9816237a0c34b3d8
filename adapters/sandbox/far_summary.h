/* far_summary.h - the account of a run: every dossier and every message by name, read from the far sides' stores.
 * Reads the SQLite files only, beside the running far sides; knows nothing of the bus.
 * The program writes it at the end and asks it while draining whether anything is still missing. */
#ifndef FAR_SUMMARY_H
#define FAR_SUMMARY_H

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <truc/error.h>

enum { FAR_SUMMARY_NAMES_MAX = 200 }; /* of each list; the counts are always whole */

struct far_summary {
    sqlite3 *database; /* the stores, attached read-only */
};

/* All four stores must exist in `directory`. */
int far_summary_open(const char *directory, struct far_summary *ret_summary, struct truc_fault *fault);
void far_summary_close(struct far_summary *summary); /* harmless on {0} */

/* How much is not finished: submissions without an answer, accepted ones that did not reach the desk, open dossiers,
 * accepted events that did not reach the portal or the national portal. Short: asked again and again. */
int far_summary_unfinished(struct far_summary *summary, int64_t *ret_count, struct truc_fault *fault);

/* The whole account; *ret_complete when nothing is unfinished, doubled, leaked, unexpected or out of order.
 * The caller owns *ret_root. */
int far_summary_write(struct far_summary *summary, json_t **ret_root, bool *ret_complete, struct truc_fault *fault);

#endif
