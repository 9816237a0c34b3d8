/* id_run_private.h - the form of a run's file: header, pages of entries, the first key of each page, the filter.
 * Private to id_run.c, which reads, and id_run_write.c.
 * docs/journal-format.md, "Runs of ids", says the same in words. */
#ifndef TRUC_ID_RUN_PRIVATE_H
#define TRUC_ID_RUN_PRIVATE_H

#include "id_run.h"
#include "journal_file.h"

enum {
    RUN_VERSION = 1,
    RUN_PAGE_BYTES = 4096, /* the header is as long as a page */
    RUN_ENTRY_BYTES = 40,
    RUN_PAGE_ENTRIES = 102,
    RUN_CRC_AT = 4092, /* of header and page alike */
    RUN_BUS_BYTES = 64,
    RUN_FENCE_BYTES = 8, /* the first key of a page */
};
_Static_assert(RUN_PAGE_ENTRIES *RUN_ENTRY_BYTES <= RUN_CRC_AT, "a page holds its entries and its CRC");

struct run_header {
    struct id_run_facts facts;
    uint64_t filter_bytes;
    uint32_t filter_crc, fences_crc;
    char bus_id[RUN_BUS_BYTES];
};

static inline uint64_t run_page_count(const struct id_run_facts *facts)
{
    return (facts->count + RUN_PAGE_ENTRIES - 1) / RUN_PAGE_ENTRIES;
}

static inline uint64_t run_page_offset(uint64_t page)
{
    return (page + 1) * RUN_PAGE_BYTES;
}

static inline uint64_t run_fences_offset(const struct id_run_facts *facts)
{
    return run_page_offset(run_page_count(facts));
}

static inline uint64_t run_filter_offset(const struct id_run_facts *facts)
{
    return run_fences_offset(facts) + run_page_count(facts) * RUN_FENCE_BYTES;
}

void run_name(uint64_t first_sequence, const char *suffix, char out[ID_RUN_NAME_BYTES + 4]);
void run_header_write(const struct run_header *header, uint8_t out[RUN_PAGE_BYTES]);
/* Which run and which page go into the checksum: one in the wrong place is a damaged one. */
uint32_t run_page_crc(uint64_t first_sequence, uint64_t page, const uint8_t data[RUN_PAGE_BYTES]);

#endif
