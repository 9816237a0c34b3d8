/* test_keys_change_under_load.c - sender and receiver get new keys while messages flow, again and again, and change to them in mid-flight:
 * nothing is lost, nothing doubled, and the journal verifies with the certificates of all keys.
 * The commands are the real ones: system rotate-key, reload, the hand-over, system end-key. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

enum { ROUNDS = 3, FLOW_MESSAGES = 60, FLOW_WAIT_MS = 30000 };

static const char *const algorithms[ROUNDS] = {"ed25519", "p256", "rsa"};

/* The outcome of what the run before had under way: it is in the outbox, and was published again. */
static void answered_later(void *context, const struct truc_outcome *outcome)
{
    struct load *load = context;
    unsigned number = (unsigned)strtoul(outcome->id + strlen("load-"), NULL, 10);
    if (outcome->code != 0)
        fail_msg("%s: %s: %s", outcome->id, truc_error_name(outcome->code), outcome->text);
    assert_in_range(number, 0, load->ledger.offered - 1);
    if (load->ledger.accepted[number]) /* told again, as it may be */
        return;
    load->ledger.accepted[number] = 1;
    load->ledger.answered++;
}

/* Goes on until so many more have been handled: the flow does not stand still on either side. */
static void flow(struct load *load)
{
    unsigned wanted = load->ledger.taken + FLOW_MESSAGES;
    uint64_t until_ns = kit_now_ns() + FLOW_WAIT_MS * 1000000ull;
    while (load->ledger.taken < wanted && kit_now_ns() < until_ns)
        load_step(load, -1);
    assert_true(load->ledger.taken >= wanted);
}

static void move(const struct load *load, const char *from, const char *to)
{
    char old_path[KIT_PATH_BYTES], new_path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    load_done(kit_path(old_path, &fault, "%s/%s", load->bus.state, from), &fault);
    load_done(kit_path(new_path, &fault, "%s/%s", load->bus.state, to), &fault);
    assert_int_equal(rename(old_path, new_path), 0);
}

/* The sender keeps its outbox, wherever its settings lie. */
static void add_outbox(const struct load *load)
{
    FILE *file = fopen(load->settings[0], "a");
    assert_non_null(file);
    fprintf(file, "outbox: %s/outbox.sqlite\n", load->bus.folder);
    assert_int_equal(fclose(file), 0);
}

/* Handed over before, systems/ID is made anew; what is not a key of its own, the secret of its salts, goes on. */
static void make_keys(struct load *load, const char *system, unsigned round)
{
    char folder[64], before[64], salt_before[96], salt[96];
    (void)snprintf(folder, sizeof folder, "systems/%s", system);
    (void)snprintf(before, sizeof before, "systems/%s-%u", system, round);
    (void)snprintf(salt_before, sizeof salt_before, "%s/salt.key", before);
    (void)snprintf(salt, sizeof salt, "%s/salt.key", folder);
    move(load, folder, before);
    LOAD_TRUC(load, "system", "rotate-key", system, "--algorithm", algorithms[round]);
    move(load, salt_before, salt);
    LOAD_TRUC(load, "reload", "--reason", "new keys");
    flow(load); /* by the keys it has */
}

static void change_sender(struct load *load, unsigned round)
{
    make_keys(load, SENDER, round);
    add_outbox(load);
    while (truc_publish_pending(load->sender) == 0) /* in the middle of something */
        load_step(load, -1);
    truc_adapter_close(load->sender);
    load_open_sender(load);
    truc_on_outcome(load->sender, answered_later, load);
    flow(load);
    LOAD_TRUC(load, "system", "end-key", SENDER, "--reason", "runs with its new keys");
    flow(load);
}

static void change_receiver(struct load *load, unsigned round)
{
    make_keys(load, RECEIVER, round);
    truc_adapter_close(load->receiver);
    load_open_receiver(load);
    flow(load);
    LOAD_TRUC(load, "system", "end-key", RECEIVER, "--reason", "runs with its new keys");
    flow(load);
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
    add_outbox(load);
    load_open_sender(load);
    flow(load);
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
