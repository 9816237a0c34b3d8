/* test_daemon_index.c - the indexer's thread beside a writer: both at once on one journal of real files, and nothing shared but what the header says.
 * Without libzmq, so that ThreadSanitizer sees this program's own races and no false ones (label threads).
 * What is found in the index: tests/unit/journal/test_journal_index_answers.c; in a real trucd: tests/integration/operate. */
#include "cmocka_start.h"

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "daemon_index.h"
#include "file_disk.h"
#include "header.h"
#include "journal.h"
#include "record.h"

enum { GROUPS = 300, WAIT_MS = 20, ATTEMPTS_MAX = 3000 };

static const uint64_t start_ns = 1795000000000000000ull;

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static void append_message(struct journal *journal, unsigned number)
{
    static const uint8_t digest[SHA256_BYTES];
    BUFFER_CLEANUP struct buffer header_bytes = {0};
    BUFFER_CLEANUP struct buffer destinations = {0};
    BUFFER_CLEANUP struct buffer body = {0};
    char id[32];
    (void)snprintf(id, sizeof id, "message-%u", number);
    const struct header header = {.id = bytes_string(id),
                                  .source = bytes_string("portal"),
                                  .type = bytes_string("dossier.submitted"),
                                  .subject = bytes_string("H56.14-261123-0042"),
                                  .time_ns = start_ns,
                                  .kind = HEADER_EVENT,
                                  .urgency = 1,
                                  .classification = HEADER_NOT_SECRET,
                                  .payload_digest = bytes_of(digest, sizeof digest)};
    const struct record_destination destination = {.system = bytes_string("onestop"), .route = bytes_string("a-route")};
    header_encode(&header, NULL, 0, &header_bytes);
    record_destination_append(&destinations, &destination);
    const struct record_accepted accepted = {.header = buffer_view(&header_bytes),
                                             .destinations = buffer_view(&destinations)};
    record_accepted_encode(&accepted, &body);
    const struct journal_entry entry = {
        .kind = RECORD_ACCEPTED, .time_ns = start_ns + number, .body = buffer_view(&body)};
    const struct journal_group group = {.entries = &entry, .count = 1, .time_ns = entry.time_ns};
    assert_int_equal(journal_append_group(journal, &group, NULL), 0);
}

static void wait_until_indexed(struct daemon_index *index, uint64_t records)
{
    struct daemon_index_state state = {0};
    for (unsigned i = 0; i < ATTEMPTS_MAX && state.next < records; i++) {
        poll(NULL, 0, WAIT_MS); /* the thread has nothing to wait on here */
        daemon_index_state(index, &state);
        assert_string_equal(state.trouble, "");
    }
    assert_int_equal(state.next, records);
}

static void test_it_keeps_up_with_a_writer_and_ends_when_told(void **state)
{
    static const uint8_t key[32];
    char folder[] = "/tmp/truc-index-XXXXXX", directory[64];
    struct journal *journal = NULL;
    struct daemon_index *index = NULL;
    struct truc_fault fault = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(directory, sizeof directory, "%s/journal", folder);
    const struct journal_options options = {.disk = file_disk(),
                                            .directory = directory,
                                            .bus_id = "thanhhoa",
                                            .master_key = key,
                                            .time_ns = start_ns,
                                            .segment_bytes = JOURNAL_SEGMENT_BYTES_MIN,
                                            .flags = JOURNAL_CREATE};
    if (journal_open(&options, NULL, &journal, NULL, &fault) < 0)
        fail_msg("%s %s", fault.text, fault.where);
    append_message(journal, 0);
    assert_int_equal(daemon_index_start(directory, journal_next_sequence(journal), &index, &fault), 0);
    for (unsigned number = 1; number < GROUPS; number++) {
        append_message(journal, number);
        daemon_index_durable(index, journal_next_sequence(journal));
    }
    wait_until_indexed(index, journal_next_sequence(journal));
    append_message(journal, GROUPS);
    daemon_index_durable(index, journal_next_sequence(journal));
    wait_until_indexed(index, journal_next_sequence(journal));
    daemon_index_stop(index);
    assert_int_equal(daemon_index_start(directory, journal_next_sequence(journal), &index, &fault), 0);
    daemon_index_stop(index); /* at once, in whatever it is doing */
    assert_int_equal(journal_close(journal, start_ns + GROUPS, &fault), 0);
    assert_int_equal(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_keeps_up_with_a_writer_and_ends_when_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
