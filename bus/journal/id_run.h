/* id_run.h - a run: ids of accepted messages in one immutable file, sorted, found again with one read.
 * Not the truth: the journal can make it anew. But what relies on it must find it whole, so it is synced before it counts.
 * Under the core's memory of ids (bus/core/intake/dedupe.h); format in docs/journal-format.md, "Runs of ids". */
#ifndef TRUC_ID_RUN_H
#define TRUC_ID_RUN_H

#include <truc/error.h>

#include "buffer.h"
#include "disk.h"

struct id_run;
struct id_run_writer;

enum {
    ID_RUN_STEP_BYTES = 1024 * 1024, /* written and synced by one id_run_write_step */
    ID_RUN_NAME_BYTES = 25,          /* "00000000000000000042.ids" and its 0 */
};
#define ID_RUN_COUNT_MAX (1ull << 32) /* ids; places in the file are then far from overflowing */

/* An id that was accepted. */
struct id_entry {
    uint64_t key, check; /* both halves of a hash of (sender, id); runs are sorted by them */
    uint64_t content;    /* first half of the message's leaf */
    uint64_t sequence, time_ns;
};

/* What is known of a run without reading it. The first sequence is its name. */
struct id_run_facts {
    uint64_t first_sequence, last_sequence;
    uint64_t first_time_ns, last_time_ns;
    uint64_t count;
};

/* Not copied: lives until the run is written. */
struct id_run_content {
    struct id_run_facts facts;
    const struct id_entry *entries;
    struct bytes filter; /* opaque here */
};

/* `directory` is the journal's. Begins without touching the disk: TRUC_E_MEMORY. Steps: 1, there is more to do; 0, it is there and durable. TRUC_E_JOURNAL_FULL may be tried
 * again; anything else is the end of the disk as far as the caller is concerned: a failed sync is never repeated. */
int id_run_write_begin(struct disk *disk, const char *directory, const char *bus_id,
                       const struct id_run_content *content, struct id_run_writer **ret_writer,
                       struct truc_fault *fault);
int id_run_write_step(struct id_run_writer *writer, struct truc_fault *fault);
void id_run_write_end(struct id_run_writer *writer); /* frees; what is not finished is removed; NULL is fine */

/* Appends the filter. TRUC_E_NOT_FOUND; TRUC_E_JOURNAL_CORRUPT when it isn't the whole run that `facts` tell;
 * TRUC_E_WRONG_BUS; TRUC_E_JOURNAL_VERSION for a newer format. Entries are checked when they are read. */
int id_run_open(struct disk *disk, const char *directory, const char *bus_id, const struct id_run_facts *facts,
                struct id_run **ret_run, struct buffer *filter, struct truc_fault *fault);
void id_run_close(struct id_run *run); /* NULL is fine */
/* 1 and the entry, or 0. TRUC_E_JOURNAL_CORRUPT with the place, TRUC_E_IO. */
int id_run_find(struct id_run *run, uint64_t key, uint64_t check, struct id_entry *ret_entry, struct truc_fault *fault);

int id_run_remove(struct disk *disk, const char *directory, uint64_t first_sequence, struct truc_fault *fault);
/* Removes every file of runs but those that `is_kept` says; returns how many. */
int id_run_remove_others(struct disk *disk, const char *directory,
                         bool (*is_kept)(const void *context, uint64_t first_sequence), const void *context,
                         struct truc_fault *fault);

#endif
