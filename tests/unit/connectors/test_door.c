/* test_door.c - what truc-door decides alone: tokens and their file, rates, signatures, what a vendor's answer means, the breaker.
 * Not the door as a whole, which is tests/integration/connectors/test_door.py.
 * Promise: only who holds a token of the file is let in, and a vendor that is away is spared and loses nothing. */
#include "cmocka_start.h"

#include "door_tokens.h"
#include "door_webhook_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
    char folder[64], path[96];
    struct door_tokens *tokens;
    struct buffer token;
};

static int make(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    strcpy(world->folder, "/tmp/test_door.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof(world->path), "%s/tokens", world->folder);
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    door_tokens_close(world->tokens);
    buffer_free(&world->token);
    unlink(world->path);
    assert_int_equal(rmdir(world->folder), 0);
    free(world);
    return 0;
}

static void write_file(const struct world *world, const char *text)
{
    FILE *file = fopen(world->path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(world->path, 0600), 0);
}

static void open_tokens(struct world *world, uint32_t rate_second)
{
    struct truc_fault fault = {0};
    assert_int_equal(door_tokens_open(world->path, rate_second, &world->tokens, &fault), 0);
}

/* ---- tokens ---- */

static void a_token_is_found_and_its_text_is_nowhere(void **state)
{
    struct world *world = *state;
    struct truc_fault fault = {0};
    struct stat status;
    char file[512] = {0};
    assert_int_equal(door_token_create(world->path, "vendor-1", &world->token, &fault), 0);
    assert_int_equal(stat(world->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    FILE *stream = fopen(world->path, "r");
    assert_non_null(stream);
    assert_true(fread(file, 1, sizeof(file) - 1, stream) > 64);
    fclose(stream);
    assert_null(strstr(file, buffer_string(&world->token) + 5));
    open_tokens(world, 10);
    const struct door_token *token = door_tokens_find(world->tokens, buffer_view(&world->token));
    assert_non_null(token);
    assert_string_equal(token->name, "vendor-1");
    world->token.data[world->token.size - 1] ^= 1;
    assert_null(door_tokens_find(world->tokens, buffer_view(&world->token)));
    assert_null(door_tokens_find(world->tokens, bytes_string("")));
}

static void names_are_names_and_nobodys_twice(void **state)
{
    struct world *world = *state;
    struct truc_fault fault = {0};
    static const char *const wrong[] = {"", "a b", "a\nb", "tên", "../x/"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(door_token_create(world->path, wrong[i], &world->token, &fault), TRUC_E_ARGUMENT);
    assert_int_equal(door_token_create(world->path, "a", &world->token, &fault), 0);
    assert_int_equal(door_token_create(world->path, "a", &world->token, &fault), TRUC_E_EXISTS);
    assert_int_equal(chmod(world->path, 0640), 0);
    assert_int_equal(door_token_create(world->path, "b", &world->token, &fault), TRUC_E_CONFIG);
}

#define HASH "0000000000000000000000000000000000000000000000000000000000000000"

static void a_wrong_file_is_refused_with_its_line(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *text, *where;
    } wrong[] = {
        {"a\n", ":1"},
        {"# two\n\na " HASH "\nb " HASH " c\n", ":4"},
        {"a " HASH "00\n", ":1"},
        {"a 00\n", ":1"},
        {"a " HASH "\na " HASH "\n", ":2"},
        {"a/b " HASH "\n", ":1"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct truc_fault fault = {0};
        write_file(world, wrong[i].text);
        assert_int_equal(door_tokens_open(world->path, 1, &world->tokens, &fault), TRUC_E_CONFIG);
        assert_null(world->tokens);
        assert_string_equal(fault.where + strlen(world->path), wrong[i].where);
    }
    write_file(world, "");
    assert_int_equal(chmod(world->path, 0604), 0);
    struct truc_fault fault = {0};
    assert_int_equal(door_tokens_open(world->path, 1, &world->tokens, &fault), TRUC_E_CONFIG);
}

static void a_changed_file_is_read_and_a_wrong_one_told_of_once(void **state)
{
    struct world *world = *state;
    struct truc_fault fault = {0};
    write_file(world, "");
    open_tokens(world, 1);
    assert_int_equal(door_tokens_refresh(world->tokens, &fault), 0);
    assert_int_equal(door_token_create(world->path, "a", &world->token, &fault), 0);
    assert_int_equal(door_tokens_refresh(world->tokens, &fault), 1);
    struct door_token *token = door_tokens_find(world->tokens, buffer_view(&world->token));
    assert_non_null(token);
    assert_true(door_tokens_allow(world->tokens, token, 1000));
    assert_false(door_tokens_allow(world->tokens, token, 1000));
    assert_int_equal(chmod(world->path, 0644), 0);
    assert_int_equal(door_tokens_refresh(world->tokens, &fault), TRUC_E_CONFIG);
    assert_int_equal(door_tokens_refresh(world->tokens, &fault), 0);
    token = door_tokens_find(world->tokens, buffer_view(&world->token));
    assert_non_null(token); /* the tokens that were */
    assert_int_equal(chmod(world->path, 0600), 0);
    assert_int_equal(door_tokens_refresh(world->tokens, &fault), 1);
    token = door_tokens_find(world->tokens, buffer_view(&world->token));
    assert_false(door_tokens_allow(world->tokens, token, 1000)); /* reading it again gives no new requests */
}

static void a_rate_is_so_many_in_any_second(void **state)
{
    struct world *world = *state;
    struct truc_fault fault = {0};
    assert_int_equal(door_token_create(world->path, "a", &world->token, &fault), 0);
    open_tokens(world, 10);
    struct door_token *token = door_tokens_find(world->tokens, buffer_view(&world->token));
    int allowed = 0;
    for (int i = 0; i < 100; i++)
        allowed += door_tokens_allow(world->tokens, token, 1000000);
    assert_int_equal(allowed, 10);
    assert_false(door_tokens_allow(world->tokens, token, 1000099));
    assert_true(door_tokens_allow(world->tokens, token, 1000100));
    assert_false(door_tokens_allow(world->tokens, token, 1000100));
    for (int i = 0, now_ms = 5000000; i < 100; i++)
        allowed += door_tokens_allow(world->tokens, token, (uint64_t)now_ms); /* a long rest saves up no more */
    assert_int_equal(allowed, 20);
}

/* ---- webhooks ---- */

/* The sums by Python's hmac. */
static void a_post_is_signed_with_every_secret(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer text = {0};
    door_webhook_sign((const char *const[2]){"new", "old"}, 1764144000, bytes_string("{}"), &text);
    assert_string_equal(buffer_string(&text),
                        "t=1764144000,v1=de923f212dd17a91267ba787916ac57dbccfde67e5b7bdfe83e1b14ebafb335e"
                        ",v1=aa4e5e70856a2a686be3afb053e408b52a32509f539ca82a1307dd98b08dc666");
    buffer_clear(&text);
    door_webhook_sign((const char *const[2]){"new", NULL}, 1764144000, bytes_string("{}"), &text);
    assert_string_equal(buffer_string(&text),
                        "t=1764144000,v1=de923f212dd17a91267ba787916ac57dbccfde67e5b7bdfe83e1b14ebafb335e");
}

static void only_what_a_vendor_says_of_the_message_is_final(void **state)
{
    (void)state;
    static const unsigned done[] = {200, 201, 202, 204, 299}, never[] = {400, 409, 413, 415, 422},
                          again[] = {0,   100, 199, 300, 301, 302, 401, 402, 403, 404, 405, 406,
                                     407, 408, 410, 411, 425, 429, 500, 502, 503, 504, 599};
    for (size_t i = 0; i < COUNT_OF(done); i++)
        assert_int_equal(door_webhook_judge(done[i]), DOOR_DONE);
    for (size_t i = 0; i < COUNT_OF(never); i++)
        assert_int_equal(door_webhook_judge(never[i]), DOOR_REJECT);
    for (size_t i = 0; i < COUNT_OF(again); i++)
        assert_int_equal(door_webhook_judge(again[i]), DOOR_RETRY);
}

static void attempts_come_later_and_later_and_not_all_at_once(void **state)
{
    (void)state;
    assert_int_equal(door_webhook_backoff_ms(1, 0), 1000);
    assert_int_equal(door_webhook_backoff_ms(1, 500), 500);
    assert_int_equal(door_webhook_backoff_ms(1, 501), 1000);
    assert_int_equal(door_webhook_backoff_ms(4, 0), 8000);
    for (uint32_t attempt = 0; attempt < 100; attempt++) {
        uint32_t random = attempt * 2654435761u, most_ms = door_webhook_backoff_ms(attempt, 0);
        assert_in_range(door_webhook_backoff_ms(attempt, random), most_ms / 2, most_ms);
        assert_in_range(most_ms, DOOR_BACKOFF_FIRST_MS, DOOR_BACKOFF_MAX_MS);
    }
    assert_int_equal(door_webhook_backoff_ms(UINT32_MAX, 0), DOOR_BACKOFF_MAX_MS);
    assert_int_equal(door_webhook_retry_after_ms("30"), 30000);
    assert_int_equal(door_webhook_retry_after_ms("99999999999999999999"), 86400000);
    assert_int_equal(door_webhook_retry_after_ms("Wed, 21 Oct 2026 07:28:00 GMT"), 0);
    assert_int_equal(door_webhook_retry_after_ms("-1"), 0);
    assert_int_equal(door_webhook_retry_after_ms(NULL), 0);
}

static void a_vendor_that_is_away_is_tried_by_one_post(void **state)
{
    (void)state;
    struct door_breaker breaker = {0};
    for (int i = 1; i < DOOR_BREAKER_FAILURES; i++)
        assert_false(door_breaker_tell(&breaker, 1000, true));
    assert_int_equal(door_breaker_allows(&breaker, 1000, 8), 8);
    assert_true(door_breaker_tell(&breaker, 1000, true));
    assert_int_equal(door_breaker_allows(&breaker, 1000 + DOOR_BREAKER_FIRST_MS - 1, 8), 0);
    assert_false(door_breaker_tell(&breaker, 2000, true)); /* one that had left before makes it no longer */
    assert_int_equal(door_breaker_allows(&breaker, 1000 + DOOR_BREAKER_FIRST_MS, 8), 1);
    assert_int_equal(door_breaker_allows(&breaker, 1000 + DOOR_BREAKER_FIRST_MS, 8), 0); /* its answer is waited for */
    assert_false(door_breaker_tell(&breaker, 7000, true));
    assert_int_equal(door_breaker_allows(&breaker, 7000 + 2 * DOOR_BREAKER_FIRST_MS - 1, 8), 0);
    assert_int_equal(door_breaker_allows(&breaker, 7000 + 2 * DOOR_BREAKER_FIRST_MS, 8), 1);
    assert_true(door_breaker_tell(&breaker, 20000, false));
    assert_int_equal(door_breaker_allows(&breaker, 20000, 8), 8);
    assert_false(door_breaker_tell(&breaker, 20000, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_is_found_and_its_text_is_nowhere, make, end),
        cmocka_unit_test_setup_teardown(names_are_names_and_nobodys_twice, make, end),
        cmocka_unit_test_setup_teardown(a_wrong_file_is_refused_with_its_line, make, end),
        cmocka_unit_test_setup_teardown(a_changed_file_is_read_and_a_wrong_one_told_of_once, make, end),
        cmocka_unit_test_setup_teardown(a_rate_is_so_many_in_any_second, make, end),
        cmocka_unit_test(a_post_is_signed_with_every_secret),
        cmocka_unit_test(only_what_a_vendor_says_of_the_message_is_final),
        cmocka_unit_test(attempts_come_later_and_later_and_not_all_at_once),
        cmocka_unit_test(a_vendor_that_is_away_is_tried_by_one_post),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
