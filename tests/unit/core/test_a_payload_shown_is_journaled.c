/* test_a_payload_shown_is_journaled.c - a payload in clear leaves the broker only when who looked, at what and why is on disk.
 * Not how it is printed (tests/integration/operate). Arguments and answers are read by the fields of operator.proto.
 * One test a promise: durable first, reasons required, roles, positions, erased payloads, a bounded number. */
#include "core_driver.h"

#include "field_table.h"
#include "protobuf_wire.h"

struct shown {
    uint64_t position, time_ns;
    struct bytes header, payload;
};
static const struct field_entry shown_fields[] = {
    FIELD(1, FIELD_UINT64, shown, position, 0),
    FIELD(2, FIELD_TIME_NS, shown, time_ns, 0),
    FIELD(3, FIELD_BINARY, shown, header, 0),
    FIELD(4, FIELD_BINARY, shown, payload, 0),
};
static const struct field_table shown_table = FIELD_TABLE("shown", shown_fields);

static void write_query(uint64_t position, const char *reason, struct buffer *out)
{
    buffer_clear(out);
    wire_put_uint(out, 1, position);
    wire_put_string(out, 2, reason);
}

/* The views of *ret live until the driver is closed. */
static int ask(struct peer *peer, uint64_t position, const char *reason, struct shown *ret)
{
    struct buffer arguments = {0};
    struct bytes result;
    write_query(position, reason, &arguments);
    int code = peer_ask(peer, "payload-show", buffer_view(&arguments), &result);
    buffer_free(&arguments);
    if (code == 0 && ret)
        assert_int_equal(field_table_decode(&shown_table, result, ret, sizeof *ret, NULL), 0);
    return code;
}

/* The n-th journaled look. */
static struct record_operation operation(struct driver *driver, size_t n)
{
    struct journal_record record;
    struct record_operation value;
    assert_true(driver_record(driver, RECORD_OPERATION, n, &record));
    assert_int_equal(record_operation_decode(record.body, &value, NULL), 0);
    assert_true(bytes_equal_string(value.verb, "payload-show"));
    return value;
}

static void test_it_is_the_message_as_it_was_accepted(void **state)
{
    static const enum driver_system who[] = {OPERATOR, AUDITOR};
    static const char *const names[] = {"operator", "auditor"};
    struct driver driver;
    struct shown shown = {.position = 0};
    uint64_t message;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message sent = peer_message(&alpha, "m1", "dossier.progress", "H56-1");
    struct outcome outcome = peer_publish_one(&alpha, &sent);
    assert_int_equal(outcome.code, 0);
    for (size_t i = 0; i < COUNT_OF(who); i++) {
        struct peer peer = driver_connect(&driver, who[i], 0);
        assert_int_equal(ask(&peer, outcome.sequence, "khiếu nại số 12", &shown), 0);
        assert_int_equal(shown.position, outcome.sequence);
        assert_int_not_equal(shown.time_ns, 0);
        assert_true(bytes_equal(shown.payload, sent.payload));
        struct header header;
        assert_int_equal(header_decode(shown.header, &header, NULL), 0);
        assert_true(bytes_equal_string(header.id, "m1"));
        struct record_operation record = operation(&driver, i);
        assert_true(bytes_equal_string(record.operator_id, names[i]));
        assert_true(bytes_equal_string(record.reason, "khiếu nại số 12"));
        assert_int_equal(record.code, 0);
        assert_true(record_operation_message(&record, &message));
        assert_int_equal(message, outcome.sequence);
    }
    driver_close(&driver);
}

/* The group with the record can't be written: whoever looks sees nothing. */
static void test_nothing_is_shown_before_the_look_is_durable(void **state)
{
    struct driver driver;
    struct buffer arguments = {0};
    struct command command;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), auditor = driver_connect(&driver, AUDITOR, 0);
    uint64_t position = peer_accepted(&alpha, "m1", "H56-1");
    driver_round(&driver);
    memory_disk_set_faults(driver.disk, &(struct memory_disk_faults){.fail_sync = 1});
    write_query(position, "why", &arguments);
    struct command question = {.kind = COMMAND_ASK};
    question.ask =
        (struct command_ask){.number = 1, .verb = bytes_string("payload-show"), .arguments = buffer_view(&arguments)};
    peer_send(&auditor, &question);
    assert_true(driver_commit(&driver) < 0);
    assert_false(peer_take(&auditor, COMMAND_ANSWER, &command));
    buffer_free(&arguments);
    driver_kill(&driver);
    driver_close(&driver);
}

static void test_every_attempt_is_evidence(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), auditor = driver_connect(&driver, AUDITOR, 0);
    uint64_t position = peer_accepted(&alpha, "m1", "H56-1");
    assert_int_equal(ask(&alpha, position, "mine", NULL), TRUC_E_STATE);
    assert_int_equal(ask(&auditor, position, "", NULL), TRUC_E_ARGUMENT);
    assert_int_equal(ask(&auditor, position - 1, "a bundle", NULL), TRUC_E_NOT_FOUND);
    assert_int_equal(ask(&auditor, 1000000, "nothing there", NULL), TRUC_E_NOT_FOUND);
    static const int codes[] = {TRUC_E_STATE, TRUC_E_ARGUMENT, TRUC_E_NOT_FOUND, TRUC_E_NOT_FOUND};
    assert_int_equal(driver_record_count(&driver, RECORD_OPERATION), COUNT_OF(codes));
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        assert_int_equal(-(int)operation(&driver, i).code, codes[i]);
    driver_close(&driver);
}

static void test_an_erased_payload_is_named_so(void **state)
{
    struct driver driver;
    struct truc_fault fault = {0};
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), auditor = driver_connect(&driver, AUDITOR, 0);
    uint64_t position = peer_accepted(&alpha, "m1", "H56-1");
    driver_round(&driver);
    assert_int_equal(journal_erase_payload(engine_journal(driver.engine), position, &fault), 0);
    assert_int_equal(ask(&auditor, position, "why", NULL), TRUC_E_ERASED);
    assert_int_equal(-(int)operation(&driver, 0).code, TRUC_E_ERASED);
    driver_close(&driver);
}

/* Where on the disk the text stands in a segment: to be damaged, and made good again. */
struct place {
    struct buffer *file;
    size_t offset;
};

static struct place find(struct driver *driver, const char *text)
{
    const char *path;
    for (size_t n = 0; (path = memory_disk_path(driver->disk, n)) != NULL; n++) {
        struct buffer *file = memory_disk_content(driver->disk, path);
        const uint8_t *at = strstr(path, "segments/") ? memmem(file->data, file->size, text, strlen(text)) : NULL;
        if (at)
            return (struct place){file, (size_t)(at - file->data)};
    }
    fail_msg("'%s' is in no segment", text);
    return (struct place){NULL, 0};
}

static void flip(struct place place)
{
    if (place.file) /* find has failed otherwise */
        place.file->data[place.offset] ^= 1;
}

/* Or whoever may look could end the broker, again and again, by an old record that nobody else needs. */
static void test_a_damaged_record_is_an_answer_and_no_end(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), auditor = driver_connect(&driver, AUDITOR, 0);
    uint64_t position = peer_accepted(&alpha, "m1", "H56-1");
    driver_round(&driver);
    struct place place = find(&driver, "H56-1");
    flip(place);
    assert_int_equal(ask(&auditor, position, "why", NULL), TRUC_E_JOURNAL_CORRUPT);
    peer_accepted(&alpha, "m2", "H56-2");
    flip(place);
    assert_int_equal(-(int)operation(&driver, 0).code, TRUC_E_JOURNAL_CORRUPT);
    driver_close(&driver);
}

/* To look at, not to carry away. */
static void test_so_many_a_minute(void **state)
{
    struct driver driver;
    unsigned shown = 0;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0),
                auditor = driver_connect(&driver, AUDITOR, 0), operator= driver_connect(&driver, OPERATOR, 0);
    uint64_t position = peer_accepted(&alpha, "m1", "H56-1");
    while (shown < 60 && ask(&auditor, position, "why", NULL) == 0)
        shown++;
    assert_int_equal(shown, 20);
    assert_int_equal(ask(&auditor, position, "why", NULL), TRUC_E_RATE);
    assert_int_equal(ask(&operator, position, "why", NULL), 0);
    driver_close(&driver);
}

/* Who may change nothing must not be able to fill the disk with attempts: of a flood the beginning is evidence. */
static void test_a_flood_of_attempts_is_recorded_up_to_a_rate(void **state)
{
    enum { MINUTES = 10, A_MINUTE_MAX = 30 };
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer auditor = driver_connect(&driver, AUDITOR, 0);
    uint64_t begun_up_ns = driver.up_ns;
    for (size_t i = 0; i < (size_t)MINUTES * 60 * 2; i++) {
        int code = ask(&auditor, 0, i % 2 ? "" : "why", NULL);
        assert_true(code == TRUC_E_ARGUMENT || code == TRUC_E_NOT_FOUND || code == TRUC_E_RATE);
        driver_advance(&driver, 500 * MS);
    }
    size_t recorded = driver_record_count(&driver, RECORD_OPERATION);
    assert_true(recorded >= 20);                                                 /* each look that reads the disk is */
    size_t minutes = (size_t)((driver.up_ns - begun_up_ns) / (60 * SECOND)) + 1; /* the first are there at once */
    assert_true(recorded <= (minutes + 1) * (A_MINUTE_MAX + 20));
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_the_message_as_it_was_accepted),
        cmocka_unit_test(test_nothing_is_shown_before_the_look_is_durable),
        cmocka_unit_test(test_every_attempt_is_evidence),
        cmocka_unit_test(test_an_erased_payload_is_named_so),
        cmocka_unit_test(test_a_damaged_record_is_an_answer_and_no_end),
        cmocka_unit_test(test_so_many_a_minute),
        cmocka_unit_test(test_a_flood_of_attempts_is_recorded_up_to_a_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
