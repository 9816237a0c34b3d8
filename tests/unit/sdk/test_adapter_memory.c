/* test_adapter_memory.c - whichever allocation of an adapter fails, it says MEMORY, and a second run has lost and doubled nothing.
 * Open, publish, receive and close over a real connection, with inbox and outbox on disk, once for each allocation.
 * The session by itself: test_session_memory.c. Allocations inside SQLite, libzmq and libyaml don't fail here. */
#include "failing_memory.h"
#include "header.h"
#include "small_broker.h"

#include "cmocka_start.h"

#include <poll.h>
#include <stdio.h>

enum { ALLOCATIONS_MAX = 3000, STEP_WAIT_MS = 5, STEPS_MAX = 4000 /* far more than a life has */ };

/* One message out and one in, over one or two lives of the adapter. */
struct scene {
    struct small_broker *broker;
    char settings[128], out[32], in[32];
    uint64_t sequence;    /* of the one that comes in */
    bool is_taken;        /* truc_publish said so */
    bool is_answered;     /* by its completion */
    unsigned runs_untold; /* of the handler, that were not told that it may have run before */
    bool fails;           /* allocations, in this life */
    struct truc_fault fault;
};

static void answered(void *context, const struct truc_outcome *outcome)
{
    struct scene *scene = context;
    scene->is_answered |= outcome->code == 0;
}

static int handle(truc_request *request, void *context)
{
    struct scene *scene = context;
    scene->runs_untold += !truc_request_may_have_run(request);
    return truc_done(request);
}

static void log_nothing(void *context, int level, const char *text)
{
    (void)context, (void)level, (void)text;
}

static int open_adapter(struct scene *scene, truc_adapter **ret_adapter)
{
    const struct truc_options options = {.size = sizeof options, .settings = scene->settings, .log = log_nothing};
    (void)failing_memory_arm(scene->fails);
    int code = truc_adapter_open(&options, ret_adapter, &scene->fault);
    if (code == 0)
        code = truc_serve(*ret_adapter, "citizen.verify", handle, scene);
    (void)failing_memory_arm(false);
    return code;
}

static int publish(struct scene *scene, truc_adapter *adapter)
{
    const struct truc_outgoing message = {.size = sizeof message,
                                          .type = "citizen.changed",
                                          .payload = "p",
                                          .payload_bytes = 1,
                                          .classification = TRUC_NOT_SECRET,
                                          .id = scene->out};
    (void)failing_memory_arm(scene->fails);
    int code = truc_publish(adapter, &message, answered, scene, &scene->fault);
    (void)failing_memory_arm(false);
    scene->is_taken |= code == 0;
    return code;
}

static int step(struct scene *scene, truc_adapter *adapter)
{
    struct pollfd ready = {.fd = truc_fd(adapter), .events = POLLIN};
    (void)poll(&ready, 1, STEP_WAIT_MS);
    (void)failing_memory_arm(scene->fails);
    int code = truc_step(adapter, &scene->fault);
    (void)failing_memory_arm(false);
    broker_pump(scene->broker, NULL);
    return code;
}

static bool is_published(const struct small_broker *broker, const char *id)
{
    for (size_t i = 0; i < broker->published_count; i++)
        if (strcmp(broker->published[i].id, id) == 0)
            return true;
    return false;
}

static bool is_settled(const struct scene *scene)
{
    for (size_t i = 0; i < scene->broker->settled_count; i++)
        if (scene->broker->settled[i].sequence == scene->sequence)
            return scene->broker->settled[i].outcome == SETTLED_DONE;
    return false;
}

/* Until what was taken is answered and what came is settled, or the adapter ends. */
static int live(struct scene *scene, bool publishes)
{
    struct small_broker *broker = scene->broker;
    truc_adapter *adapter = NULL;
    bool is_delivered = false;
    broker->is_greeted = false;
    int code = open_adapter(scene, &adapter);
    if (code == 0 && publishes)
        code = publish(scene, adapter);
    for (unsigned i = 0; code == 0 && i < STEPS_MAX; i++) {
        if (truc_publish_pending(adapter) == 0 && is_settled(scene))
            break;
        code = step(scene, adapter);
        if (broker->is_greeted && !is_delivered) {
            broker_deliver(broker, &(struct broker_message){.id = scene->in,
                                                            .type = "citizen.verify",
                                                            .payload = "?",
                                                            .kind = HEADER_EVENT,
                                                            .sequence = scene->sequence,
                                                            .attempt = 1});
            is_delivered = true;
        }
    }
    (void)failing_memory_arm(scene->fails);
    truc_adapter_close(adapter);
    (void)failing_memory_arm(false);
    return code;
}

/* Whether every allocation had its turn. */
static bool try_failing(struct small_broker *broker, unsigned n)
{
    struct scene scene = {.broker = broker, .sequence = 10 + n, .fails = true};
    broker->published_count = broker->settled_count = 0;
    broker_path(broker, "settings.yaml", scene.settings);
    (void)snprintf(scene.out, sizeof scene.out, "out-%u", n);
    (void)snprintf(scene.in, sizeof scene.in, "in-%u", n);
    failing_memory_begin(n);
    int code = live(&scene, true);
    bool is_over = failing_memory_is_over();
    if (is_over ? code != 0 : code != 0 && code != TRUC_E_MEMORY)
        fail_msg("allocation %u: %s: %s", n, truc_error_name(code), scene.fault.text);
    scene.fails = false;
    assert_int_equal(live(&scene, false), 0);
    if (scene.is_taken && !is_published(broker, scene.out))
        fail_msg("allocation %u: what was taken was never published", n);
    if (!is_settled(&scene) || scene.runs_untold != 1)
        fail_msg("allocation %u: %u runs that were not told of an earlier one", n, scene.runs_untold);
    return is_over;
}

static void test_whatever_fails_a_second_run_makes_good(void **state)
{
    struct small_broker broker;
    unsigned n = 0;
    (void)state;
    broker_begin(&broker);
    broker_write_settings(&broker, "inbox", "inbox: inbox.db\noutbox: outbox.db");
    while (n < ALLOCATIONS_MAX && !try_failing(&broker, n))
        n++;
    assert_in_range(n, 50, ALLOCATIONS_MAX - 1);
    broker_end(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whatever_fails_a_second_run_makes_good)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
