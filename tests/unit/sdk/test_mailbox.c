/* test_mailbox.c - promises of what several threads share: each posted call is handed out exactly once, in its thread's order.
 * No adapter and no libzmq in it, so that ThreadSanitizer sees our own accesses and nothing else.
 * See mailbox.h; the whole way through truc_post is in test_adapter.c. */
#include "mailbox.h"

#include "cmocka_start.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum { THREADS = 4, POSTS = 5000 };

static void count_call(truc_adapter *adapter, void *context)
{
    (void)adapter;
    ++*(size_t *)context;
}

/* One posting thread: letter i carries the address of counts[i]. */
struct poster {
    pthread_t thread;
    struct mailbox *mailbox;
    size_t counts[POSTS];
    size_t posted; /* how many were taken; read after the join */
    int last_code;
};

static void *post_all(void *context)
{
    struct poster *poster = context;
    for (size_t i = 0; i < POSTS && poster->last_code == 0; i++) {
        poster->last_code = mailbox_post(poster->mailbox, count_call, &poster->counts[i]);
        poster->posted += poster->last_code == 0;
    }
    return NULL;
}

static struct poster *start_posters(struct mailbox *mailbox)
{
    struct poster *posters = calloc(THREADS, sizeof *posters);
    assert_non_null(posters);
    for (size_t i = 0; i < THREADS; i++) {
        posters[i].mailbox = mailbox;
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
    }
    return posters;
}

static void join_posters(struct poster *posters)
{
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(posters[i].thread, NULL), 0);
}

/* Makes the calls that are there; each thread's come in its order, that is by ascending address. */
static size_t call_all(struct mailbox *mailbox, struct poster *posters, size_t next[THREADS])
{
    struct list_link letters;
    size_t called = 0;
    list_init(&letters);
    mailbox_take(mailbox, &letters);
    list_each(link, &letters) {
        struct letter *letter = list_element(link, struct letter, link);
        for (size_t i = 0; i < THREADS; i++) {
            const size_t *place = letter->context, *first = posters[i].counts;
            if (place >= first && place < first + POSTS)
                assert_int_equal(place - first, next[i]++);
        }
        letter->call(NULL, letter->context);
        free(letter);
        called++;
    }
    return called;
}

static void check_once(const struct poster *posters)
{
    for (size_t i = 0; i < THREADS; i++)
        for (size_t k = 0; k < POSTS; k++)
            assert_int_equal(posters[i].counts[k], k < posters[i].posted);
}

static void test_each_call_of_each_thread_is_made_once_and_in_order(void **state)
{
    struct mailbox *mailbox = mailbox_new();
    size_t next[THREADS] = {0}, called = 0;
    (void)state;
    assert_non_null(mailbox);
    struct poster *posters = start_posters(mailbox);
    while (called <
           (size_t)THREADS * POSTS) { /* ends: all of them fit the bound; the test's own time limit stands behind it */
        called += call_all(mailbox, posters, next);
        (void)sched_yield();
    }
    join_posters(posters);
    assert_true(mailbox_is_empty(mailbox));
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(posters[i].posted, POSTS);
    check_once(posters);
    free(posters);
    mailbox_free(mailbox);
}

static void test_what_was_taken_before_closing_is_handed_out_and_nothing_after(void **state)
{
    struct mailbox *mailbox = mailbox_new();
    size_t next[THREADS] = {0}, taken = 0, called;
    (void)state;
    assert_non_null(mailbox);
    struct poster *posters = start_posters(mailbox);
    called = call_all(mailbox, posters, next);
    mailbox_close(mailbox);
    called += call_all(mailbox, posters, next);
    join_posters(posters);
    assert_true(mailbox_is_empty(mailbox));
    for (size_t i = 0; i < THREADS; i++) {
        taken += posters[i].posted;
        assert_int_equal(posters[i].last_code, posters[i].posted == POSTS ? 0 : TRUC_E_CLOSED);
    }
    assert_int_equal(called, taken);
    check_once(posters);
    size_t never = 0;
    assert_int_equal(mailbox_post(mailbox, count_call, &never), TRUC_E_CLOSED);
    free(posters);
    mailbox_free(mailbox);
}

static void test_the_bound_is_told_to_the_one_who_posts(void **state)
{
    struct mailbox *mailbox = mailbox_new();
    struct list_link letters;
    size_t count = 0, called = 0;
    (void)state;
    assert_non_null(mailbox);
    for (int i = 0; i < MAILBOX_LETTERS_MAX; i++)
        assert_int_equal(mailbox_post(mailbox, count_call, &count), 0);
    assert_int_equal(mailbox_post(mailbox, count_call, &count), TRUC_E_LIMIT);
    list_init(&letters);
    mailbox_take(mailbox, &letters);
    assert_int_equal(mailbox_post(mailbox, count_call, &count), 0); /* there is room again */
    list_each(link, &letters) {
        called++;
        free(list_element(link, struct letter, link));
    }
    assert_int_equal(called, MAILBOX_LETTERS_MAX);
    mailbox_free(mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_of_each_thread_is_made_once_and_in_order),
        cmocka_unit_test(test_what_was_taken_before_closing_is_handed_out_and_nothing_after),
        cmocka_unit_test(test_the_bound_is_told_to_the_one_who_posts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
