/* journal_index.h - the search index: which messages there were, by id, subject, dossier, person, type, sender, destination,
 * time, outcome. Never the truth: it gives positions, and every row of an answer is read from the journal there. Made anew from the
 * journal at any time. Filled by trucd's indexer (bus/daemon/daemon_index.h) or by who asks; docs/adr/0020-search-index.md. SQLite. */
#ifndef TRUC_JOURNAL_INDEX_H
#define TRUC_JOURNAL_INDEX_H

#include <truc/error.h>

#include "journal.h"

struct journal_index;

/* Files below the journal's directory. Who writes the index holds the lock: disk_lock(). */
#define JOURNAL_INDEX_FILE "index/search.sqlite"
#define JOURNAL_INDEX_LOCK "index/search.sqlite.lock"

enum {
    JOURNAL_INDEX_BATCH_RECORDS = 65536, /* records a transaction, about */
    JOURNAL_INDEX_FOUND_MAX = 10000,     /* most rows of one answer */
};

enum journal_index_flags {
    JOURNAL_INDEX_READ_ONLY =
        1, /* changes nothing, and needs no right to; TRUC_E_NOT_FOUND when there is no index of this version */
};

/* Opens or makes the file ("": in memory). A damaged one is removed and made anew, which journal_index_started_over() tells.
 * TRUC_E_IO with SQLite's reason. One writer at a time: see JOURNAL_INDEX_LOCK. */
int journal_index_open(const char *path, unsigned flags, struct journal_index **ret_index, struct truc_fault *fault);
void journal_index_close(struct journal_index *index); /* NULL is fine */
/* Removes the file and what SQLite keeps beside it. */
int journal_index_remove(const char *path, struct truc_fault *fault);
/* Damage was found since it was opened: close, remove, open and fill again. */
bool journal_index_is_damaged(const struct journal_index *index);

/* The next sequence it has not taken in: journal_next_sequence() minus this is its lag. */
uint64_t journal_index_next(const struct journal_index *index);
uint64_t journal_index_time_ns(const struct journal_index *index); /* of the last record taken in; 0: none */
/* Whether it was emptied by a catch-up, because it was another journal's or held records that a crash has taken back. Asking forgets. */
bool journal_index_started_over(struct journal_index *index);

/* Takes in whole groups of records below `end`, until there are records_max, in one transaction; returns how many, 0 when it has caught up.
 * `journal` may be open in any way. An index made from another journal, or from records that a crash has taken back, starts over by
 * itself. TRUC_E_IO, or what the journal says. */
int journal_index_catch_up(struct journal_index *index, struct journal *journal, uint64_t end, size_t records_max,
                           struct truc_fault *fault);
/* One step of making few runs of many, in one transaction: 1: there is more to do. Answers are the same before and after. */
int journal_index_tidy(struct journal_index *index, struct truc_fault *fault);
/* Takes in everything up to the journal's end in memory only. TRUC_E_STATE: it was made from another journal. */
int journal_index_look_ahead(struct journal_index *index, struct journal *journal, struct truc_fault *fault);

/* What became of a message at a destination; of a refused message, the one row says refused. */
enum journal_index_outcome {
    INDEX_OUTCOME_ANY = 0,
    INDEX_OUTCOME_WAITING = 1,
    INDEX_OUTCOME_DONE = 2,
    INDEX_OUTCOME_DEAD = 3, /* needs a person; also what the receiver rejected */
    INDEX_OUTCOME_EXPIRED = 4,
    INDEX_OUTCOME_HELD = 5,
    INDEX_OUTCOME_REFUSED = 6,   /* by the broker, before it was accepted; or an observer's copy, at acceptance */
    INDEX_OUTCOME_DISCARDED = 7, /* was dead, and an operator gave it up */
};
const char *journal_index_outcome_name(enum journal_index_outcome outcome); /* "waiting" … */

/* Empty texts and zeros ask for anything. Texts are compared whole. */
struct journal_index_query {
    struct bytes id, subject, dossier, type, sender, destination, correlation;
    struct bytes person;        /* keyed hash of a person concerned, as in the record */
    uint64_t from_ns, until_ns; /* time of the record: from <= time < until */
    enum journal_index_outcome outcome;
    bool shown;               /* only those whose payload was looked at in clear */
    uint64_t before_sequence; /* for the next page of an answer: those older, or with oldest_first newer, than this */
    bool oldest_first;
    size_t limit; /* 0: JOURNAL_INDEX_FOUND_MAX */
};

/* A message at one destination. Texts live until `visit` returns; identity numbers in them are masked. */
struct journal_index_row {
    uint64_t sequence, time_ns;
    const char *id, *type, *subject, *dossier, *sender, *correlation;
    const char *destination, *recipient, *route; /* empty when refused */
    uint32_t kind;                               /* enum header_kind; 0 when refused */
    enum journal_index_outcome outcome;
    uint64_t outcome_sequence, outcome_time_ns; /* of the record that says so; 0 while waiting */
    uint32_t code;                              /* number of the error, 0 without one */
    bool payload_erased;
    uint64_t payload_shown; /* how often it was looked at in clear */
};

/* Calls visit for each row, newest message first; its non-zero stops and is returned. Otherwise the number of rows. Records are read from
 * `journal`, the one that the index was filled from. */
int journal_index_find(struct journal_index *index, struct journal *journal, const struct journal_index_query *query,
                       int (*visit)(void *context, const struct journal_index_row *row), void *context,
                       struct truc_fault *fault);

/* Digits that may be a citizen's number (exactly 12 in a row, or 9: the older card) keep their last three only:
 * "*********321"; a hash keeps all of its digits. Both what is stored and what is asked for go through it, so looking for such a text still finds it.
 */
void journal_index_mask(struct bytes text, struct buffer *out);

#endif
