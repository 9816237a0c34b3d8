/* daemon_index.h - the indexer: a thread of trucd that fills the search index behind what is durable.
 * Not the search (bus/journal/journal_index.h) and no part of a round: it reads the journal's files as any reader does, and shares with
 * the loop two numbers in and a state out. Whatever happens to the index, the broker goes on; daemon_loop.c says so. */
#ifndef TRUC_DAEMON_INDEX_H
#define TRUC_DAEMON_INDEX_H

#include <stdbool.h>
#include <stdint.h>
#include <truc/error.h>

struct daemon_index;

enum { DAEMON_INDEX_TEXT_BYTES = 2 * TRUC_FAULT_TEXT_BYTES_MAX };

struct daemon_index_state {
    uint64_t next;                         /* records below are in the index */
    uint64_t as_of_up_ns;                  /* the index holds at least what was durable then */
    uint64_t rebuilds;                     /* how often it was emptied and is filled anew */
    char trouble[DAEMON_INDEX_TEXT_BYTES]; /* why nothing is taken in at present; empty: nothing is wrong */
};

/* `journal` is its directory. Signals must be blocked. TRUC_E_MEMORY, TRUC_E_INTERNAL. */
int daemon_index_start(const char *journal, uint64_t records, struct daemon_index **ret_index,
                       struct truc_fault *fault);
/* So many records are durable. Costs a store: the thread looks twice a second. */
void daemon_index_durable(struct daemon_index *index, uint64_t records);
void daemon_index_state(struct daemon_index *index, struct daemon_index_state *ret_state);
/* Ends the thread after the transaction it is in; frees. NULL is fine. */
void daemon_index_stop(struct daemon_index *index);

#endif
