/* test_authority_changes_under_load.c - the bus gets another certificate authority while messages flow: nothing is lost, what the
 * old one certified is believed until its end and no longer, and the journal verifies with both.
 * The commands are the real ones: key rotate authority, reload, the hand-over, system rotate-key and end-key, key rotate authority --end. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "issuers.h"
#include "time_text.h"

static const char *const others[] = {"beta", "held", "stranger"};

static void read_file(const struct load *load, const char *name, struct buffer *out)
{
    char path[KIT_PATH_BYTES];
    uint8_t chunk[4096];
    struct truc_fault fault = {0};
    load_done(kit_path(path, &fault, "%s/%s", load->bus.state, name), &fault);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buffer_append(out, chunk, got);
    assert_int_equal(fclose(file), 0);
}

static size_t believed(const struct load *load, const char *file)
{
    BUFFER_CLEANUP struct buffer pem = {0};
    ISSUERS_CLEANUP struct issuers issuers = {.count = 0};
    struct truc_fault fault = {0};
    read_file(load, file, &pem);
    load_done(issuers_from_pem(buffer_view(&pem), &issuers, &fault), &fault);
    return issuers.count;
}

/* It signs nothing, so it needs none of the authority. */
static void take_certificate_from_operator(const struct load *load)
{
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    load_done(kit_path(path, &fault, "%s/config/systems/operator.yaml", load->bus.state), &fault);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("id: operator\ntitle: Người vận hành\ncontact: Nhóm phát triển\nrole: operator\n"
          "transport-keys: [keys/operator.pub]\n",
          file);
    assert_int_equal(fclose(file), 0);
}

/* The operator's walk: the file of the authority goes to a system, as its own. */
static void hand_over(const struct load *load, const char *system)
{
    BUFFER_CLEANUP struct buffer pem = {0};
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    read_file(load, "config/certs/ca.pem", &pem);
    load_done(kit_path(path, &fault, "%s/systems/%s/authority.pem", load->bus.state, system), &fault);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(pem.data, 1, pem.size, file), pem.size);
    assert_int_equal(fclose(file), 0);
}

/* The command must end with this exit code and say this. */
static void expect(const struct load *load, int status, const char *part, const char *const words[])
{
    BUFFER_CLEANUP struct buffer output = {0};
    struct truc_fault fault = {0};
    assert_int_equal(kit_bus_truc(&load->bus, words, &output, &fault), status);
    if (strstr(buffer_string(&output), part) == NULL)
        fail_msg("'%s' is not in: %s", part, buffer_string(&output));
}
#define EXPECT(load, status, part, ...) expect(load, status, part, (const char *const[]){__VA_ARGS__, NULL})

/* With --compromised it ends now and not in a minute: nothing that was accepted since waits. */
static void end_key(struct load *load, const char *system)
{
    char text[TIME_TEXT_BYTES];
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    time_format_rfc3339((uint64_t)now.tv_sec * TIME_NS_PER_S, text);
    LOAD_TRUC(load, "system", "end-key", system, "--compromised", text, "--reason", "of the new authority now");
}

static void the_authority_changes_under_load_and_nothing_is_lost(void **state)
{
    struct load *load = *state;
    truc_adapter_close(load->sender);
    load_keep_outbox(load);
    load_open_sender(load);
    load_flow(load);
    take_certificate_from_operator(load);
    EXPECT(load, 2, "there is no older authority", "key", "rotate", "authority", "--end", "--output", "json");
    LOAD_TRUC(load, "key", "rotate", "authority");
    assert_int_equal(believed(load, "config/certs/ca.pem"), 2);
    LOAD_TRUC(load, "reload", "--reason", "a new authority beside the old");
    load_flow(load);
    hand_over(load, SENDER);
    hand_over(load, RECEIVER);
    load_restart_receiver(load);
    load_restart_sender(load);
    EXPECT(load, 2, "an older authority certified", "key", "rotate", "authority", "--end", "--output", "json");

    load_make_keys(load, SENDER, "ed25519"); /* by the new authority: the receiver knows both */
    assert_int_equal(believed(load, "systems/" SENDER "/authority.pem"), 2);
    load_keep_outbox(load);
    load_restart_sender(load);
    load_make_keys(load, RECEIVER, "p256");
    load_restart_receiver(load);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        load_make_keys(load, others[i], "ed25519");
    end_key(load, SENDER);
    end_key(load, RECEIVER);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        end_key(load, others[i]);
    LOAD_TRUC(load, "key", "rotate", "authority", "--end");
    assert_int_equal(believed(load, "config/certs/ca.pem"), 1);
    LOAD_TRUC(load, "reload", "--reason", "the old authority is gone");
    load_flow(load);
    load_judge(load);
    assert_int_equal(load->ledger.refused, 0);

    hand_over(load, SENDER); /* only the new one: a receiver that has no more believes the old no longer */
    assert_int_equal(believed(load, "systems/" SENDER "/authority.pem"), 1);
    EXPECT(load, 0, "", "journal", "verify");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_authority_changes_under_load_and_nothing_is_lost)};
    return cmocka_run_group_tests(tests, load_set_up, load_tear_down);
}
