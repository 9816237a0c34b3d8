/* test_journal_index.c - the search index finds by what people ask for, follows outcomes, rebuilds itself when it does
 * not fit, and holds no identity number. The journal under it is real, its records are those the broker writes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "header.h"
#include "journal_fixture.h"
#include "journal_index.h"
#include "record.h"

static const uint64_t start_ns = 1795000000000000000ull;

static void append_record(struct journal *journal, enum record_kind kind, uint64_t second, struct bytes body)
{
    struct journal_entry entry = {.kind = (uint16_t)kind, .time_ns = start_ns + second * 1000000000ull, .body = body};
    struct journal_group group = {&entry, 1, entry.time_ns, 0};
    assert_int_equal(journal_append_group(journal, &group, NULL), 0);
}

static uint64_t accept(struct journal *journal, uint64_t second, const char *id, const char *subject,
                       const char *const *to)
{
    static const uint8_t digest[SHA256_BYTES];
    BUFFER_CLEANUP struct buffer encoded = {0};
    BUFFER_CLEANUP struct buffer destinations = {0};
    BUFFER_CLEANUP struct buffer body = {0};
    struct header header = {
        .id = bytes_string(id),
        .source = bytes_string("portal/web"),
        .type = bytes_string("dossier.submitted"),
        .subject = bytes_string(subject),
        .time_ns = start_ns,
        .kind = HEADER_EVENT,
        .urgency = 1,
        .classification = HEADER_NOT_SECRET,
        .purpose = {.dossier = bytes_string("H56.14-261123-0042")},
        .payload_digest = bytes_of(digest, sizeof(digest)),
    };
    header_encode(&header, NULL, 0, &encoded);
    for (; *to != NULL; to++) {
        struct record_destination destination = {.system = bytes_string(*to), .route = bytes_string("a-route")};
        record_destination_append(&destinations, &destination);
    }
    struct record_accepted accepted = {.header = buffer_view(&encoded), .destinations = buffer_view(&destinations)};
    record_accepted_encode(&accepted, &body);
    append_record(journal, RECORD_ACCEPTED, second, buffer_view(&body));
    return journal_next_sequence(journal) - 1;
}

static void settle(struct journal *journal, uint64_t second, uint64_t message, const char *system, uint32_t outcome)
{
    static const uint8_t leaf[SHA256_BYTES];
    BUFFER_CLEANUP struct buffer encoded = {0};
    BUFFER_CLEANUP struct buffer settlements = {0};
    BUFFER_CLEANUP struct buffer body = {0};
    struct settlement settlement = {.sequence = message,
                                    .outcome = outcome,
                                    .message_leaf = bytes_of(leaf, sizeof(leaf)),
                                    .code = outcome == SETTLED_REJECT ? 71 : 0};
    settlement_encode(&settlement, &encoded);
    record_settlement_append(&settlements, buffer_view(&encoded));
    struct record_settled settled = {.system = bytes_string(system), .settlements = buffer_view(&settlements)};
    record_settled_encode(&settled, &body);
    append_record(journal, RECORD_SETTLED, second, buffer_view(&body));
}

static void fate(struct journal *journal, enum record_kind kind, uint64_t second, uint64_t message, const char *system,
                 uint32_t code)
{
    BUFFER_CLEANUP struct buffer body = {0};
    struct record_fate value = {.message = message, .system = bytes_string(system), .code = code};
    record_fate_encode(&value, &body);
    append_record(journal, kind, second, buffer_view(&body));
}

static void refuse(struct journal *journal, uint64_t second, const char *id)
{
    BUFFER_CLEANUP struct buffer body = {0};
    struct record_refused refused = {.sender = bytes_string("edoc"),
                                     .id = bytes_string(id),
                                     .type = bytes_string("document.send"),
                                     .code = 43,
                                     .count = 1};
    record_refused_encode(&refused, &body);
    append_record(journal, RECORD_REFUSED, second, buffer_view(&body));
}

static struct journal *searched; /* the journal that catch_up was given last */

static void catch_up(struct journal_index *index, struct journal *journal)
{
    searched = journal;
    struct truc_fault fault = {0};
    int taken;
    while ((taken = journal_index_catch_up(index, journal, UINT64_MAX, 3, &fault)) > 0)
        assert_true(taken <= 3);
    if (taken < 0)
        fail_msg("%s", fault.text);
    assert_int_equal(journal_index_next(index), journal_next_sequence(journal));
}

struct found {
    size_t count;
    uint64_t sequences[64];
    enum journal_index_outcome outcomes[64];
    uint32_t codes[64];
    char last_subject[64], last_destination[64];
    bool last_erased;
};

static int found_row(void *context, const struct journal_index_row *row)
{
    struct found *found = context;
    assert_true(found->count < 64);
    found->sequences[found->count] = row->sequence;
    found->outcomes[found->count] = row->outcome;
    found->codes[found->count++] = row->code;
    (void)snprintf(found->last_subject, sizeof(found->last_subject), "%s", row->subject);
    (void)snprintf(found->last_destination, sizeof(found->last_destination), "%s", row->destination);
    found->last_erased = row->payload_erased;
    return 0;
}

static struct found find(struct journal_index *index, struct journal_index_query query)
{
    struct found found = {0};
    int rows = journal_index_find(index, searched, &query, found_row, &found, NULL);
    assert_int_equal(rows, found.count);
    return found;
}

static const char *const to_both[] = {"ioc", "onestop", NULL};
static const char *const to_one[] = {"onestop", NULL};

static void messages_are_found_by_what_people_ask_for(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    struct journal_index *index = NULL;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    assert_int_equal(journal_index_open("", 0, &index, NULL), 0);
    append_record(journal, RECORD_STARTED, 0, BYTES_EMPTY);
    uint64_t first = accept(journal, 1, "id-1", "H56-1", to_both);
    uint64_t second = accept(journal, 2, "id-2", "H56-2", to_one);
    refuse(journal, 3, "id-3");
    catch_up(index, journal);
    struct found found = find(index, (struct journal_index_query){.id = bytes_string("id-1")});
    assert_int_equal(found.count, 2);
    assert_int_equal(found.sequences[0], first);
    assert_int_equal(found.outcomes[0], INDEX_OUTCOME_WAITING);
    assert_int_equal(find(index, (struct journal_index_query){.subject = bytes_string("H56-2")}).sequences[0], second);
    assert_int_equal(find(index, (struct journal_index_query){.dossier = bytes_string("H56.14-261123-0042")}).count, 3);
    assert_int_equal(find(index, (struct journal_index_query){.type = bytes_string("document.send")}).codes[0], 43);
    assert_int_equal(find(index, (struct journal_index_query){.sender = bytes_string("portal")}).count, 3);
    assert_int_equal(find(index, (struct journal_index_query){.destination = bytes_string("ioc")}).count, 1);
    assert_int_equal(find(index, (struct journal_index_query){.outcome = INDEX_OUTCOME_REFUSED}).count, 1);
    assert_int_equal(find(index, (struct journal_index_query){.from_ns = start_ns + 2000000000ull}).count, 2);
    assert_int_equal(find(index, (struct journal_index_query){.until_ns = start_ns + 2000000000ull}).count, 2);
    assert_int_equal(find(index, (struct journal_index_query){.id = bytes_string("' OR 1=1 --")}).count, 0);
    found = find(index, (struct journal_index_query){0});
    assert_int_equal(found.count, 4);
    assert_true(found.sequences[0] > found.sequences[3]);
    assert_int_equal(find(index, (struct journal_index_query){.limit = 1}).count, 1);
    assert_int_equal(find(index, (struct journal_index_query){.before_sequence = second}).count, 2);
    assert_int_equal(find(index, (struct journal_index_query){.oldest_first = true}).sequences[0], first);
    journal_index_close(index);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void outcomes_follow_the_records(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    struct journal_index *index = NULL;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    assert_int_equal(journal_index_open("", 0, &index, NULL), 0);
    uint64_t message = accept(journal, 1, "id-1", "H56-1", to_both);
    const struct journal_index_query at_onestop = {.id = bytes_string("id-1"), .destination = bytes_string("onestop")};
    settle(journal, 2, message, "ioc", SETTLED_DONE);
    settle(journal, 2, message, "onestop", SETTLED_RETRY);
    catch_up(index, journal);
    assert_int_equal(find(index, at_onestop).outcomes[0], INDEX_OUTCOME_WAITING);
    assert_int_equal(find(index, (struct journal_index_query){.outcome = INDEX_OUTCOME_DONE}).count, 1);
    fate(journal, RECORD_DEAD, 3, message, "onestop", 72);
    catch_up(index, journal);
    assert_int_equal(find(index, at_onestop).outcomes[0], INDEX_OUTCOME_DEAD);
    assert_int_equal(find(index, at_onestop).codes[0], 72);
    fate(journal, RECORD_REDRIVEN, 4, message, "onestop", 0);
    catch_up(index, journal);
    assert_int_equal(find(index, at_onestop).outcomes[0], INDEX_OUTCOME_WAITING);
    settle(journal, 5, message, "onestop", SETTLED_REJECT);
    fate(journal, RECORD_ERASED, 6, message, "", 0);
    catch_up(index, journal);
    assert_int_equal(find(index, at_onestop).outcomes[0], INDEX_OUTCOME_DEAD);
    assert_int_equal(find(index, at_onestop).codes[0], 71);
    assert_true(find(index, at_onestop).last_erased);
    fate(journal, RECORD_DISCARDED, 6, message, "onestop", 71);
    catch_up(index, journal);
    assert_int_equal(find(index, at_onestop).outcomes[0], INDEX_OUTCOME_DISCARDED);
    fate(journal, RECORD_EXPIRED, 7, message, "", 52);
    catch_up(index, journal);
    assert_int_equal(find(index, (struct journal_index_query){.outcome = INDEX_OUTCOME_EXPIRED}).count, 2);
    journal_index_close(index);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void identity_numbers_are_masked_and_still_found(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    struct journal_index *index = NULL;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    assert_int_equal(journal_index_open("", 0, &index, NULL), 0);
    accept(journal, 1, "id-1", "citizen 038912345678!", to_one);
    catch_up(index, journal);
    struct found found = find(index, (struct journal_index_query){.subject = bytes_string("citizen 038912345678!")});
    assert_int_equal(found.count, 1);
    assert_string_equal(found.last_subject, "citizen *********678!");
    static const char *const texts[][2] = {
        {"038912345678", "*********678"},
        {"123456789", "******789"},
        {"20261123140307", "20261123140307"},
        {"a038912345678b038912345670", "a*********678b*********670"},
        {"H56.14-261123-0042", "H56.14-261123-0042"},
        {"key 8f463a72b718e4bc82ab000000962b35 038912345678", "key 8f463a72b718e4bc82ab000000962b35 *********678"},
        {"abc038912345678", "abc*********678"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        BUFFER_CLEANUP struct buffer masked = {0};
        journal_index_mask(bytes_string(texts[i][0]), &masked);
        assert_string_equal(buffer_string(&masked), texts[i][1]);
    }
    journal_index_close(index);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void an_index_that_does_not_fit_starts_over(void **state)
{
    (void)state;
    struct journal_fixture fixture, other;
    struct journal_index *index = NULL;
    char path[64];
    (void)snprintf(path, sizeof(path), "/tmp/truc-index-%ld.db", (long)getpid());
    fixture_begin(&fixture);
    fixture_begin(&other);
    struct journal *journal = fixture_must_open(&fixture), *another = fixture_must_open(&other);
    accept(journal, 1, "id-1", "H56-1", to_one);
    accept(journal, 2, "id-2", "H56-2", to_one);
    accept(another, 1, "id-9", "H56-9", to_one);
    accept(another, 2, "id-8", "H56-8", to_one);
    assert_int_equal(journal_index_open(path, 0, &index, NULL), 0);
    catch_up(index, journal);
    journal_index_close(index);
    assert_int_equal(journal_index_open(path, 0, &index, NULL), 0); /* it is kept */
    assert_int_equal(journal_index_next(index), 2);
    assert_int_equal(find(index, (struct journal_index_query){.id = bytes_string("id-2")}).count, 1);
    catch_up(index, another);
    assert_int_equal(find(index, (struct journal_index_query){.id = bytes_string("id-2")}).count, 0);
    assert_int_equal(find(index, (struct journal_index_query){.id = bytes_string("id-9")}).count, 1);
    journal_index_close(index);
    assert_int_equal(remove(path), 0);
    journal_close(journal, 1, NULL);
    journal_close(another, 1, NULL);
    fixture_end(&fixture);
    fixture_end(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_found_by_what_people_ask_for),
        cmocka_unit_test(outcomes_follow_the_records),
        cmocka_unit_test(identity_numbers_are_masked_and_still_found),
        cmocka_unit_test(an_index_that_does_not_fit_starts_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
