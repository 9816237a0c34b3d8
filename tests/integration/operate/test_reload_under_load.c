/* test_reload_under_load.c - a thousand reloads while messages flow lose nothing and double nothing, though the receiver is paused
 * and resumed, suspended and let in again in between. Each puts other rules in force: the contact and the retries differ.
 * Sender and receiver are this test, over libtruc; the reloads are the real command's and, four of five, SIGHUP's.
 * Each message is either accepted and handled once, or refused by name and never handled. */
#include "load.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum {
    RELOADS = 1000,
    BY_COMMAND_EVERY = 5, /* the others by SIGHUP */
    PAUSE_AT = 200,
    RESUME_AT = 350,
    SUSPEND_AT = 550,
    LET_IN_AT = 650,
    LOG_READ_BYTES = 64 * 1024,
    FILE_BYTES_MAX = 16 * 1024
};

/* ---- what is reloaded ---- */

/* A file of the configuration, whole. */
struct rules {
    char path[KIT_PATH_BYTES];
    char original[FILE_BYTES_MAX];
};

static void read_rules(const struct load *load, const char *name, struct rules *rules)
{
    struct truc_fault fault = {0};
    load_done(kit_path(rules->path, &fault, "%s/config/%s", load->bus.state, name), &fault);
    FILE *file = fopen(rules->path, "r");
    assert_non_null(file);
    rules->original[fread(rules->original, 1, FILE_BYTES_MAX - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
}

/* As it was, but for the text at `before`, and with `more` behind it. */
static void write_rules(const struct rules *rules, const char *before, const char *after, const char *more)
{
    const char *at = strstr(rules->original, before);
    assert_non_null(at);
    FILE *file = fopen(rules->path, "w");
    assert_non_null(file);
    fprintf(file, "%.*s%s%s\n%s", (int)(at - rules->original), rules->original, after, at + strlen(before), more);
    assert_int_equal(fclose(file), 0);
}

/* Each round says something new, so that each is put in force. */
static void write_round(const struct rules *receiver, const struct rules *routes, unsigned round)
{
    char contact[64], retry[64];
    bool suspended = round >= SUSPEND_AT && round < LET_IN_AT;
    (void)snprintf(contact, sizeof contact, "contact: Nhóm phát triển, lượt %u", round);
    (void)snprintf(retry, sizeof retry, "at-most: %us", 5 + round % 5);
    write_rules(receiver, "contact: Nhóm phát triển", contact, suspended ? "suspended: true\n" : "");
    write_rules(routes, "at-most: 5s", retry, "");
}

/* The broker's, read on and on. */
struct broker_log {
    int file;
    unsigned put_in_force; /* reloads, as it says */
};

/* Counts what the broker has said since the last look. */
static void read_broker_log(struct broker_log *log)
{
    static const char words[] = "a new configuration is in force";
    static char chunk[LOG_READ_BYTES + sizeof words];
    static size_t kept; /* the end of the last chunk: the words may lie across */
    ssize_t size;
    while ((size = read(log->file, chunk + kept, sizeof chunk - 1 - kept)) > 0) {
        size_t all = kept + (size_t)size;
        const char *from = chunk;
        chunk[all] = '\0';
        for (const char *at = chunk; (at = strstr(at, words)); from = at += strlen(words))
            log->put_in_force++;
        size_t left = (size_t)(chunk + all - from);
        kept = left < sizeof words ? left : sizeof words - 1;
        memmove(chunk, chunk + all - kept, kept);
    }
}

/* The flow goes on until the broker says that so many reloads are in force; no more than these ever are. */
static void await_reload(struct load *load, struct broker_log *log, unsigned count)
{
    uint64_t until_ns = kit_now_ns() + LOAD_COMMAND_WAIT_MS * 1000000ull;
    for (read_broker_log(log); log->put_in_force < count && kit_now_ns() < until_ns; read_broker_log(log))
        load_step(load, -1);
    assert_int_equal(log->put_in_force, count);
}

/* ---- the promise ---- */

static void reload_many_times(struct load *load)
{
    struct broker_log log = {.file = open(load->bus.log, O_RDONLY | O_CLOEXEC)};
    static struct rules receiver, routes;
    assert_true(log.file >= 0);
    read_rules(load, "systems/" RECEIVER ".yaml", &receiver);
    read_rules(load, "routes/documents.yaml", &routes);
    for (unsigned round = 0; round < RELOADS; round++) {
        write_round(&receiver, &routes, round);
        if (round % BY_COMMAND_EVERY == 0)
            LOAD_TRUC(load, "reload", "--reason", "under load");
        else
            assert_int_equal(kill(load->bus.broker.pid, SIGHUP), 0);
        await_reload(load, &log, round + 1);
        if (round == PAUSE_AT || round == RESUME_AT)
            LOAD_TRUC(load, "queue", round == PAUSE_AT ? "pause" : "resume", RECEIVER, "--reason", "under load");
        if (round + 1 == LET_IN_AT)
            assert_false(truc_is_connected(load->receiver));
        if (round == LET_IN_AT) { /* an adapter that was suspended knocks rarely; its owner starts it again */
            truc_adapter_close(load->receiver);
            load_open_receiver(load);
        }
    }
    (void)close(log.file);
}

static void a_thousand_reloads_lose_nothing_and_double_nothing(void **state)
{
    struct load *load = *state;
    const struct ledger *ledger = &load->ledger;
    reload_many_times(load);
    load_judge(load);
    assert_true(load_count(ledger->accepted, ledger->offered) > RELOADS);
    assert_true(load_count(ledger->suspended, ledger->offered) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_thousand_reloads_lose_nothing_and_double_nothing)};
    return cmocka_run_group_tests(tests, load_set_up, load_tear_down);
}
