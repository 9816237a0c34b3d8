/* core_world.c - a small broker with something of everything in it (core_world.h).
 * Everything about it is fixed: keys, clock and messages are the same in each run, or a corpus would mean something else each time.
 * See core_world.h. */
#include "core_world.h"

#include <stdlib.h>

#include "core_frames.h"
#include "protobuf_wire.h"

enum { MESSAGES = 6, IDS_YOUNG = 4, SEGMENT_BYTES = 64 * 1024 };

static struct driver broker;

static void forget(void)
{
    driver_close(&broker);
}

/* Of six dossiers beta gives back two, one of which is queued again, settles the fourth ahead of the third, and is lost. */
static void settle_some(struct driver *driver)
{
    struct taken taken[MESSAGES];
    struct peer beta = driver_connect(driver, BETA, DRIVER_CREDIT_BYTES);
    assert_true(peer_take_deliveries(&beta, taken, MESSAGES) == MESSAGES);
    peer_settle_one(&beta, &taken[0], SETTLED_REJECT);
    peer_settle_one(&beta, &taken[1], SETTLED_REJECT);
    peer_settle_one(&beta, &taken[3], SETTLED_DONE);
    peer_settle_one(&beta, &taken[4], SETTLED_RETRY);
    peer_lose(&beta);
}

static void ask_and_reply(struct driver *driver)
{
    struct peer alpha = driver_connect(driver, ALPHA, 0), delta = driver_connect(driver, DELTA, DRIVER_CREDIT_BYTES);
    (void)peer_request(&alpha, "r1");
    struct taken request = peer_expect_one(&delta, "r1");
    struct test_message reply = peer_reply(&delta, "p1", &request);
    assert_true(peer_publish_one(&delta, &reply).code == 0);
    peer_settle_one(&delta, &request, SETTLED_DONE);
    (void)peer_request(&alpha, "r2");
}

static void change(struct driver *driver, const char *verb, const char *system, uint64_t position)
{
    BUFFER_CLEANUP struct buffer arguments = {0};
    struct peer operator= driver_connect(driver, OPERATOR, 0);
    wire_put_string(&arguments, 1, system);
    wire_put_string(&arguments, 2, position == 0 ? "maintenance" : NULL); /* of Change */
    wire_put_uint(&arguments, 2, position);                               /* of DeadQuery */
    wire_put_string(&arguments, 4, position == 0 ? NULL : "mended");
    assert_true(peer_ask(&operator, verb, buffer_view(&arguments), NULL) == 0);
    peer_lose(&operator);
}

static void live(struct driver *driver)
{
    static const char *const ids[MESSAGES] = {"m0", "m1", "m2", "m3", "m4", "m5"};
    struct peer alpha = driver_connect(driver, ALPHA, DRIVER_CREDIT_BYTES);
    uint64_t second = 0;
    for (size_t i = 0; i < MESSAGES; i++) {
        uint64_t position = peer_accepted(&alpha, ids[i], ids[i]);
        second = i == 1 ? position : second;
    }
    struct test_message timed = peer_message(&alpha, "later", "dossier.progress", "T");
    timed.header.not_before_ns = driver->now_ns + DAY;
    assert_true(peer_publish_one(&alpha, &timed).code == 0);
    settle_some(driver);
    change(driver, "dead-retry", "beta", second + 1);
    change(driver, "queue-pause", "gamma", 0);
    ask_and_reply(driver);
    while (core_id_run_count(engine_core(driver->engine)) == 0)
        driver_round(driver);
}

const struct driver *core_world(void)
{
    if (broker.disk != NULL)
        return &broker;
    driver_open(&broker, NULL);
    driver_kill(&broker);
    memory_disk_free(broker.disk); /* small segments: each run copies the disk */
    broker.disk = memory_disk_new();
    broker.segment_bytes = SEGMENT_BYTES;
    broker.ids_young_max = IDS_YOUNG;
    driver_start(&broker);
    live(&broker);
    driver_stop(&broker);
    frames_free(&broker.sent);
    assert_true(atexit(forget) == 0);
    return &broker;
}

void core_world_copy(struct driver *ret_driver)
{
    const struct driver *made = core_world();
    *ret_driver = *made;
    list_init(&ret_driver->arrived);
    list_init(&ret_driver->sent);
    ret_driver->log = ret_driver->scratch = (struct buffer){0};
    ret_driver->disk = memory_disk_copy(made->disk);
    assert_true(ret_driver->disk != NULL);
}

void core_world_end(struct driver *driver)
{
    if (driver->engine != NULL)
        driver_kill(driver);
    frames_free(&driver->sent);
    buffer_free(&driver->log);
    buffer_free(&driver->scratch);
    memory_disk_free(driver->disk);
}
