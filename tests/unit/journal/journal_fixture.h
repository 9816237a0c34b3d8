/* journal_fixture.h - a journal on a memory disk with known keys, for the journal's tests.
 * Not a mock: it is the real journal; only disk and randomness are given.
 * Every record's content follows from its sequence, so that a reader knows what must be there. */
#ifndef TRUC_TEST_JOURNAL_FIXTURE_H
#define TRUC_TEST_JOURNAL_FIXTURE_H

#include "cmocka_start.h"
#include "journal.h"
#include "memory_disk.h"
#include "signing.h"

enum { FIXTURE_SEGMENT_BYTES = 64 * 1024 };

struct journal_fixture {
    struct memory_disk *disk;
    struct signing_key *key;
    uint64_t random; /* state of the seeded generator */
    struct journal_options options;
    struct journal_opened opened;
    struct truc_fault fault;
};

void fixture_begin(struct journal_fixture *fixture);
void fixture_end(struct journal_fixture *fixture);
/* With the fixture's options; both return the journal's code. NULL recovery. */
int fixture_open(struct journal_fixture *fixture, struct journal **ret_journal);
int fixture_open_on(struct journal_fixture *fixture, struct memory_disk *disk, struct journal **ret_journal);
/* Opens or fails the test with the fault's text. */
struct journal *fixture_must_open(struct journal_fixture *fixture);
/* Ends the journal as a killed process does: it writes nothing more. */
void fixture_die(struct journal_fixture *fixture, struct journal *journal);
/* Appends a group of `count` records, kinds and bodies by their sequence; every third has a payload. Returns the code.
 */
int fixture_append(struct journal_fixture *fixture, struct journal *journal, size_t count);
void fixture_must_append(struct journal_fixture *fixture, struct journal *journal, size_t count);
/* The record at `sequence` is what fixture_append() wrote, payload included (unless it says erased). */
void fixture_check_record(struct journal_fixture *fixture, struct journal *journal, uint64_t sequence);
void fixture_check_all(struct journal_fixture *fixture, struct journal *journal);
bool fixture_has_payload(uint64_t sequence);

#endif
