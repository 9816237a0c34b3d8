/* test_session_memory.c - promise: whichever allocation fails, the session says so, loses nothing it owns and can be freed.
 * A whole scene is played once for each allocation in it, and that one fails (the linker's --wrap).
 * Leaks and wild accesses are the sanitizers' to find. */
#include "failing_memory.h"
#include "session_bench.h"

#include "cmocka_start.h"

static void start_counting(void)
{
    (void)failing_memory_arm(true);
}

static void stop_counting(void)
{
    (void)failing_memory_arm(false);
}

static const struct bench_message question = {
    .id = "q", .type = "citizen.verify", .kind = HEADER_REQUEST, .payload = "?"};
static const struct bench_message events[] = {{.id = "e1", .type = "dossier.rated", .payload = "5"},
                                              {.id = "e2", .type = "dossier.rated", .payload = "4"}};

static void ask(struct bench *bench)
{
    struct header header = bench_header("a", "citizen.verify");
    start_counting();
    int code = session_ask(bench->session, &header, bytes_string("?"), 10, bench->now, NULL, NULL);
    stop_counting();
    bench->has_failed = code == TRUC_E_MEMORY;
}

/* Publish, ask, receive, reject, reply, lose the connection, resume, close. */
static void play(struct bench *bench)
{
    bench_welcome(bench, NULL);
    (void)bench_publish(bench, "a1", "one");
    (void)bench_publish(bench, "a2", "two");
    if (!bench->has_failed)
        ask(bench);
    bench_flush(bench);
    bench_certificate(bench, "portal", 0);
    bench_certificate(bench, "edoc", 1); /* expired */
    bench_deliver(
        bench, &(struct bench_parcel){.sender = "portal", .messages = events, .count = 2, .sequence = 1, .subset = 3});
    bench_deliver(bench,
                  &(struct bench_parcel){.sender = "edoc", .messages = events, .count = 2, .sequence = 5, .subset = 1});
    bench_deliver(bench, &(struct bench_parcel){
                             .sender = "portal", .messages = &question, .count = 1, .sequence = 9, .subset = 1});
    bench_skip(bench);
    bench_settle(bench, 1, SETTLED_DONE, 0);
    (void)bench_reply(bench, 9, "exists");
    bench_flush(bench);
    bench_skip(bench);
    if (!bench->has_failed)
        bench_outcomes(bench, 1, "0 NO_ROUTE NO_AGREEMENT", 20, 0);
    if (!bench->has_failed)
        assert_int_equal(session_disconnected(bench->session, bench->now, "cut"), 0);
    bench_pass(bench, SESSION_BACKOFF_MAX_MS);
    bench_skip(bench);
    bench_welcome(bench, NULL);
    bench_skip(bench);
}

static void test_each_failing_allocation_is_survived(void **state)
{
    enum { ALLOCATIONS_MAX = 1000 };
    unsigned n = 0;
    bool has_failed = true;
    (void)state;
    for (; n < ALLOCATIONS_MAX && has_failed; n++) {
        struct bench bench;
        bench_begin(&bench, NULL);
        bench.before_call = start_counting;
        bench.after_call = stop_counting;
        failing_memory_begin(n);
        play(&bench);
        has_failed = bench.has_failed;
        bench_end(&bench);
    }
    assert_true(!has_failed && failing_memory_is_over()); /* each had its turn, and the scene ran to its end */
    assert_in_range(n, 50, ALLOCATIONS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_failing_allocation_is_survived)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
