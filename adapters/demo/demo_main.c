/* demo_main.c - `./dev run`: a province on this machine, dossiers travelling, and an account at the end.
 * Options, signals and the loop; the processes are demo_province.c's, the picture is demo_view.c's.
 * Ends with 0 only when every message was accepted, delivered and settled, or is accounted for by name. */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "demo_province.h"
#include "demo_view.h"
#include "fault.h"

enum { VIEW_EVERY_MS = 500, SETTLE_WAIT_MS = 10000, EXIT_UNACCOUNTED = 4 };
enum { KEY_STATE = 256, KEY_SOURCE, KEY_RATE, KEY_FOR, KEY_COUNT, KEY_SEED, KEY_WRONG, KEY_ALGORITHM };

static const struct argp_option options[] = {
    {"state", KEY_STATE, "DIR", 0, "where keys, journal and logs are made (default: state/demo)", 0},
    {"source", KEY_SOURCE, "DIR", 0, "the checkout with config/ and adapters/ (default: .)", 0},
    {"rate", KEY_RATE, "N/s", 0, "dossiers a second (default: 5)", 0},
    {"for", KEY_FOR, "SPAN", 0, "stop the traffic after this time, e.g. 30s; without it, go on until Ctrl-C", 0},
    {"count", KEY_COUNT, "N", 0, "stop the traffic after N dossiers", 0},
    {"seed", KEY_SEED, "N", 0, "the same seed gives the same dossiers", 0},
    {"wrong", KEY_WRONG, "SHARE", 0, "share that is wrong on purpose (default: 8%)", 0},
    {"algorithm", KEY_ALGORITHM, "NAME", 0, "of signing keys: ed25519 (default), p256 or rsa", 0},
    {0},
};

static error_t take_option(int key, char *argument, struct argp_state *state)
{
    struct province_options *out = state->input;
    switch (key) {
    case KEY_STATE:
        out->state = argument;
        return 0;
    case KEY_SOURCE:
        out->source = argument;
        return 0;
    case KEY_RATE:
        out->rate = argument;
        return 0;
    case KEY_FOR:
        out->span = argument;
        return 0;
    case KEY_COUNT:
        out->count = argument;
        return 0;
    case KEY_SEED:
        out->seed = argument;
        return 0;
    case KEY_WRONG:
        out->wrong = argument;
        return 0;
    case KEY_ALGORITHM:
        out->algorithm = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int complain(const struct truc_fault *fault)
{
    fprintf(stderr, "truc-demo: error: %s: %s\n", truc_error_name(fault->code), fault->text);
    if (fault->hint[0])
        fprintf(stderr, "  %s\n", fault->hint);
    return 1;
}

/* The directory this program is in: the others of the same build are beside it. */
static int find_programs(char out[PROVINCE_PATH_BYTES], struct truc_fault *fault)
{
    ssize_t size = readlink("/proc/self/exe", out, PROVINCE_PATH_BYTES - 1);
    if (size < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "/proc/self/exe");
    out[size] = 0;
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = 0;
    return 0;
}

static int watch_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool was_asked_to_stop(int signals)
{
    struct signalfd_siginfo info;
    return read(signals, &info, sizeof info) == (ssize_t)sizeof info;
}

/* Reads everything that is there. The far sides' lines end with the sandbox, which ends by itself; the bus's must not. */
static int read_feeds(struct feed *feed, const struct province *province, struct truc_fault *fault)
{
    int code;
    do
        code = feed_read_far_sides(feed, province->sandbox.output, fault);
    while (code > 0);
    if (code < 0 && code != TRUC_E_DISCONNECTED)
        return code;
    do
        code = feed_read_bus(feed, province->follow.output, fault);
    while (code > 0);
    return code == TRUC_E_DISCONNECTED ? fault_set(fault, code, "truc tail ended") : code;
}

/* Until something is to read, a signal came, or it is time for the next picture. */
static int wait_for_news(const struct province *province, int signals, struct truc_fault *fault)
{
    struct pollfd ready[] = {{.fd = signals, .events = POLLIN},
                             {.fd = province->follow.output, .events = POLLIN},
                             {.fd = province->sandbox.output, .events = POLLIN}};
    if (poll(ready, sizeof ready / sizeof *ready, VIEW_EVERY_MS) < 0 && errno != EINTR)
        return fault_errno(fault, TRUC_E_IO, errno, "poll");
    return 0;
}

static int show(const struct province *province, struct view *view, const struct feed *feed, uint64_t running_ms,
                struct truc_fault *fault)
{
    json_t *status = province_status(province, fault);
    if (status == NULL)
        return fault->code;
    view_show(view, status, feed, running_ms);
    json_decref(status);
    return 0;
}

/* Looks on until the traffic has ended and drained. The first signal ends the traffic, the second stops at once. */
static int look_on(struct province *province, struct view *view, struct feed *feed, int signals,
                   struct truc_fault *fault)
{
    uint64_t started_ms = now_ms();
    unsigned asked = 0;
    int code = 0;
    while (code == 0 && child_runs(&province->sandbox) && asked < 2) {
        code = wait_for_news(province, signals, fault);
        if (was_asked_to_stop(signals)) {
            asked++;
            kill(province->sandbox.pid, SIGTERM);
        }
        if (code == 0)
            code = read_feeds(feed, province, fault);
        const char *fallen = province_fallen(province);
        if (code == 0 && fallen)
            code = fault_set(fault, TRUC_E_STATE, "%s ended; its log is in %s/log", fallen, province->options.state);
        uint64_t running_ms = now_ms() - started_ms;
        if (code == 0 && running_ms >= view->time_before_ms + VIEW_EVERY_MS)
            code = show(province, view, feed, running_ms, fault);
    }
    return code;
}

/* Receipts of the last messages may still be on their way when the far sides have ended: asks until nothing waits, or the
 * bound is reached; what waits then is shown, and counts as not accounted for. */
static json_t *final_status(struct province *province, struct truc_fault *fault)
{
    for (uint64_t end_ms = now_ms() + SETTLE_WAIT_MS;;) {
        json_t *status = province_status(province, fault);
        if (status == NULL || view_waiting(status) == 0 || now_ms() > end_ms)
            return status;
        json_decref(status);
    }
}

int main(int argc, char **argv)
{
    static const struct argp parser = {
        options, take_option, NULL, "Runs a province on this machine and shows dossiers travelling.", NULL, NULL, NULL};
    char programs[PROVINCE_PATH_BYTES], descriptors[PROVINCE_PATH_BYTES + 64];
    struct province_options chosen = {.state = "state/demo",
                                      .source = ".",
                                      .rate = "5/s",
                                      .algorithm = "ed25519",
                                      .programs = programs,
                                      .descriptors = descriptors};
    struct truc_fault fault = {0}, stop_fault = {0};
    struct province province = {0};
    struct view view = {.terminal = isatty(STDOUT_FILENO) != 0};
    struct feed feed = {0};
    argp_parse(&parser, argc, argv, 0, NULL, &chosen);
    if (find_programs(programs, &fault) < 0)
        return complain(&fault);
    (void)snprintf(descriptors, sizeof descriptors, "%s/../schemas/truc.descriptors", programs);
    int signals = watch_signals();
    int code = province_start(&province, &chosen, &fault);
    if (code == 0)
        code = look_on(&province, &view, &feed, signals, &fault);
    json_t *status = code < 0 ? NULL : final_status(&province, &fault);
    json_t *account = code < 0 ? NULL : province_account(&province, &fault);
    int accounted = province.sandbox.pid == 0 ? child_result(&province.sandbox) : -1;
    int stopped = province_stop(&province, &stop_fault);
    int result = 0;
    if (code < 0 || status == NULL || account == NULL)
        result = complain(&fault);
    else if (view_account(status, account, &feed) > 0 || accounted != 0)
        result = EXIT_UNACCOUNTED;
    if (stopped < 0)
        result = complain(&stop_fault);
    if (result == 0)
        printf("\nEvery message is accounted for.\n");
    else
        printf("\nNOT everything is accounted for: see above, and the logs in %s/log.\n", chosen.state);
    json_decref(status);
    json_decref(account);
    feed_free(&feed);
    return result;
}
