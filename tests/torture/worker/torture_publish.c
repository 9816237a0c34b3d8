/* torture_publish.c - publishes at a steady rate and records every answer, until SIGTERM; then waits for the last ones.
 * Never resends anything itself: that is the SDK's promise, under test here. Killed, it goes on with the number after those that
 * it has recorded or that wait in its outbox.
 * See torture_worker.h. */
#include "torture_worker.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "torture_record.h"
#include "kit_wait.h"
#include "test_document.h"

enum { WINDOW_MESSAGES = 300 };

struct publisher {
    const struct worker_options *options;
    truc_adapter *adapter;
    int record, refused, signals;
    uint64_t number; /* of the last message offered */
    uint64_t due_ns;
    bool stops, unsynced;
    int failed; /* an error code */
};

static void make_key(const struct publisher *publisher, uint64_t number, char out[RECORD_TEXT_BYTES])
{
    (void)snprintf(out, RECORD_TEXT_BYTES, "key-%" PRIu64, number * 7919 % publisher->options->keys);
}

static void write_refusal(struct publisher *publisher, const struct truc_outcome *outcome)
{
    if (dprintf(publisher->refused, "%s %s\n", outcome->id, truc_error_name(outcome->code)) < 0)
        publisher->failed = TRUC_E_IO;
    fprintf(stderr, "refused %s: %s: %s\n", outcome->id, truc_error_name(outcome->code), outcome->text);
}

static void answered(void *context, const struct truc_outcome *outcome)
{
    struct publisher *publisher = context;
    struct record_line line = {.sequence = outcome->sequence, .time_ns = kit_now_ns()};
    if (record_number(outcome->id) > publisher->number) /* of an earlier run: its outbox had it */
        publisher->number = record_number(outcome->id);
    if (outcome->code != 0) {
        write_refusal(publisher, outcome);
        return;
    }
    (void)snprintf(line.id, sizeof line.id, "%s", outcome->id);
    make_key(publisher, record_number(line.id), line.key);
    publisher->unsynced = true;
    if (record_append(publisher->record, &line) < 0)
        publisher->failed = TRUC_E_IO;
}

static int offer(struct publisher *publisher, struct truc_fault *fault)
{
    char id[RECORD_TEXT_BYTES], key[RECORD_TEXT_BYTES];
    uint64_t number = publisher->number + 1;
    (void)snprintf(id, sizeof id, "%s-%" PRIu64, truc_adapter_system(publisher->adapter), number);
    make_key(publisher, number, key);
    const struct test_document document = {
        .id = id, .key = key, .content_bytes = WORKER_CONTENT_BYTES, .fill = (char)('a' + (int)(number % 26))};
    int code = test_document_publish(publisher->adapter, &document, answered, publisher, fault);
    if (code == 0 || code == TRUC_E_EXISTS) /* waits in the outbox of an earlier run */
        publisher->number = number;
    return code == TRUC_E_LIMIT || code == TRUC_E_EXISTS ? 0 : code;
}

/* What is due and fits the window; when the bus is away, nothing is made up for later. */
static int offer_due(struct publisher *publisher, struct truc_fault *fault)
{
    uint64_t now_ns = kit_now_ns(), step_ns = 1000000000u / publisher->options->rate_per_s;
    int code = 0;
    for (; code == 0 && !publisher->stops && publisher->due_ns <= now_ns; publisher->due_ns += step_ns) {
        if (truc_publish_pending(publisher->adapter) < WINDOW_MESSAGES)
            code = offer(publisher, fault);
        else
            publisher->due_ns = now_ns;
    }
    return code;
}

static int wait_ms(const struct publisher *publisher)
{
    uint64_t now_ns = kit_now_ns();
    int adapter_ms = truc_timeout_ms(publisher->adapter);
    if (publisher->stops || publisher->due_ns >= now_ns + (uint64_t)adapter_ms * 1000000u)
        return adapter_ms;
    return publisher->due_ns <= now_ns ? 0 : (int)((publisher->due_ns - now_ns + 999999u) / 1000000u);
}

static int publish_until_stopped(struct publisher *publisher, struct truc_fault *fault)
{
    struct signalfd_siginfo info;
    publisher->due_ns = kit_now_ns();
    while (!publisher->failed && (!publisher->stops || truc_publish_pending(publisher->adapter) > 0)) {
        struct pollfd ready[] = {{.fd = truc_fd(publisher->adapter), .events = POLLIN},
                                 {.fd = publisher->signals, .events = POLLIN}};
        if (poll(ready, 2, wait_ms(publisher)) < 0 && errno != EINTR)
            return TRUC_E_IO;
        if (read(publisher->signals, &info, sizeof info) == (ssize_t)sizeof info)
            publisher->stops = true;
        int code = offer_due(publisher, fault);
        if (code == 0)
            code = truc_step(publisher->adapter, fault);
        if (code == 0 && publisher->unsynced && record_sync(publisher->record) < 0)
            code = TRUC_E_IO;
        publisher->unsynced = false;
        if (code < 0)
            return code;
    }
    return publisher->failed;
}

static int watch_term(void)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Opens the records, and goes on after what they hold. */
static int open_records(struct publisher *publisher, struct truc_fault *fault)
{
    struct record_line *earlier = NULL;
    size_t count = 0;
    publisher->record = record_open(publisher->options->record, fault);
    publisher->refused = publisher->record < 0 ? -1 : record_open(publisher->options->refused, fault);
    int code = publisher->refused < 0 ? TRUC_E_IO : record_read(publisher->options->record, &earlier, &count, fault);
    for (size_t i = 0; code == 0 && i < count; i++)
        if (record_number(earlier[i].id) > publisher->number)
            publisher->number = record_number(earlier[i].id);
    free(earlier);
    return code;
}

int worker_publish(const struct worker_options *options)
{
    struct truc_fault fault = {0};
    struct publisher publisher = {.options = options, .signals = watch_term()};
    struct truc_options opened = {.size = sizeof opened, .settings = options->settings};
    if (open_records(&publisher, &fault) < 0)
        return worker_complain("record", &fault);
    if (truc_adapter_open(&opened, &publisher.adapter, &fault) < 0)
        return worker_complain("opening", &fault);
    truc_on_outcome(publisher.adapter, answered, &publisher);
    int code = publish_until_stopped(&publisher, &fault);
    truc_adapter_close(publisher.adapter);
    if (fault.code == 0)
        fault.code = code;
    return code < 0 ? worker_complain("publishing", &fault) : 0;
}
