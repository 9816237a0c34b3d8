/* test_keys_change_under_load.c - sender and receiver get new keys while messages flow, again and again, and change to them in mid-flight:
 * nothing is lost, nothing doubled, and the journal verifies with the certificates of all keys.
 * The commands are the real ones: system rotate-key, reload, the hand-over, system end-key. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

enum { ROUNDS = 3 };

static const char *const algorithms[ROUNDS] = {"ed25519", "p256", "rsa"};

static void change_sender(struct load *load, unsigned round)
{
    load_make_keys(load, SENDER, algorithms[round]);
    load_keep_outbox(load);
    load_restart_sender(load);
    LOAD_TRUC(load, "system", "end-key", SENDER, "--reason", "runs with its new keys");
    load_flow(load);
}

static void change_receiver(struct load *load, unsigned round)
{
    load_make_keys(load, RECEIVER, algorithms[round]);
    load_restart_receiver(load);
    LOAD_TRUC(load, "system", "end-key", RECEIVER, "--reason", "runs with its new keys");
    load_flow(load);
}

static json_t *ask(const struct load *load, const char *const words[])
{
    BUFFER_CLEANUP struct buffer output = {0};
    struct truc_fault fault = {0};
    int status = kit_bus_truc(&load->bus, words, &output, &fault);
    load_done(status, &fault);
    assert_int_equal(status, 0);
    json_t *document = json_loads(buffer_string(&output), 0, NULL);
    assert_non_null(document);
    return document;
}
#define ASK(load, ...) ask(load, (const char *const[]){__VA_ARGS__, "--output", "json", NULL})

static void expect_one_key(const struct load *load, const char *system)
{
    json_t *document = ASK(load, "system", "show", system);
    const json_t *keys = json_object_get(document, "signing_keys"), *key;
    size_t i, usable = 0;
    json_array_foreach(keys, i, key)
        usable += json_is_null(json_object_get(key, "revoked_at")); /* the others end within a minute */
    assert_int_equal(json_array_size(keys), ROUNDS + 1);
    assert_int_equal(usable, 1);
    assert_int_equal(json_integer_value(json_object_get(document, "transport_keys")), 1);
    json_decref(document);
}

static void keys_change_under_load_and_nothing_is_lost_or_doubled(void **state)
{
    struct load *load = *state;
    truc_adapter_close(load->sender);
    load_keep_outbox(load);
    load_open_sender(load);
    load_flow(load);
    for (unsigned round = 0; round < ROUNDS; round++) {
        change_sender(load, round);
        change_receiver(load, round);
    }
    load_judge(load);
    assert_int_equal(load->ledger.refused, 0);
    expect_one_key(load, SENDER);
    expect_one_key(load, RECEIVER);
    json_t *dead = ASK(load, "dead", "list");
    assert_true(json_is_array(json_object_get(dead, "letters")));
    assert_int_equal(json_array_size(json_object_get(dead, "letters")), 0);
    json_decref(dead);
    json_decref(ASK(load, "journal", "verify"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_change_under_load_and_nothing_is_lost_or_doubled)};
    return cmocka_run_group_tests(tests, load_set_up, load_tear_down);
}
