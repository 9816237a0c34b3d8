/* journal_index_private.h - the search index's inside, shared by its two source files.
 * Not an interface: journal_index.h is.
 * Schema changes raise INDEX_SCHEMA_VERSION; older files are then emptied and filled again. */
#ifndef TRUC_JOURNAL_INDEX_PRIVATE_H
#define TRUC_JOURNAL_INDEX_PRIVATE_H

#include <sqlite3.h>

#include "journal_index.h"

enum { INDEX_SCHEMA_VERSION = 2, INDEX_BUSY_TIMEOUT_MS = 5000 };

enum index_statement {
    INDEX_PUT_MESSAGE,
    INDEX_PUT_DELIVERY,
    INDEX_SET_OUTCOME,
    INDEX_SET_ERASED,
    INDEX_ADD_SHOWN,
    INDEX_PUT_STATE,
    INDEX_GET_STATE,
    INDEX_STATEMENT_COUNT,
};

struct journal_index {
    sqlite3 *database;
    sqlite3_stmt *statements[INDEX_STATEMENT_COUNT];
    uint64_t next;
    struct sha256_digest last_leaf; /* of record next - 1 */
    char bus_id[JOURNAL_BUS_ID_BYTES_MAX + 1];
    struct buffer text;       /* a masked text on its way into a statement */
    size_t batch_left;        /* during catch-up */
    struct truc_fault *fault; /* during catch-up: where the visitor puts its reason */
};

int index_fault(struct journal_index *index, const char *doing, struct truc_fault *fault);
/* Binds a text masked. */
int index_bind_text(struct journal_index *index, sqlite3_stmt *statement, int place, struct bytes text);

#endif
