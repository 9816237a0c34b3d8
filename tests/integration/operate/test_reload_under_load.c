/* test_reload_under_load.c - two hundred reloads while messages flow lose nothing and double nothing, though the receiver is paused
 * and resumed, suspended and let in again in between.
 * Sender and receiver are this test, over libtruc; the reloads are the real command's. Not a measure of speed.
 * Each message is either accepted and handled once, or refused by name and never handled. */
#include "cmocka_start.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <truc/truc.h>
#include <unistd.h>

#include "kit_bus.h"
#include "truc/document/v1/document.pb-c.h"

#define SENDER   "alpha"
#define RECEIVER "gamma"

enum {
    RELOADS = 200,
    PAUSE_AT = 40,
    RESUME_AT = 70,
    SUSPEND_AT = 110,
    LET_IN_AT = 130,
    MESSAGES_MAX = 100000,
    WINDOW_MESSAGES = 16,
    WAITING_MAX = 500,
    STEP_WAIT_MS = 20,
    QUESTION_EVERY_MS = 110, /* an operator has ten a second (docs/operations.md, "Limits") */
    COMMAND_WAIT_MS = 20000,
    END_WAIT_MS = 60000,
    KEYS = 7,
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

/* The receiver's file, as it was and with these lines behind it. Each round says something new, so that each is put in force. */
static void write_receiver(const struct load *load, const char *original, const char *more, unsigned round)
{
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_path(path, &fault, "%s/config/systems/" RECEIVER ".yaml", load->bus.state), &fault);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s\n%s# round %u\n", original, more, round);
    assert_int_equal(fclose(file), 0);
}

static void read_receiver(const struct load *load, char content[FILE_BYTES_MAX])
{
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_path(path, &fault, "%s/config/systems/" RECEIVER ".yaml", load->bus.state), &fault);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    content[fread(content, 1, FILE_BYTES_MAX - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
}

/* ---- the promise ---- */

static void reload_many_times(struct load *load)
{
    static char original[FILE_BYTES_MAX];
    read_receiver(load, original);
    for (unsigned round = 0; round < RELOADS; round++) {
        bool suspended = round >= SUSPEND_AT && round < LET_IN_AT;
        write_receiver(load, original, suspended ? "suspended: true\n" : "", round);
        operator_does(load, "reload", NULL, NULL);
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

static void two_hundred_reloads_lose_nothing_and_double_nothing(void **state)
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
    kit_bus_remove(&load->bus);
    free(load);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_hundred_reloads_lose_nothing_and_double_nothing)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
