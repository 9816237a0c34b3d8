/* test_session_publish.c - promises about publishing: bundles, credit, answers in order, sending again after a loss.
 * Traces of effects for scripted events.
 * See docs/protocol.md, "Publishing". */
#include "session_bench.h"

#include "cmocka_start.h"

#include <stdio.h>

static void cut_and_reopen(struct bench *bench)
{
    assert_int_equal(session_disconnected(bench->session, bench->now, "cut"), 0);
    bench_pass(bench, SESSION_BACKOFF_MAX_MS);
    bench_skip(bench);
}

static void test_what_is_queued_travels_under_one_signature(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    assert_int_equal(bench_publish(&bench, "a", "one"), 0);
    bench_flush(&bench);
    bench_expect(&bench, "send publish 1: a\n");
    assert_int_equal(bench_publish(&bench, "b", "two"), 0);
    assert_int_equal(bench_publish(&bench, "c", "three"), 0);
    bench_flush(&bench);
    bench_expect(&bench, "send publish 2: b c\n");
    assert_int_equal(bench.signatures, 2);
    bench_outcomes(&bench, 1, "0", 40, 0);
    bench_outcomes(&bench, 2, "NO_ROUTE repeat", 41, 0);
    bench_expect(&bench, "outcome a ok 40\noutcome b NO_ROUTE\noutcome c ok 41 repeat\n");
    assert_int_equal(session_pending(bench.session), 0);
    bench_end(&bench);
}

static void test_nothing_leaves_before_welcome(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    assert_int_equal(bench_publish(&bench, "a", "one"), 0);
    bench_flush(&bench);
    bench_expect(&bench, "connect\n");
    bench_welcome(&bench, NULL);
    bench_expect(&bench, "send hello onestop credit 1048576\nsend publish 1: a\n");
    bench_end(&bench);
}

static void test_bundles_keep_the_brokers_bounds(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_welcome(&bench,
                  &(struct bench_welcome){.credit_bytes = 4096, .message_bytes_max = 1024, .bundle_messages_max = 2});
    bench_skip(&bench);
    for (const char *const *id = (const char *const[]){"a", "b", "c", NULL}; *id; id++)
        assert_int_equal(bench_publish(&bench, *id, "x"), 0);
    bench_flush(&bench);
    bench_expect(&bench, "send publish 1: a b\nsend publish 2: c\n");
    bench_end(&bench);
}

static void test_an_unanswered_publish_is_sent_again_with_the_same_bytes(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    assert_int_equal(bench_publish(&bench, "a", "one"), 0);
    bench_flush(&bench);
    bench_expect(&bench, "send publish 1: a\n");
    BUFFER_CLEANUP struct buffer first = {0};
    buffer_append_bytes(&first, buffer_view(&bench.last_publish));
    assert_int_equal(bench_publish(&bench, "b", "two"), 0);
    cut_and_reopen(&bench);
    bench_welcome(&bench, NULL);
    struct session_effect effect;
    unsigned sent = 0; /* hello, then the old publish */
    while (sent < 2 && session_effect_next(bench.session, &effect))
        sent += effect.kind == SESSION_SEND;
    assert_true(bytes_equal(effect.frame, buffer_view(&first)));
    bench_expect(&bench, "send publish 2: b\n");
    assert_int_equal(bench.signatures, 2); /* one a bundle, none for sending again */
    bench_outcomes(&bench, 1, "repeat", 7, 0);
    bench_outcomes(&bench, 2, "0", 8, 0);
    bench_expect(&bench, "outcome a ok 7 repeat\noutcome b ok 8\n");
    bench_end(&bench);
}

/* The connection is lost at each point of a run of three publishes; each message is answered exactly once, in order. */
static void test_a_loss_at_any_point_answers_each_message_once(void **state)
{
    (void)state;
    for (unsigned loss = 0; loss < 7; loss++) {
        struct bench bench;
        bench_begin(&bench, NULL);
        bench_open(&bench);
        unsigned answered = 0;
        for (unsigned step = 0; step < 6; step++) {
            static char *const ids[] = {"a", "b", "c"};
            if (step == loss) {
                cut_and_reopen(&bench);
                bench_welcome(&bench, NULL);
            }
            if (step < 3) {
                assert_int_equal(bench_publish(&bench, ids[step], "x"), 0);
                bench_flush(&bench);
            } else {
                bench_skip(&bench);
                bench_outcomes(&bench, step - 2, "0", step, 0);
                char expected[64];
                (void)snprintf(expected, sizeof expected, "outcome %s ok %u\n", ids[answered++], step);
                bench_expect(&bench, expected);
            }
        }
        assert_int_equal(answered, 3);
        assert_int_equal(session_pending(bench.session), 0);
        bench_end(&bench);
    }
}

static void test_outcomes_out_of_order_or_of_another_size_are_a_violation(void **state)
{
    static const struct {
        uint64_t number;
        const char *codes;
    } wrong[] = {{2, "0"}, {0, "0"}, {1, "0 0"}, {1, ""}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct bench bench;
        bench_begin(&bench, NULL);
        bench_open(&bench);
        assert_int_equal(bench_publish(&bench, "a", "one"), 0);
        bench_flush(&bench);
        bench_skip(&bench);
        bench_outcomes(&bench, wrong[i].number, wrong[i].codes, 1, 0);
        bench_expect(&bench, "log error\nsend error PROTOCOL\ndisconnect\n");
        assert_int_equal(session_pending(bench.session), 1);
        bench_end(&bench);
    }
}

static void test_a_passing_shortage_is_sent_again_in_order(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    assert_int_equal(bench_publish(&bench, "a", "1"), 0);
    assert_int_equal(bench_publish(&bench, "b", "2"), 0);
    bench_flush(&bench);
    assert_int_equal(bench_publish(&bench, "c", "3"), 0);
    bench_flush(&bench);
    bench_expect(&bench, "send publish 1: a b\nsend publish 2: c\n");
    assert_int_equal(bench_publish(&bench, "d", "4"), 0);
    bench_outcomes(&bench, 1, "0 BLOCKED", 5, 0);
    bench_outcomes(&bench, 2, "BLOCKED", 6, 0);
    bench_flush(&bench);
    bench_expect(&bench, "outcome a ok 5\n");
    bench_pass(&bench, SESSION_BACKOFF_MIN_MS);
    bench_flush(&bench);
    bench_expect(&bench, "send publish 3: b c d\n");
    bench_end(&bench);
}

/* What waits for credit is woken by the answer that brings it: a pause that is over must not wake the program again and again. */
static void test_a_shortage_that_has_passed_wakes_nobody(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_welcome(&bench,
                  &(struct bench_welcome){.credit_bytes = 1024, .message_bytes_max = 1024, .bundle_messages_max = 1});
    for (char id[] = "a"; id[0] <= 'z'; id[0]++)
        assert_int_equal(bench_publish(&bench, id, "x"), 0);
    bench_flush(&bench);
    bench_outcomes(&bench, 1, "BLOCKED", 0, 0);
    bench_pass(&bench, SESSION_BACKOFF_MIN_MS);
    bench_flush(&bench);
    assert_true(session_counts(bench.session).pending_messages > 0);
    assert_true(session_wake_ns(bench.session) > bench.now.monotonic_ns);
    bench_skip(&bench);
    bench_end(&bench);
}

/* The broker may have restarted meanwhile, and then knows no longer that b waits. */
static void test_a_passing_shortage_keeps_its_place_over_a_lost_connection(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    assert_int_equal(bench_publish(&bench, "a", "1"), 0);
    bench_flush(&bench);
    assert_int_equal(bench_publish(&bench, "b", "2"), 0);
    bench_flush(&bench);
    assert_int_equal(bench_publish(&bench, "c", "3"), 0);
    bench_flush(&bench);
    bench_outcomes(&bench, 1, "0", 5, 0);
    bench_outcomes(&bench, 2, "BLOCKED", 6, 0);
    bench_skip(&bench);
    cut_and_reopen(&bench);
    bench_welcome(&bench, NULL);
    bench_expect(&bench, "send hello onestop credit 1048576\nsend publish 3: b c\n");
    bench_end(&bench);
}

static void test_lower_limits_after_a_restart_make_new_bundles(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    for (const char *const *id = (const char *const[]){"a", "b", "c", NULL}; *id; id++)
        assert_int_equal(bench_publish(&bench, *id, "x"), 0);
    bench_flush(&bench);
    bench_expect(&bench, "send publish 1: a b c\n");
    cut_and_reopen(&bench);
    bench_welcome(&bench,
                  &(struct bench_welcome){.credit_bytes = 4096, .message_bytes_max = 1024, .bundle_messages_max = 2});
    bench_expect(&bench, "send hello onestop credit 1048576\nsend publish 1: a b\nsend publish 2: c\n");
    bench_end(&bench);
}

static void test_only_what_never_left_is_taken_back(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    assert_int_equal(bench_publish(&bench, "a", "1"), 0);
    assert_int_equal(bench_publish(&bench, "b", "2"), 0);
    assert_int_equal(session_cancel(bench.session, "a"), 0);
    assert_int_equal(session_cancel(bench.session, "a"), TRUC_E_NOT_FOUND);
    assert_int_equal(session_pending(bench.session), 1);
    bench_welcome(&bench, NULL);
    bench_expect(&bench, "connect\noutcome a CANCELLED\nsend hello onestop credit 1048576\nsend publish 1: b\n");
    assert_int_equal(session_cancel(bench.session, "b"), TRUC_E_STATE);
    cut_and_reopen(&bench);
    assert_int_equal(session_cancel(bench.session, "b"), TRUC_E_STATE); /* the broker may have it */
    bench_skip(&bench);
    bench_welcome(&bench, NULL);
    bench_outcomes(&bench, 1, "BLOCKED", 0, 0); /* it does not */
    assert_int_equal(session_cancel(bench.session, "b"), 0);
    bench_pass(&bench, SESSION_BACKOFF_MAX_MS);
    bench_flush(&bench);
    bench_skip(&bench);
    assert_int_equal(session_pending(bench.session), 0);
    assert_true(session_is_drained(bench.session));
    bench_end(&bench);
}

static void test_what_the_broker_never_takes_is_answered_here(void **state)
{
    char large[2001];
    struct bench bench;
    (void)state;
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = 0;
    bench_begin(&bench, NULL);
    assert_int_equal(bench_publish(&bench, "large", large), 0);
    assert_int_equal(bench_publish(&bench, "small", "x"), 0);
    bench_welcome(&bench,
                  &(struct bench_welcome){.credit_bytes = 1024, .message_bytes_max = 1024, .bundle_messages_max = 2});
    bench_expect(&bench,
                 "connect\nsend hello onestop credit 1048576\noutcome large TOO_LARGE\nsend publish 1: small\n");
    assert_int_equal(bench_publish(&bench, "again", large), TRUC_E_TOO_LARGE);
    bench_end(&bench);
}

static void test_secret_and_malformed_messages_are_refused_at_once(void **state)
{
    struct bench bench;
    struct truc_fault fault = {0};
    (void)state;
    bench_begin(&bench, NULL);
    struct header header = bench_header("a", "document.send");
    header.classification = HEADER_UNCLASSIFIED;
    assert_int_equal(session_publish(bench.session, &header, bytes_string("x"), NULL, &fault), TRUC_E_SECRET);
    header.classification = 2;
    assert_int_equal(session_publish(bench.session, &header, bytes_string("x"), NULL, &fault), TRUC_E_SECRET);
    header = bench_header("a", "");
    assert_int_equal(session_publish(bench.session, &header, bytes_string("x"), NULL, &fault), TRUC_E_ARGUMENT);
    assert_int_equal(fault.code, TRUC_E_ARGUMENT);
    header = bench_header("a\n", "document.send");
    assert_int_equal(session_publish(bench.session, &header, bytes_string("x"), NULL, &fault), TRUC_E_ARGUMENT);
    assert_int_equal(session_pending(bench.session), 0);
    bench_end(&bench);
}

static void test_a_full_queue_says_so(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, &(struct bench_options){.window_bytes = 1, .queue_messages_max = 2});
    assert_int_equal(bench_publish(&bench, "a", "x"), 0);
    assert_int_equal(bench_publish(&bench, "b", "x"), 0);
    assert_int_equal(bench_publish(&bench, "c", "x"), TRUC_E_LIMIT);
    bench_end(&bench);
}

/* Many publishes of several sizes against a broker that answers now and then and cuts the connection: the sum of unanswered
 * bytes stays within the credit at every moment, and everything is answered in the end. */
static void test_credit_is_never_exceeded(void **state)
{
    enum { CREDIT_BYTES = 3000, MESSAGES = 400, STEPS_MAX = 20000 };
    static const struct bench_welcome welcome = {
        .credit_bytes = CREDIT_BYTES, .message_bytes_max = 1000, .bundle_messages_max = 4};
    struct bench bench;
    uint32_t random = 1;
    unsigned published = 0, losses = 0;
    uint64_t most_bytes = 0;
    (void)state;
    bench_begin(&bench, NULL);
    bench_welcome(&bench, &welcome);
    for (unsigned step = 0; step < STEPS_MAX && (published < MESSAGES || session_pending(bench.session) > 0); step++) {
        random = random * 1664525u + 1013904223u;
        unsigned choice = random >> 24;
        if (choice < 120 && published < MESSAGES) {
            char payload[512], id[16];
            memset(payload, 'x', sizeof payload);
            payload[random >> 12 & 511] = 0;
            (void)snprintf(id, sizeof id, "m%u", published);
            struct header header = bench_header(id, "dossier.received");
            published += session_publish(bench.session, &header, bytes_string(payload), NULL, NULL) == 0;
        } else if (choice < 200) {
            bench_flush(&bench);
        } else if (choice < 204) {
            losses++;
            cut_and_reopen(&bench);
            bench_welcome(&bench, &welcome);
        } else {
            (void)bench_answer_oldest(&bench);
        }
        bench_skip(&bench);
        assert_true(bench.unanswered_bytes <= CREDIT_BYTES);
        most_bytes = bench.unanswered_bytes > most_bytes ? bench.unanswered_bytes : most_bytes;
    }
    assert_int_equal(published, MESSAGES);
    assert_int_equal(session_pending(bench.session), 0);
    assert_true(losses > 3 && most_bytes > CREDIT_BYTES / 2);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_queued_travels_under_one_signature),
        cmocka_unit_test(test_nothing_leaves_before_welcome),
        cmocka_unit_test(test_bundles_keep_the_brokers_bounds),
        cmocka_unit_test(test_an_unanswered_publish_is_sent_again_with_the_same_bytes),
        cmocka_unit_test(test_a_loss_at_any_point_answers_each_message_once),
        cmocka_unit_test(test_outcomes_out_of_order_or_of_another_size_are_a_violation),
        cmocka_unit_test(test_a_passing_shortage_is_sent_again_in_order),
        cmocka_unit_test(test_a_shortage_that_has_passed_wakes_nobody),
        cmocka_unit_test(test_a_passing_shortage_keeps_its_place_over_a_lost_connection),
        cmocka_unit_test(test_lower_limits_after_a_restart_make_new_bundles),
        cmocka_unit_test(test_only_what_never_left_is_taken_back),
        cmocka_unit_test(test_what_the_broker_never_takes_is_answered_here),
        cmocka_unit_test(test_secret_and_malformed_messages_are_refused_at_once),
        cmocka_unit_test(test_a_full_queue_says_so),
        cmocka_unit_test(test_credit_is_never_exceeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
