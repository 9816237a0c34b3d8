/* load.c - see load.h.
 * Sender and receiver are stepped in turn by whoever waits for anything, so that the flow never stops.
 * See load.h. */
#include "load.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test_document.h"

enum {
    WINDOW_MESSAGES = 16,
    WAITING_MAX = 500,
    STEP_WAIT_MS = 20,
    QUESTION_EVERY_MS = 110, /* an operator has ten a second (docs/operations.md, "Limits") */
    END_WAIT_MS = 60000,
    KEYS = 7,
    CONTENT_BYTES = 63,
    WORDS_MAX = 16,
    FLOW_MESSAGES = 60,
    FLOW_WAIT_MS = 30000
};

void load_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static unsigned number_of(const char *id)
{
    unsigned long number = strtoul(id + strlen("load-"), NULL, 10);
    assert_in_range(number, 0, LOAD_MESSAGES_MAX - 1);
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
    char id[32], key[16];
    struct truc_fault fault = {0};
    (void)snprintf(id, sizeof id, "load-%u", load->ledger.offered);
    (void)snprintf(key, sizeof key, "key-%u", load->ledger.offered % KEYS);
    const struct test_document document = {.id = id, .key = key, .content_bytes = CONTENT_BYTES};
    load_done(test_document_publish(load->sender, &document, answered, load, &fault), &fault);
    load->ledger.offered++;
}

void load_open_receiver(struct load *load)
{
    struct truc_fault fault = {0};
    const struct truc_options options = {.size = sizeof options, .settings = load->settings[1], .inbox = load->inbox};
    load_done(truc_adapter_open(&options, &load->receiver, &fault), &fault);
    assert_int_equal(truc_serve(load->receiver, "document.send", handle, load), 0);
}

void load_open_sender(struct load *load)
{
    struct truc_fault fault = {0};
    const struct truc_options options = {.size = sizeof options, .settings = load->settings[0], .inbox = "memory"};
    load_done(truc_adapter_open(&options, &load->sender, &fault), &fault);
}

/* Some wait always; not more than the receiver, which syncs its inbox, works off in a moment at the end. */
static bool may_offer(const struct load *load)
{
    const struct ledger *ledger = &load->ledger;
    unsigned waiting = ledger->offered - ledger->taken - ledger->refused;
    return !load->ends && waiting < WAITING_MAX && ledger->offered < LOAD_MESSAGES_MAX &&
           truc_publish_pending(load->sender) < WINDOW_MESSAGES;
}

void load_step(struct load *load, int other)
{
    struct truc_fault fault = {0};
    while (may_offer(load))
        offer(load);
    struct pollfd ready[] = {{.fd = truc_fd(load->sender), .events = POLLIN},
                             {.fd = truc_fd(load->receiver), .events = POLLIN},
                             {.fd = other, .events = POLLIN}};
    if (poll(ready, COUNT_OF(ready), STEP_WAIT_MS) < 0 && errno != EINTR)
        fail_msg("poll");
    load_done(truc_step(load->sender, &fault), &fault);
    load_done(truc_step(load->receiver, &fault), &fault);
}

/* ---- the operator ---- */

void load_operator(struct load *load, const char *const words[])
{
    const char *arguments[WORDS_MAX + 4] = {OPERATE_TRUC};
    size_t count = 1;
    struct child child = {0};
    struct truc_fault fault = {0};
    char log[KIT_PATH_BYTES], chunk[4096];
    ssize_t size = 1;
    for (; *words; words++) {
        assert_true(count <= WORDS_MAX);
        arguments[count++] = *words;
    }
    arguments[count++] = "--state";
    arguments[count] = load->bus.state;
    load_done(kit_path(log, &fault, "%s/truc.log", load->bus.folder), &fault);
    load_done(child_start(&child, "truc", arguments, log, true, &fault), &fault);
    while (size > 0) { /* its output ends with it */
        struct pollfd ready = {.fd = child.output, .events = POLLIN};
        load_step(load, child.output);
        if (poll(&ready, 1, 0) > 0)
            size = read(child.output, chunk, sizeof chunk);
    }
    load_done(kit_wait_end(&child, LOAD_COMMAND_WAIT_MS, &fault), &fault);
    assert_int_equal(child_result(&child), 0);
    while (kit_now_ns() < load->next_question_ns) /* the flow goes on */
        load_step(load, -1);
    load->next_question_ns = kit_now_ns() + QUESTION_EVERY_MS * 1000000ull;
}

/* ---- the promise ---- */

unsigned load_count(const uint8_t *of, unsigned size)
{
    unsigned total = 0;
    for (unsigned i = 0; i < size; i++)
        total += of[i];
    return total;
}

void load_judge(struct load *load)
{
    const struct ledger *ledger = &load->ledger;
    load->ends = true;
    uint64_t until_ns = kit_now_ns() + END_WAIT_MS * 1000000ull;
    while (kit_now_ns() < until_ns &&
           (ledger->answered < ledger->offered || ledger->taken < load_count(ledger->accepted, ledger->offered)))
        load_step(load, -1);
    for (unsigned i = 0; i < ledger->offered; i++) {
        if (ledger->accepted[i] + ledger->suspended[i] != 1)
            fail_msg("load-%u was answered %u times", i, (unsigned)(ledger->accepted[i] + ledger->suspended[i]));
        if (ledger->handled[i] != ledger->accepted[i])
            fail_msg("load-%u was accepted %u times and handled %u times", i, (unsigned)ledger->accepted[i],
                     (unsigned)ledger->handled[i]);
    }
}

int load_set_up(void **state)
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
    load_open_sender(load);
    load_open_receiver(load);
    return 0;
}

/* ---- new keys, and starting anew ---- */

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

void load_flow(struct load *load)
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

void load_keep_outbox(const struct load *load)
{
    FILE *file = fopen(load->settings[0], "a");
    assert_non_null(file);
    fprintf(file, "outbox: %s/outbox.sqlite\n", load->bus.folder);
    assert_int_equal(fclose(file), 0);
}

void load_make_keys(struct load *load, const char *system, const char *algorithm)
{
    char folder[64], before[96], salt_before[128], salt[96];
    (void)snprintf(folder, sizeof folder, "systems/%s", system);
    (void)snprintf(before, sizeof before, "systems/%s-%u", system, load->handed_over++);
    (void)snprintf(salt_before, sizeof salt_before, "%s/salt.key", before);
    (void)snprintf(salt, sizeof salt, "%s/salt.key", folder);
    move(load, folder, before);
    LOAD_TRUC(load, "system", "rotate-key", system, "--algorithm", algorithm);
    move(load, salt_before, salt);
    LOAD_TRUC(load, "reload", "--reason", "new keys");
    load_flow(load); /* by the keys it has */
}

void load_restart_sender(struct load *load)
{
    while (truc_publish_pending(load->sender) == 0) /* in the middle of something */
        load_step(load, -1);
    truc_adapter_close(load->sender);
    load_open_sender(load);
    truc_on_outcome(load->sender, answered_later, load);
    load_flow(load);
}

void load_restart_receiver(struct load *load)
{
    truc_adapter_close(load->receiver);
    load_open_receiver(load);
    load_flow(load);
}

int load_tear_down(void **state)
{
    struct load *load = *state;
    load->ends = true;
    truc_adapter_close(load->receiver);
    truc_adapter_close(load->sender);
    kit_bus_remove(&load->bus);
    free(load);
    return 0;
}
