/* far_store.h - one far side's durable memory: an SQLite file, used by several threads of one process.
 * Not the bus's store: a far side is a foreign system, and its restart must continue where it was.
 * Write-ahead log with synchronous=NORMAL: survives the end of the process, which is what a sandbox promises. */
#ifndef FAR_STORE_H
#define FAR_STORE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <truc/error.h>

enum { FAR_STORE_PATH_BYTES_MAX = 4096, FAR_STORE_BUSY_MS = 5000 };

struct far_store {
    sqlite3 *database;
    pthread_mutex_t lock; /* recursive; held through a transaction */
};

/* Opens (or makes) DIRECTORY/ID.db and runs `schema` (CREATE ... IF NOT EXISTS). Errors: IO, LIMIT (path). */
int far_store_open(struct far_store *store, const char *directory, const char *id, const char *schema,
                   struct truc_fault *fault);
void far_store_close(struct far_store *store); /* harmless on a store that is not open ({0}) */

/* A value bound to a ? of a statement. */
struct far_value {
    enum { FAR_NULL, FAR_TEXT, FAR_NUMBER } kind;
    const char *text;
    int64_t number;
};

static inline struct far_value far_text(const char *text)
{
    return (struct far_value){text ? FAR_TEXT : FAR_NULL, text, 0};
}

static inline struct far_value far_number(int64_t number)
{
    return (struct far_value){FAR_NUMBER, NULL, number};
}

/* FAR_VALUES(far_text(code), far_number(2)): array and count as two arguments. */
#define FAR_VALUES(...)                                                                                                \
    (const struct far_value[]){__VA_ARGS__}, sizeof((const struct far_value[]){__VA_ARGS__}) / sizeof(struct far_value)
#define FAR_NO_VALUES NULL, 0

/* Runs one statement that returns no rows; the number of rows it changed, or IO. */
int far_store_run(struct far_store *store, const char *sql, const struct far_value *values, size_t count,
                  struct truc_fault *fault);
/* Called for each row, with the columns as SQLite gives them; 0 to go on, anything else ends the query. */
typedef int (*far_row)(void *context, sqlite3_stmt *row);
/* The number of rows seen, a negative result of `each`, or IO. The store is locked meanwhile. */
int far_store_query(struct far_store *store, const char *sql, const struct far_value *values, size_t count,
                    far_row each, void *context, struct truc_fault *fault);
/* The first column of the first row as a number; `absent` when there is no row. IO is reported as a fault. */
int far_store_number(struct far_store *store, const char *sql, const struct far_value *values, size_t count,
                     int64_t absent, int64_t *ret_number, struct truc_fault *fault);

/* A transaction; the calling thread holds the store until commit or rollback. */
int far_store_begin(struct far_store *store, struct truc_fault *fault);
int far_store_commit(struct far_store *store, struct truc_fault *fault); /* on failure it is rolled back */
void far_store_rollback(struct far_store *store);

/* A text column; "" for NULL. Valid until the next row. */
static inline const char *far_column_text(sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    return text ? (const char *)text : "";
}

#endif
