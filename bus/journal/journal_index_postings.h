/* journal_index_postings.h - postings: (key, position) pairs, sorted, and packed into blocks of some 700.
 * Not what they mean (journal_index_private.h) and not where blocks are kept: SQLite's rows.
 * Between taking records in, merging runs and looking up. */
#ifndef TRUC_JOURNAL_INDEX_POSTINGS_H
#define TRUC_JOURNAL_INDEX_POSTINGS_H

#include "buffer.h"

enum { BLOCK_BYTES = 4000 }; /* about one, so that a row is one page of SQLite */

/* Keys below this are positions themselves, and their values near them; keys from here on are hashes. */
#define POSTING_HASHED (1ull << 40)

struct posting {
    uint64_t key, value; /* below 2^62 each */
};
struct postings {
    struct posting *items;
    size_t count, capacity;
};

int postings_add(struct postings *postings, uint64_t key, uint64_t value); /* 0, or TRUC_E_MEMORY */
void postings_sort(struct postings *postings);                             /* ascending, each once */
void postings_free(struct postings *postings);
static inline bool posting_is_before(struct posting a, struct posting b)
{
    return a.key < b.key || (a.key == b.key && a.value < b.value);
}

/* A block is being written: postings in ascending order. `base` is near most values of hashed keys, and makes them short. */
struct block_writer {
    struct buffer content;
    struct posting first, last;
    uint64_t base;
    size_t count;
};
void block_begin(struct block_writer *writer, uint64_t base);
void block_put(struct block_writer *writer, struct posting posting);
static inline bool block_is_full(const struct block_writer *writer)
{
    return writer->content.size >= BLOCK_BYTES;
}
/* The content with its checksum. */
struct bytes block_end(struct block_writer *writer);
/* Appends the block's postings. False when it is damaged; TRUC_E_MEMORY shows as a damaged block does not: by *ret_code. */
bool block_read(struct bytes content, struct posting first, uint64_t base, struct postings *out, int *ret_code);

#endif
