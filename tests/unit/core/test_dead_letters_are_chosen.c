/* test_dead_letters_are_chosen.c - which dead letters an operator means: filters, pages beyond one answer, batches of a run that is
 * interrupted, and giving them up for good, also over a restart.
 * Not queueing again itself (test_dead_letters_and_redrive.c).
 * Alpha's dossiers are rejected by beta and by gamma. */
#include "core_driver.h"

#include <stdio.h>

#include "field_table.h"
#include "protobuf_wire.h"

enum { LETTERS = 5, TOLD_MAX = 16 };

struct query {
    const char *destination, *sender, *code, *reason, *after_destination;
    uint64_t position, before_ns, after_position, after_ns;
    uint32_t count_max;
};

static int ask(struct driver *driver, const char *verb, const struct query *query, struct bytes *ret_result)
{
    struct buffer arguments = {0};
    struct peer operator= driver_connect(driver, OPERATOR, 0);
    wire_put_string(&arguments, 1, query->destination);
    wire_put_uint(&arguments, 2, query->position);
    wire_put_string(&arguments, 4, query->reason);
    wire_put_uint(&arguments, 5, query->count_max);
    wire_put_string(&arguments, 6, query->sender);
    wire_put_string(&arguments, 7, query->code);
    wire_put_fixed64(&arguments, 8, query->before_ns);
    wire_put_string(&arguments, 9, query->after_destination);
    wire_put_uint(&arguments, 10, query->after_position);
    wire_put_fixed64(&arguments, 11, query->after_ns);
    int code = peer_ask(&operator, verb, buffer_view(&arguments), ret_result);
    peer_lose(&operator);
    buffer_free(&arguments);
    return code;
}

/* What a list tells of each letter that matters here. */
struct told {
    char destination[16];
    uint64_t position, time_ns;
};
struct letter {
    struct bytes destination;
    uint64_t position, time_ns;
    struct bytes code, reason, text, sender, type, subject, id;
    uint32_t attempts, generation;
    uint64_t size_bytes;
};
static const struct field_entry letter_fields[] = {
    FIELD(1, FIELD_BINARY, letter, destination, 0), FIELD(2, FIELD_UINT64, letter, position, 0),
    FIELD(3, FIELD_TIME_NS, letter, time_ns, 0),    FIELD(4, FIELD_BINARY, letter, code, 0),
    FIELD(5, FIELD_BINARY, letter, reason, 0),      FIELD(6, FIELD_BINARY, letter, text, 0),
    FIELD(7, FIELD_BINARY, letter, sender, 0),      FIELD(8, FIELD_BINARY, letter, type, 0),
    FIELD(9, FIELD_BINARY, letter, subject, 0),     FIELD(10, FIELD_BINARY, letter, id, 0),
    FIELD(11, FIELD_UINT32, letter, attempts, 0),   FIELD(12, FIELD_UINT32, letter, generation, 0),
    FIELD(13, FIELD_UINT64, letter, size_bytes, 0),
};
static const struct field_table letter_table = FIELD_TABLE("letter", letter_fields);
struct page {
    struct bytes letters;
};
static const struct field_entry page_fields[] = {FIELD(1, FIELD_REPEATED, page, letters, 0)};
static const struct field_table page_table = FIELD_TABLE("page", page_fields);

static size_t list(struct driver *driver, const struct query *query, struct told told[TOLD_MAX])
{
    struct bytes result, element;
    struct page page;
    size_t offset = 0, count = 0;
    assert_int_equal(ask(driver, "dead-list", query, &result), 0);
    assert_int_equal(field_table_decode(&page_table, result, &page, sizeof page, NULL), 0);
    while (field_element_next(page.letters, &offset, &element) > 0) {
        struct letter letter;
        assert_in_range(count, 0, TOLD_MAX - 1);
        assert_int_equal(field_table_decode(&letter_table, element, &letter, sizeof letter, NULL), 0);
        (void)snprintf(told[count].destination, sizeof told[count].destination, "%.*s",
                       BYTES_PRINTF(letter.destination));
        told[count].position = letter.position;
        told[count++].time_ns = letter.time_ns;
    }
    return count;
}

static uint64_t change(struct driver *driver, const char *verb, const struct query *query)
{
    struct done {
        uint64_t count;
    } done;
    static const struct field_entry fields[] = {FIELD(1, FIELD_UINT64, done, count, 0)};
    static const struct field_table table = FIELD_TABLE("done", fields);
    struct bytes result;
    assert_int_equal(ask(driver, verb, query, &result), 0);
    assert_int_equal(field_table_decode(&table, result, &done, sizeof done, NULL), 0);
    return done.count;
}

static void reject_all(struct driver *driver, enum driver_system system)
{
    struct taken taken[TOLD_MAX];
    struct peer peer = driver_connect(driver, system, DRIVER_CREDIT_BYTES);
    size_t count = peer_take_deliveries(&peer, taken, COUNT_OF(taken));
    for (size_t i = 0; i < count; i++)
        peer_settle_one(&peer, &taken[i], SETTLED_REJECT);
    peer_lose(&peer);
}

/* LETTERS for beta and as many for gamma. */
static void begin(struct driver *driver)
{
    char id[8];
    driver_open(driver, NULL);
    struct peer alpha = driver_connect(driver, ALPHA, 0);
    for (unsigned i = 0; i < LETTERS; i++) {
        (void)snprintf(id, sizeof id, "m%u", i);
        peer_accepted(&alpha, id, id);
    }
    reject_all(driver, BETA);
    reject_all(driver, GAMMA);
}

static void test_filters_are_joined(void **state)
{
    struct driver driver;
    struct told told[TOLD_MAX], one[TOLD_MAX];
    (void)state;
    begin(&driver);
    assert_int_equal(list(&driver, &(struct query){.count_max = 0}, told), 2 * LETTERS);
    assert_int_equal(list(&driver, &(struct query){.destination = "beta"}, told), LETTERS);
    assert_int_equal(list(&driver, &(struct query){.sender = "alpha", .destination = "gamma"}, told), LETTERS);
    assert_int_equal(list(&driver, &(struct query){.sender = "beta"}, told), 0);
    assert_int_equal(list(&driver, &(struct query){.code = "REJECTED"}, told), 2 * LETTERS);
    assert_int_equal(list(&driver, &(struct query){.code = "RETRIES"}, one), 0);
    assert_int_equal(list(&driver, &(struct query){.position = told[1].position + 1}, one), 2); /* for both */
    assert_int_equal(list(&driver, &(struct query){.position = told[1].position + 1, .destination = "gamma"}, one), 1);
    assert_int_equal(list(&driver, &(struct query){.destination = "beta", .before_ns = told[2].time_ns}, one), 2);
    driver_close(&driver);
}

static void test_pages_show_each_letter_once_though_one_is_given_up_meanwhile(void **state)
{
    struct driver driver;
    struct told told[TOLD_MAX];
    struct query query = {.count_max = 3};
    char last[16];
    size_t count, seen = 0;
    (void)state;
    begin(&driver);
    while ((count = list(&driver, &query, told)) > 0) {
        seen += count;
        (void)snprintf(last, sizeof last, "%s", told[count - 1].destination);
        query.after_destination = last;
        query.after_position = told[count - 1].position + 1;
        query.after_ns = told[count - 1].time_ns;
        if (seen == 3) /* the very one the next page goes on behind */
            assert_int_equal(
                change(&driver, "dead-discard",
                       &(struct query){.destination = last, .position = query.after_position, .reason = "x"}),
                1);
    }
    assert_int_equal(seen, 2 * LETTERS);
    driver_close(&driver);
}

static void test_batches_end_a_run_and_what_dies_again_is_left(void **state)
{
    struct driver driver;
    struct told told[TOLD_MAX];
    (void)state;
    begin(&driver);
    driver_advance(&driver, SECOND);
    struct query query = {.destination = "beta", .count_max = 2, .reason = "mended", .before_ns = driver.now_ns};
    assert_int_equal(change(&driver, "dead-retry", &query), 2);
    reject_all(&driver, BETA);
    driver_kill(&driver); /* an interruption loses nothing */
    driver_start(&driver);
    assert_int_equal(change(&driver, "dead-retry", &query), 2);
    assert_int_equal(change(&driver, "dead-retry", &query), 1);
    assert_int_equal(change(&driver, "dead-retry", &query), 0); /* those that died again came after */
    assert_int_equal(list(&driver, &(struct query){.destination = "beta"}, told), 2);
    assert_int_equal(driver_record_count(&driver, RECORD_REDRIVEN), LETTERS);
    driver_close(&driver);
}

static void test_what_is_given_up_stays_so_and_is_evidence(void **state)
{
    struct driver driver;
    struct told told[TOLD_MAX];
    struct journal_record record;
    struct record_fate fate;
    const struct query all = {.destination = "beta", .reason = "trùng, đã nhập tay"};
    (void)state;
    begin(&driver);
    assert_int_equal(ask(&driver, "dead-discard", &(struct query){.destination = "beta"}, NULL), TRUC_E_ARGUMENT);
    assert_int_equal(change(&driver, "dead-discard", &all), LETTERS);
    assert_int_equal(driver_record_count(&driver, RECORD_DISCARDED), LETTERS);
    assert_true(driver_record(&driver, RECORD_DISCARDED, 0, &record));
    assert_int_equal(record_fate_decode(record.body, &fate, NULL), 0);
    assert_true(bytes_equal_string(fate.operator_id, "operator"));
    assert_true(bytes_equal_string(fate.reason, all.reason));
    assert_true(bytes_equal_string(fate.system, "beta"));
    assert_int_equal(fate.code, -TRUC_E_REJECTED);
    for (unsigned restart = 0; restart < 3; restart++) {
        assert_int_equal(list(&driver, &(struct query){.count_max = 0}, told), LETTERS);
        assert_string_equal(told[0].destination, "gamma");
        assert_int_equal(change(&driver, "dead-retry", &all), 0);
        if (restart == 1)
            driver_stop(&driver);
        else
            driver_kill(&driver);
        driver_start(&driver);
    }
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    peer_expect_nothing(&beta);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters_are_joined),
        cmocka_unit_test(test_pages_show_each_letter_once_though_one_is_given_up_meanwhile),
        cmocka_unit_test(test_batches_end_a_run_and_what_dies_again_is_left),
        cmocka_unit_test(test_what_is_given_up_stays_so_and_is_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
