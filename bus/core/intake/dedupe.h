/* dedupe.h - which message ids were accepted: repeats and conflicts are told apart by content.
 * The youngest are in memory; older ones are in runs on disk, of which memory has a filter that knows what is new.
 * Bounded in time (the configuration's window) and number; what falls out makes the window shorter, which status shows.
 * Pure memory: ids_spill.c has runs written, ids_lookup.c has the disk asked. Rebuilt from the journal, kept in snapshots. */
#ifndef TRUC_DEDUPE_H
#define TRUC_DEDUPE_H

#include "buffer.h"
#include "id_table.h"

/* Both halves of a hash of (sender, id). */
struct dedupe_id {
    uint64_t key, check;
};

struct dedupe_run {
    struct id_run_facts facts; /* count 0: none */
    uint8_t *filter;
    size_t filter_bytes;
    uint64_t salt; /* of the filter */
};

struct dedupe {
    size_t young_max, runs_max;
    struct id_table young;
    size_t expired;            /* young entries before this one are forgotten */
    struct id_entry *spilling; /* sorted: being written, and asked as the young are until it is on disk */
    struct dedupe_run spill;
    struct dedupe_run *runs; /* on disk, oldest first */
    size_t runs_count, runs_capacity;
    uint64_t window_start_ns; /* ids accepted before this are forgotten */
};

/* What the disk said of one id. */
struct dedupe_found {
    bool is_asked, is_there;
    struct id_entry entry;
};

enum dedupe_answer { DEDUPE_NEW, DEDUPE_REPEAT, DEDUPE_CONFLICT };

void dedupe_free(struct dedupe *dedupe); /* bounds and secret stay */
struct dedupe_id dedupe_id_of(struct bytes sender, struct bytes id);
uint64_t dedupe_count(const struct dedupe *dedupe);
/* Whether a run may have an id that memory does not have: only the disk can tell. `at` (begin with 0) is moved behind
 * the run that is returned; NULL: no more. */
const struct dedupe_run *dedupe_suspect(const struct dedupe *dedupe, struct dedupe_id id, size_t *at);
/* `found`: what the disk said, when it was asked; may be NULL. */
enum dedupe_answer dedupe_ask(const struct dedupe *dedupe, struct dedupe_id id, uint64_t content,
                              const struct dedupe_found *found, uint64_t *ret_sequence);
int dedupe_add(struct dedupe *dedupe, const struct id_entry *entry);

/* 1: the young are too many, and those in `spilling` are to be written; 0: nothing to do; TRUC_E_MEMORY. */
int dedupe_spill(struct dedupe *dedupe);
int dedupe_spilled(struct dedupe *dedupe); /* they are on disk: a run more */
/* Forgets what was accepted before `time_ns`. */
void dedupe_forget(struct dedupe *dedupe, uint64_t time_ns);
/* Drops the oldest run when it is wholly forgotten or beyond the bound: true and its name. Ask until it is false. */
bool dedupe_drop(struct dedupe *dedupe, uint64_t *ret_first_sequence);

void dedupe_save(const struct dedupe *dedupe, struct buffer *out);
int dedupe_restore(struct dedupe *dedupe, struct bytes saved); /* the runs without filters: dedupe_adopt each */
int dedupe_adopt(struct dedupe *dedupe, size_t run, struct bytes filter);

#endif
