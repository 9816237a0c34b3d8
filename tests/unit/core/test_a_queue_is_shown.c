/* test_a_queue_is_shown.c - queue-show names what an operator looks for: the oldest message and since when, what waits for a retry
 * and until when, what is out, how much of each urgency; and no content.
 * Read as the command line reads it: by the fields of operator.proto, written out here once more. */
#include "core_driver.h"

#include "field_table.h"
#include "protobuf_wire.h"

struct detail {
    struct bytes queue, lanes, retrying, out, suspects;
    uint64_t oldest, oldest_ns, timed_first_ns, time_ns;
};
static const struct field_entry detail_fields[] = {
    FIELD(1, FIELD_BINARY, detail, queue, 0),      FIELD(2, FIELD_REPEATED, detail, lanes, 0),
    FIELD(3, FIELD_REPEATED, detail, retrying, 0), FIELD(4, FIELD_REPEATED, detail, out, 0),
    FIELD(5, FIELD_REPEATED, detail, suspects, 0), FIELD(6, FIELD_UINT64, detail, oldest, 0),
    FIELD(7, FIELD_TIME_NS, detail, oldest_ns, 0), FIELD(8, FIELD_TIME_NS, detail, timed_first_ns, 0),
    FIELD(9, FIELD_TIME_NS, detail, time_ns, 0),
};
static const struct field_table detail_table = FIELD_TABLE("detail", detail_fields);

struct lane {
    uint32_t urgency;
    uint64_t ready, behind, retrying, out, unloaded;
};
static const struct field_entry lane_fields[] = {
    FIELD(1, FIELD_UINT32, lane, urgency, 0), FIELD(2, FIELD_UINT64, lane, ready, 0),
    FIELD(3, FIELD_UINT64, lane, behind, 0),  FIELD(4, FIELD_UINT64, lane, retrying, 0),
    FIELD(5, FIELD_UINT64, lane, out, 0),     FIELD(6, FIELD_UINT64, lane, unloaded, 0),
};
static const struct field_table lane_table = FIELD_TABLE("lane", lane_fields);

struct item {
    uint64_t sequence;
    uint32_t urgency, attempts;
    uint64_t next_ns;
};
static const struct field_entry item_fields[] = {
    FIELD(1, FIELD_UINT64, item, sequence, 0),
    FIELD(2, FIELD_UINT32, item, urgency, 0),
    FIELD(3, FIELD_UINT32, item, attempts, 0),
    FIELD(4, FIELD_TIME_NS, item, next_ns, 0),
};
static const struct field_table item_table = FIELD_TABLE("item", item_fields);

/* The answer's views live until the driver is closed. */
static int ask_show(struct driver *driver, const char *system, struct detail *ret)
{
    struct buffer arguments = {0};
    struct bytes result;
    struct peer auditor = driver_connect(driver, AUDITOR, 0);
    wire_put_string(&arguments, 1, system);
    int code = peer_ask(&auditor, "queue-show", buffer_view(&arguments), &result);
    buffer_free(&arguments);
    if (code == 0)
        assert_int_equal(field_table_decode(&detail_table, result, ret, sizeof *ret, NULL), 0);
    peer_lose(&auditor);
    return code;
}

static size_t items(struct bytes elements, struct item *ret, size_t max)
{
    struct bytes element;
    size_t offset = 0, count = 0;
    while (field_element_next(elements, &offset, &element) > 0) {
        assert_in_range(count, 0, max - 1);
        assert_int_equal(field_table_decode(&item_table, element, &ret[count++], sizeof *ret, NULL), 0);
    }
    return count;
}

static struct lane lane_of(struct bytes elements, uint32_t urgency)
{
    struct bytes element;
    struct lane lane = {0};
    size_t offset = 0;
    while (field_element_next(elements, &offset, &element) > 0) {
        assert_int_equal(field_table_decode(&lane_table, element, &lane, sizeof lane, NULL), 0);
        if (lane.urgency == urgency)
            return lane;
    }
    fail_msg("no lane of urgency %u", (unsigned)urgency);
    return lane;
}

static void test_an_empty_queue_has_no_oldest(void **state)
{
    struct driver driver;
    struct detail detail;
    (void)state;
    driver_open(&driver, NULL);
    assert_int_equal(ask_show(&driver, "nobody", &detail), TRUC_E_NOT_FOUND);
    uint64_t before_ns = driver.now_ns;
    assert_int_equal(ask_show(&driver, "beta", &detail), 0);
    assert_int_equal(detail.oldest, 0);
    assert_int_equal(detail.out.size, 0);
    assert_in_range(detail.time_ns, before_ns, driver.now_ns);
    assert_int_equal(driver_record_count(&driver, RECORD_OPERATION), 0); /* looking is no operation */
    driver_close(&driver);
}

static void test_each_message_is_where_it_stands(void **state)
{
    struct driver driver;
    struct detail detail;
    struct taken taken[4];
    struct item item[4];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    uint64_t accepted_ns = driver.now_ns, first = peer_accepted(&alpha, "m0", "A");
    (void)peer_accepted(&alpha, "m1", "A");
    uint64_t other = peer_accepted(&alpha, "m2", "B");
    assert_int_equal(peer_take_deliveries(&beta, taken, COUNT_OF(taken)), 2); /* m1 stands behind m0 */
    peer_settle_one(&beta, &taken[0], SETTLED_RETRY);
    assert_int_equal(ask_show(&driver, "beta", &detail), 0);
    assert_int_equal(detail.oldest, first + 1);
    assert_int_equal(detail.oldest_ns, accepted_ns);
    assert_int_equal(items(detail.retrying, item, COUNT_OF(item)), 1);
    assert_int_equal(item[0].sequence, first);
    assert_int_equal(item[0].attempts, 1);
    assert_in_range(item[0].next_ns, detail.time_ns + 1, detail.time_ns + 600 * SECOND);
    assert_int_equal(items(detail.out, item, COUNT_OF(item)), 1);
    assert_int_equal(item[0].sequence, other);
    assert_int_equal(item[0].next_ns, 0);
    assert_int_equal(detail.suspects.size, 0);
    struct lane normal = lane_of(detail.lanes, HEADER_URGENCY_NORMAL),
                express = lane_of(detail.lanes, HEADER_URGENCY_MAX);
    assert_int_equal(normal.behind, 1);
    assert_int_equal(normal.retrying, 1);
    assert_int_equal(normal.out, 1);
    assert_int_equal(normal.ready + normal.unloaded, 0);
    assert_int_equal(express.ready + express.behind + express.retrying + express.out + express.unloaded, 0);
    driver_close(&driver);
}

static void test_timed_messages_and_suspects_are_named(void **state)
{
    struct driver driver;
    struct detail detail;
    struct item item[4];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message later = peer_message(&alpha, "later", "dossier.progress", "T");
    later.header.not_before_ns = driver.now_ns + 3600 * SECOND;
    assert_int_equal(peer_publish_one(&alpha, &later).code, 0);
    uint64_t poison = peer_accepted(&alpha, "poison", "P");
    for (unsigned life = 0; life < CORE_QUARANTINE_LOSSES; life++) {
        struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
        peer_expect_one(&beta, "poison");
        peer_lose(&beta);
    }
    driver_round(&driver);
    assert_int_equal(ask_show(&driver, "beta", &detail), 0);
    assert_int_equal(detail.timed_first_ns, later.header.not_before_ns);
    assert_int_equal(items(detail.suspects, item, COUNT_OF(item)), 1);
    assert_int_equal(item[0].sequence, poison);
    assert_int_equal(item[0].attempts, CORE_QUARANTINE_LOSSES);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_queue_has_no_oldest),
        cmocka_unit_test(test_each_message_is_where_it_stands),
        cmocka_unit_test(test_timed_messages_and_suspects_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
