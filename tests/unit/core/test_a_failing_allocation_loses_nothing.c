/* test_a_failing_allocation_loses_nothing.c - whichever allocation fails, the broker stops by name and has told nothing untrue.
 * A scene is played once for each allocation in it, and that one fails (the linker's --wrap); then the broker starts again.
 * Leaks and wild accesses are the sanitizers' to find. */
#include "core_driver.h"

#include "failing_memory.h"

static bool is_playing, is_in_core;

struct bytes __real_arena_copy(struct arena *arena, struct bytes view);
int __real_core_step(struct core *core, const struct core_event *event, struct effects *effects,
                     struct truc_fault *fault);
struct bytes __wrap_arena_copy(struct arena *arena, struct bytes view);
int __wrap_core_step(struct core *core, const struct core_event *event, struct effects *effects,
                     struct truc_fault *fault);

/* Of the engine itself only what it copies into arenas: the disk below it belongs to the test. */
struct bytes __wrap_arena_copy(struct arena *arena, struct bytes view)
{
    if (!is_playing || is_in_core || view.size == 0)
        return __real_arena_copy(arena, view);
    (void)failing_memory_arm(true);
    bool fails = failing_memory_fails_now();
    (void)failing_memory_arm(false);
    return fails ? BYTES_EMPTY : __real_arena_copy(arena, view);
}

int __wrap_core_step(struct core *core, const struct core_event *event, struct effects *effects,
                     struct truc_fault *fault)
{
    is_in_core = is_playing;
    (void)failing_memory_arm(is_in_core);
    int code = __real_core_step(core, event, effects, fault);
    (void)failing_memory_arm(false);
    is_in_core = false;
    return code;
}

static int commit(struct driver *driver)
{
    int code = driver_commit(driver);
    driver->now_ns += CORE_LAZY_MS * MS;
    driver->up_ns += CORE_LAZY_MS * MS;
    return code;
}

/* ---- the scene ---- */

enum { NOTE_BYTES = 4096 };
static const char *const ids[] = {"m1", "m2", "m3"};

struct scene {
    struct driver driver;
    struct buffer payload;
    bool acknowledged;
};

static int say_hello(struct peer *peer)
{
    struct command hello = driver_hello(peer, DRIVER_CREDIT_BYTES), welcome;
    peer_send(peer, &hello);
    int code = commit(peer->driver);
    assert_true(code < 0 || peer_take(peer, COMMAND_WELCOME, &welcome));
    return code;
}

static size_t take_all(const struct scene *scene, const struct peer *beta, struct taken *ret_taken)
{
    size_t count = peer_take_deliveries(beta, ret_taken, COUNT_OF(ids));
    for (size_t i = 0; i < count; i++)
        assert_true(bytes_equal(ret_taken[i].message.payload, buffer_view(&scene->payload)));
    return count;
}

/* The first two ids become a run on disk, which has to be asked when all come again. */
static int repeat(struct peer *alpha, const struct test_message *messages)
{
    struct outcome outcomes[COUNT_OF(ids)];
    int code = 0;
    while (code == 0 && core_id_run_count(engine_core(alpha->driver->engine)) == 0)
        code = commit(alpha->driver);
    if (code < 0)
        return code;
    uint64_t number = peer_publish(alpha, messages, COUNT_OF(ids), NULL);
    code = commit(alpha->driver);
    bool answered = peer_outcomes(alpha, number, outcomes, COUNT_OF(ids));
    assert_true(answered || code < 0);
    for (size_t i = 0; answered && i < COUNT_OF(ids); i++)
        assert_true(outcomes[i].code == 0 && outcomes[i].repeat);
    return code;
}

/* Two connect, three messages are published and delivered, and published again. 0, or why the broker stops. */
static int play(struct scene *scene)
{
    struct driver *driver = &scene->driver;
    struct peer alpha = driver_peer(driver, ALPHA), beta = driver_peer(driver, BETA);
    struct test_message messages[COUNT_OF(ids)];
    struct outcome outcomes[COUNT_OF(ids)];
    struct taken taken[COUNT_OF(ids)];
    int code = say_hello(&alpha);
    if (code == 0)
        code = say_hello(&beta);
    if (code < 0)
        return code;
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        messages[i] = peer_message(&alpha, ids[i], "dossier.progress", ids[i]);
        messages[i].payload = buffer_view(&scene->payload);
    }
    uint64_t number = peer_publish(&alpha, messages, COUNT_OF(ids), NULL);
    code = commit(driver);
    scene->acknowledged = peer_outcomes(&alpha, number, outcomes, COUNT_OF(ids)) && outcomes[0].code == 0;
    size_t count = take_all(scene, &beta, taken);
    if (code < 0)
        return code;
    assert_true(scene->acknowledged);
    assert_int_equal(count, COUNT_OF(ids));
    return repeat(&alpha, messages);
}

static void test_whatever_fails_is_found_again_after_a_restart(void **state)
{
    enum { ALLOCATIONS_MAX = 2000 };
    unsigned failures = 0, n = 0;
    bool is_over = false;
    (void)state;
    for (; n < ALLOCATIONS_MAX && !is_over; n++) {
        struct scene scene = {0};
        struct taken taken[COUNT_OF(ids)];
        buffer_append_string(&scene.payload, "\x3a\x80\x20"); /* DossierProgress.note of 4096 bytes */
        for (unsigned i = 0; i < NOTE_BYTES; i++)
            buffer_append_byte(&scene.payload, 'x');
        driver_open(&scene.driver, NULL);
        driver_kill(&scene.driver);
        scene.driver.ids_young_max = 2;
        driver_start(&scene.driver);
        failing_memory_begin(n);
        is_playing = true;
        int code = play(&scene);
        is_playing = false;
        is_over = failing_memory_is_over();
        driver_kill(&scene.driver);
        driver_start(&scene.driver);
        struct peer beta = driver_connect(&scene.driver, BETA, DRIVER_CREDIT_BYTES);
        size_t count = take_all(&scene, &beta, taken);
        assert_true(count == COUNT_OF(ids) || (count == 0 && !scene.acknowledged));
        assert_int_equal(driver_record_count(&scene.driver, RECORD_DEAD), 0);
        driver_close(&scene.driver);
        buffer_free(&scene.payload);
        failures += code < 0;
        assert_true(code == 0 || code == TRUC_E_MEMORY);
    }
    assert_true(is_over);
    assert_in_range(failures, 50, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whatever_fails_is_found_again_after_a_restart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
