/* journal_stats.h - a journal in numbers: by kind of record, message type, system and day, and refusals by code.
 * Not: what a message says or whose it is: no subject, id or payload is kept, so the numbers may be given away.
 * In the flow: journal stats and bundle scan a journal through it. */
#ifndef TRUC_JOURNAL_STATS_H
#define TRUC_JOURNAL_STATS_H

#include "arena.h"
#include "cli_json.h"
#include "fault.h"
#include "journal.h"
#include "map.h"
#include "record.h"

/* Rows of one table. What is named beyond is counted in a row "(others)", so that the sums hold. */
enum { JOURNAL_STATS_ROWS_MAX = 8192, JOURNAL_STATS_MEMORY_MAX = 64 * 1024 * 1024 };

struct journal_stats_row {
    const char *name;
    uint64_t records, messages, refused; /* messages: accepted ones; of a system: those it sent */
    uint64_t received;                   /* of a system: accepted for it */
    uint64_t bytes;                      /* bodies and payloads, before encryption and without framing */
};

struct journal_stats_table {
    struct map by_name;
    struct journal_stats_row **rows; /* sorted by name once the scan is done */
    size_t count;
};

struct journal_stats {
    struct arena arena;
    uint64_t from_ns, until_ns; /* records of this time only; 0: no bound */
    uint64_t first_ns, last_ns; /* of the records counted; 0: none */
    uint64_t malformed;         /* records whose body could not be read: counted by kind and day alone */
    struct journal_stats_row kinds[RECORD_KIND_MAX + 1]; /* [0]: kinds this program doesn't know */
    struct journal_stats_row all;
    struct journal_stats_table types, systems, days, codes;
};

/* Counts. `stats` is {0} but for from_ns and until_ns. TRUC_E_MEMORY, and what reading the journal gives. */
int journal_stats_collect(struct journal *journal, struct journal_stats *stats, struct truc_fault *fault);
void journal_stats_free(struct journal_stats *stats);
/* The document of `--output json`; NULL when out of memory. */
json_t *journal_stats_json(const struct journal_stats *stats);

#endif
