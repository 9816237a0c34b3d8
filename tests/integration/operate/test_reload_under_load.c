/* test_reload_under_load.c - a thousand reloads while messages flow lose nothing and double nothing, though the receiver is paused
 * and resumed, suspended and let in again in between. Each puts other rules in force: the contact and the retries differ.
 * Sender and receiver are this test, over libtruc; the reloads are the real command's and, four of five, SIGHUP's.
 * Each message is either accepted and handled once, or refused by name and never handled. */
#include "cmocka_start.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <truc/truc.h>
#include <unistd.h>

#include "kit_bus.h"
#include "truc/document/v1/document.pb-c.h"

#define SENDER   "alpha"
#define RECEIVER "gamma"

enum {
    RELOADS = 1000,
    BY_COMMAND_EVERY = 5, /* the others by SIGHUP */
    PAUSE_AT = 200,
    RESUME_AT = 350,
    SUSPEND_AT = 550,
    LET_IN_AT = 650,
    MESSAGES_MAX = 100000,
    WINDOW_MESSAGES = 16,
    WAITING_MAX = 500,
    STEP_WAIT_MS = 20,
    QUESTION_EVERY_MS = 110, /* an operator has ten a second (docs/operations.md, "Limits") */
    COMMAND_WAIT_MS = 20000,
    END_WAIT_MS = 60000,
    KEYS = 7,
    LOG_READ_BYTES = 64 * 1024,
    CONTENT_BYTES = 64,
    PAYLOAD_BYTES = 256,
    FILE_BYTES_MAX = 16 * 1024
};

/* What became of each message, by its number. */
struct ledger {
    uint8_t accepted[MESSAGES_MAX], suspended[MESSAGES_MAX], handled[MESSAGES_MAX];
    unsigned offered, answered, refused, taken;
};

struct load {
    struct kit_bus bus;
    truc_adapter *sender, *receiver;
    struct ledger ledger;
    char settings[2][KIT_PATH_BYTES], inbox[KIT_PATH_BYTES];
    int broker_log;        /* the broker's, read on and on */
    unsigned put_in_force; /* reloads, as it says */
    uint64_t next_question_ns;
    bool ends;
};

static void assert_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static unsigned number_of(const char *id)
{
    unsigned long number = strtoul(id + strlen("load-"), NULL, 10);
    assert_in_range(number, 0, MESSAGES_MAX - 1);
    return (unsigned)number;
}

/* ---- the two systems ---- */

static void answered(void *context, const struct truc_outcome *outcome)
{
    struct load *load = context;
    unsigned number = number_of(outcome->id);
    if (outcome->code == TRUC_E_CLOSED)
        return; /* the test has failed, and takes things down */
    if (outcome->code != 0 && outcome->code != TRUC_E_SUSPENDED)
        fail_msg("%s: %s: %s", outcome->id, truc_error_name(outcome->code), outcome->text);
    uint8_t *of = outcome->code == 0 ? load->ledger.accepted : load->ledger.suspended;
    of[number]++;
    load->ledger.refused += outcome->code != 0;
    load->ledger.answered++;
}

static int handle(truc_request *request, void *context)
{
    struct load *load = context;
    load->ledger.handled[number_of(truc_request_id(request))]++;
    load->ledger.taken++;
    return truc_done(request);
}

static void offer(struct load *load)
{
    char id[32], key[16], content[CONTENT_BYTES];
    uint8_t payload[PAYLOAD_BYTES];
    struct truc_fault fault = {0};
    (void)snprintf(id, sizeof id, "load-%u", load->ledger.offered);
    (void)snprintf(key, sizeof key, "key-%u", load->ledger.offered % KEYS);
    memset(content, 'a', sizeof content - 1);
    content[sizeof content - 1] = '\0';
    Truc__Document__V1__Send send = TRUC__DOCUMENT__V1__SEND__INIT;
    send.document_id = id;
    send.content = content;
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "document.send",
                                    .subject = key,
                                    .kind = TRUC_COMMAND,
                                    .classification = TRUC_NOT_SECRET,
                                    .id = id,
                                    .payload = payload};
    message.payload_bytes = truc__document__v1__send__pack(&send, payload);
    assert_done(truc_publish(load->sender, &message, answered, load, &fault), &fault);
    load->ledger.offered++;
}

static void open_receiver(struct load *load)
{
    struct truc_fault fault = {0};
    const struct truc_options options = {.size = sizeof options, .settings = load->settings[1], .inbox = load->inbox};
    assert_done(truc_adapter_open(&options, &load->receiver, &fault), &fault);
    assert_int_equal(truc_serve(load->receiver, "document.send", handle, load), 0);
}

static void open_sender(struct load *load)
{
    struct truc_fault fault = {0};
    const struct truc_options options = {.size = sizeof options, .settings = load->settings[0], .inbox = "memory"};
    assert_done(truc_adapter_open(&options, &load->sender, &fault), &fault);
}

/* Some wait always; not more than the receiver, which syncs its inbox, works off in a moment at the end. */
static bool may_offer(const struct load *load)
{
    const struct ledger *ledger = &load->ledger;
    unsigned waiting = ledger->offered - ledger->taken - ledger->refused;
    return !load->ends && waiting < WAITING_MAX && ledger->offered < MESSAGES_MAX &&
           truc_publish_pending(load->sender) < WINDOW_MESSAGES;
}

/* What there is to do now, and no longer than a moment. `other` is a descriptor that may be readable, or -1. */
static void step(struct load *load, int other)
{
    struct truc_fault fault = {0};
    while (may_offer(load))
        offer(load);
    struct pollfd ready[] = {{.fd = truc_fd(load->sender), .events = POLLIN},
                             {.fd = truc_fd(load->receiver), .events = POLLIN},
                             {.fd = other, .events = POLLIN}};
    if (poll(ready, COUNT_OF(ready), STEP_WAIT_MS) < 0 && errno != EINTR)
        fail_msg("poll");
    assert_done(truc_step(load->sender, &fault), &fault);
    assert_done(truc_step(load->receiver, &fault), &fault);
}

/* ---- the operator ---- */

/* `truc ARGUMENTS… --state STATE` while messages flow; it must end with 0. */
static void operator_does(struct load *load, const char *first, const char *second, const char *third)
{
    const char *arguments[12] = {OPERATE_TRUC};
    size_t count = 1;
    const char *const words[] = {first, second, third, "--reason", "under load", "--state", load->bus.state};
    struct child child = {0};
    struct truc_fault fault = {0};
    char log[KIT_PATH_BYTES], chunk[4096];
    ssize_t size = 1;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (words[i])
            arguments[count++] = words[i];
    assert_done(kit_path(log, &fault, "%s/truc.log", load->bus.folder), &fault);
    assert_done(child_start(&child, "truc", arguments, log, true, &fault), &fault);
    while (size > 0) { /* its output ends with it */
        struct pollfd ready = {.fd = child.output, .events = POLLIN};
        step(load, child.output);
        if (poll(&ready, 1, 0) > 0)
            size = read(child.output, chunk, sizeof chunk);
    }
    assert_done(kit_wait_end(&child, COMMAND_WAIT_MS, &fault), &fault);
    assert_int_equal(child_result(&child), 0);
    while (kit_now_ns() < load->next_question_ns) /* the flow goes on */
        step(load, -1);
    load->next_question_ns = kit_now_ns() + QUESTION_EVERY_MS * 1000000ull;
}

/* ---- what is reloaded ---- */

/* A file of the configuration, whole. */
struct rules {
    char path[KIT_PATH_BYTES];
    char original[FILE_BYTES_MAX];
};

static void read_rules(const struct load *load, const char *name, struct rules *rules)
{
    struct truc_fault fault = {0};
    assert_done(kit_path(rules->path, &fault, "%s/config/%s", load->bus.state, name), &fault);
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

/* Counts what the broker has said since the last look. */
static void read_broker_log(struct load *load)
{
    static const char words[] = "a new configuration is in force";
    static char chunk[LOG_READ_BYTES + sizeof words];
    static size_t kept; /* the end of the last chunk: the words may lie across */
    ssize_t size;
    while ((size = read(load->broker_log, chunk + kept, sizeof chunk - 1 - kept)) > 0) {
        size_t all = kept + (size_t)size;
        const char *from = chunk;
        chunk[all] = '\0';
        for (const char *at = chunk; (at = strstr(at, words)); from = at += strlen(words))
            load->put_in_force++;
        size_t left = (size_t)(chunk + all - from);
        kept = left < sizeof words ? left : sizeof words - 1;
        memmove(chunk, chunk + all - kept, kept);
    }
}

/* The flow goes on until the broker says that so many reloads are in force; no more than these ever are. */
static void await_reload(struct load *load, unsigned count)
{
    uint64_t until_ns = kit_now_ns() + COMMAND_WAIT_MS * 1000000ull;
    for (read_broker_log(load); load->put_in_force < count && kit_now_ns() < until_ns; read_broker_log(load))
        step(load, -1);
    assert_int_equal(load->put_in_force, count);
}

/* ---- the promise ---- */

static void reload_many_times(struct load *load)
{
    static struct rules receiver, routes;
    read_rules(load, "systems/" RECEIVER ".yaml", &receiver);
    read_rules(load, "routes/documents.yaml", &routes);
    for (unsigned round = 0; round < RELOADS; round++) {
        write_round(&receiver, &routes, round);
        if (round % BY_COMMAND_EVERY == 0)
            operator_does(load, "reload", NULL, NULL);
        else
            assert_int_equal(kill(load->bus.broker.pid, SIGHUP), 0);
        await_reload(load, round + 1);
        if (round == PAUSE_AT || round == RESUME_AT)
            operator_does(load, "queue", round == PAUSE_AT ? "pause" : "resume", RECEIVER);
        if (round + 1 == LET_IN_AT)
            assert_false(truc_is_connected(load->receiver));
        if (round == LET_IN_AT) { /* an adapter that was suspended knocks rarely; its owner starts it again */
            truc_adapter_close(load->receiver);
            open_receiver(load);
        }
    }
}

static unsigned count(const uint8_t *of, unsigned size)
{
    unsigned total = 0;
    for (unsigned i = 0; i < size; i++)
        total += of[i];
    return total;
}

static void a_thousand_reloads_lose_nothing_and_double_nothing(void **state)
{
    struct load *load = *state;
    const struct ledger *ledger = &load->ledger;
    reload_many_times(load);
    load->ends = true;
    uint64_t until_ns = kit_now_ns() + END_WAIT_MS * 1000000ull;
    while (kit_now_ns() < until_ns &&
           (ledger->answered < ledger->offered || ledger->taken < count(ledger->accepted, ledger->offered)))
        step(load, -1);
    for (unsigned i = 0; i < ledger->offered; i++) {
        if (ledger->accepted[i] + ledger->suspended[i] != 1)
            fail_msg("load-%u was answered %u times", i, (unsigned)(ledger->accepted[i] + ledger->suspended[i]));
        if (ledger->handled[i] != ledger->accepted[i])
            fail_msg("load-%u was accepted %u times and handled %u times", i, (unsigned)ledger->accepted[i],
                     (unsigned)ledger->handled[i]);
    }
    assert_true(count(ledger->accepted, ledger->offered) > RELOADS);
    assert_true(count(ledger->suspended, ledger->offered) > 0);
}

static int set_up(void **state)
{
    struct load *load = calloc(1, sizeof *load);
    struct truc_fault fault = {0};
    *state = load;
    if (load == NULL)
        return -1;
    int code = kit_bus_make(&load->bus, NULL, LOAD_CONFIG, NULL, &fault);
    if (code == 0)
        code = kit_bus_start(&load->bus, &fault);
    if (code == 0)
        code = kit_bus_settings(&load->bus, SENDER, load->settings[0], &fault);
    if (code == 0)
        code = kit_bus_settings(&load->bus, RECEIVER, load->settings[1], &fault);
    if (code == 0)
        code = kit_path(load->inbox, &fault, "%s/inbox.sqlite", load->bus.folder);
    if (code < 0) {
        print_error("%s: %s\n", truc_error_name(fault.code), fault.text);
        kit_bus_remove(&load->bus);
        free(load);
        return -1;
    }
    load->broker_log = open(load->bus.log, O_RDONLY | O_CLOEXEC);
    if (load->broker_log < 0)
        return -1;
    open_sender(load);
    open_receiver(load);
    return 0;
}

static int tear_down(void **state)
{
    struct load *load = *state;
    load->ends = true;
    truc_adapter_close(load->receiver);
    truc_adapter_close(load->sender);
    (void)close(load->broker_log);
    kit_bus_remove(&load->bus);
    free(load);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_thousand_reloads_lose_nothing_and_double_nothing)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
