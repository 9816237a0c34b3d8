/* test_kill9.c - kills the broker and the receiver again and again under load; nothing acknowledged may be lost or done twice.
 * Real programs and a real disk. What it cannot show is a power cut: SIGKILL leaves the page cache (tests/sim does that).
 * Usage: test_kill9 [--seed N] [--kills N]; prints a table; ends with 0 when every promise held. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fault.h"
#include "kill9_judge.h"
#include "kit_bus.h"

enum {
    PUBLISHERS = 2,
    KILLS_DEFAULT = 20,
    CONSUMER_KILL_EVERY = 4, /* the receiver dies at every so many-th kill of the broker */
    STARTING_KILL_EVERY = 5, /* and so often the broker is killed again while it starts */
    LINES_BETWEEN_MIN = 30,
    LINES_BETWEEN_SPREAD = 120,
    EFFECTS_BETWEEN_SPREAD = 100,
    DEPHASE_US = 4000, /* kills come anywhere in the broker's round */
    STARTING_US = 40000,
    PROGRESS_WAIT_MS = 30000,
    DRAIN_WAIT_MS = 60000,
};

static const char *const senders[PUBLISHERS] = {"alpha", "beta"};

struct kill9 {
    struct kit_bus bus;
    struct child publishers[PUBLISHERS], consumer;
    char acknowledged[PUBLISHERS][KIT_PATH_BYTES], effects[KIT_PATH_BYTES];
    uint64_t random;
    unsigned kills, broker_kills, consumer_kills;
};

/* xorshift64*: a kill sequence is known by its seed. */
static uint64_t draw(struct kill9 *test, uint64_t below)
{
    test->random ^= test->random >> 12;
    test->random ^= test->random << 25;
    test->random ^= test->random >> 27;
    return (test->random * 0x2545f4914f6cdd1du >> 32) % below;
}

static int start_worker(struct kill9 *test, struct child *child, const char *way, const char *system,
                        const char *record, struct truc_fault *fault)
{
    char settings[KIT_PATH_BYTES], log[KIT_PATH_BYTES];
    int code = kit_bus_settings(&test->bus, system, settings, fault);
    if (code == 0)
        code = kit_path(log, fault, "%s/%s.log", test->bus.folder, system);
    if (code < 0)
        return code;
    const char *const arguments[] = {KILL9_WORKER, way,   "--settings", settings, "--record", record,
                                     "--rate",     "300", "--keys",     "25",     NULL};
    return child_start(child, system, arguments, log, false, fault);
}

static int start_all(struct kill9 *test, struct truc_fault *fault)
{
    int code = kit_bus_make(&test->bus, NULL, KILL9_CONFIG, NULL, fault);
    if (code == 0)
        code = kit_bus_start(&test->bus, fault);
    if (code == 0)
        code = kit_path(test->effects, fault, "%s/effects", test->bus.folder);
    if (code == 0)
        code = start_worker(test, &test->consumer, "consume", "gamma", test->effects, fault);
    for (size_t i = 0; code == 0 && i < PUBLISHERS; i++) {
        code = kit_path(test->acknowledged[i], fault, "%s/acknowledged-%s", test->bus.folder, senders[i]);
        if (code == 0)
            code = start_worker(test, &test->publishers[i], "publish", senders[i], test->acknowledged[i], fault);
    }
    for (size_t i = 0; code == 0 && i < PUBLISHERS; i++)
        code = kit_wait_file(test->bus.folder, test->acknowledged[i], &test->publishers[i], PROGRESS_WAIT_MS, fault);
    return code < 0 ? code : kit_wait_file(test->bus.folder, test->effects, &test->consumer, PROGRESS_WAIT_MS, fault);
}

/* Load flows again: so many more acknowledgements, and some effects more. Then a little on, so that no phase of a round is spared. */
static int let_it_flow(struct kill9 *test, struct truc_fault *fault)
{
    size_t publisher = draw(test, PUBLISHERS);
    uint64_t lines = LINES_BETWEEN_MIN + draw(test, LINES_BETWEEN_SPREAD);
    uint64_t wanted = kit_file_size(test->acknowledged[publisher]) + lines * LINE_BYTES_MIN;
    uint64_t effects = kit_file_size(test->effects) + (1 + draw(test, EFFECTS_BETWEEN_SPREAD)) * LINE_BYTES_MIN;
    int code =
        kit_wait_size(test->acknowledged[publisher], wanted, &test->publishers[publisher], PROGRESS_WAIT_MS, fault);
    if (code == 0)
        code = kit_wait_size(test->effects, effects, &test->consumer, PROGRESS_WAIT_MS, fault);
    struct timespec more = {.tv_nsec = (long)draw(test, DEPHASE_US) * 1000};
    (void)ppoll(NULL, 0, &more, NULL);
    return code;
}

static int kill_broker(struct kill9 *test, struct truc_fault *fault)
{
    if (!child_runs(&test->bus.broker))
        return fault_set(fault, TRUC_E_STATE, "trucd ended by itself with %d; its log is %s",
                         child_result(&test->bus.broker), test->bus.log);
    kit_kill(&test->bus.broker);
    test->broker_kills++;
    return kit_bus_launch(&test->bus, fault);
}

static int kill_once(struct kill9 *test, unsigned index, struct truc_fault *fault)
{
    bool consumer_too = index % CONSUMER_KILL_EVERY == CONSUMER_KILL_EVERY - 1;
    if (consumer_too) {
        kit_kill(&test->consumer);
        test->consumer_kills++;
    }
    int code = kill_broker(test, fault);
    if (code == 0 && index % STARTING_KILL_EVERY == STARTING_KILL_EVERY - 1) {
        struct timespec starting = {.tv_nsec = (long)draw(test, STARTING_US) * 1000};
        (void)ppoll(NULL, 0, &starting, NULL);
        code = kill_broker(test, fault);
    }
    if (code == 0)
        code = kit_bus_await(&test->bus, fault);
    if (code == 0 && consumer_too)
        code = start_worker(test, &test->consumer, "consume", "gamma", test->effects, fault);
    return code;
}

static int stop_worker(struct child *child, struct truc_fault *fault)
{
    int code = child_stop(child, DRAIN_WAIT_MS, fault);
    if (code == 0 && child_result(child) != 0)
        code = fault_set(fault, TRUC_E_STATE, "%s ended with %d", child->name, child_result(child));
    return code;
}

/* The publishers get their last acknowledgements, the receiver what is still queued; then everything ends in order. */
static int drain(struct kill9 *test, struct truc_fault *fault)
{
    int code = 0;
    size_t wanted = 0;
    for (size_t i = 0; code == 0 && i < PUBLISHERS; i++) {
        struct record_line *lines = NULL;
        size_t count = 0;
        code = stop_worker(&test->publishers[i], fault);
        if (code == 0)
            code = record_read(test->acknowledged[i], 0, &lines, &count, fault);
        for (size_t k = 0; k < count; k++)
            wanted += (size_t)snprintf(NULL, 0, "%s %s %llu %llu\n", lines[k].id, lines[k].key,
                                       (unsigned long long)lines[k].sequence, (unsigned long long)lines[k].time_ns);
        free(lines);
    }
    /* An effect's line is as long as its acknowledgement's: the same id, key and position, and a time of as many digits. */
    if (code == 0 && kit_wait_size(test->effects, wanted, &test->consumer, DRAIN_WAIT_MS, fault) == TRUC_E_STATE)
        code = TRUC_E_STATE;
    if (code == 0)
        code = stop_worker(&test->consumer, fault);
    return code < 0 ? code : kit_bus_stop(&test->bus, fault);
}

static int read_acknowledged(const struct kill9 *test, struct record_line **ret_lines, size_t *ret_count,
                             struct truc_fault *fault)
{
    struct record_line *all = NULL;
    size_t all_count = 0;
    for (size_t i = 0; i < PUBLISHERS; i++) {
        struct record_line *lines = NULL;
        size_t count = 0;
        int code = record_read(test->acknowledged[i], 0, &lines, &count, fault);
        struct record_line *more = code < 0 ? NULL : realloc(all, (all_count + count + 1) * sizeof *all);
        if (more == NULL) {
            free(lines);
            free(all);
            return code < 0 ? code : fault_set(fault, TRUC_E_MEMORY, "no memory for the record");
        }
        all = more;
        if (count > 0)
            memcpy(all + all_count, lines, count * sizeof *lines);
        all_count += count;
        free(lines);
    }
    *ret_lines = all;
    *ret_count = all_count;
    return 0;
}

static int judge(const struct kill9 *test, struct kill9_verdict *ret_verdict, struct truc_fault *fault)
{
    struct record_line *acknowledged = NULL, *effects = NULL;
    size_t acknowledged_count = 0, effects_count = 0;
    int code = read_acknowledged(test, &acknowledged, &acknowledged_count, fault);
    if (code == 0)
        code = record_read(test->effects, 0, &effects, &effects_count, fault);
    if (code == 0 && kill9_judge(acknowledged, acknowledged_count, effects, effects_count, ret_verdict) < 0)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for judging");
    free(acknowledged);
    free(effects);
    return code;
}

static int verify_journal(const struct kill9 *test, struct truc_fault *fault)
{
    static const char *const arguments[] = {"journal", "verify", NULL};
    BUFFER_CLEANUP struct buffer output = {0};
    int status = kit_bus_truc(&test->bus, arguments, &output, fault);
    if (status != 0)
        printf("truc journal verify: %d\n%s\n", status, buffer_string(&output) ? buffer_string(&output) : "");
    return status <= 0 ? status : fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "truc journal verify ended with %d", status);
}

static bool print_table(const struct kill9 *test, const struct kill9_verdict *verdict, uint64_t seed)
{
    size_t wrong = verdict->lost + verdict->doubled + verdict->out_of_order + verdict->unexplained;
    printf("\n  seed %llu\n", (unsigned long long)seed);
    printf("  %-34s %8u\n  %-34s %8u\n", "broker killed and started again", test->broker_kills,
           "receiver killed and started again", test->consumer_kills);
    printf("  %-34s %8zu\n  %-34s %8zu\n", "acknowledged", verdict->acknowledged, "effects", verdict->effects);
    printf("  %-34s %8zu\n  %-34s %8zu\n  %-34s %8zu\n  %-34s %8zu\n", "lost", verdict->lost, "doubled",
           verdict->doubled, "out of order", verdict->out_of_order, "unexplained", verdict->unexplained);
    printf("  %-34s %8.0f ms\n", "longest stop", (double)verdict->longest_stop_ns / 1e6);
    if (wrong)
        printf("  first: %s\n", verdict->first);
    return wrong == 0 && verdict->acknowledged > 0;
}

static void end_all(struct kill9 *test)
{
    for (size_t i = 0; i < PUBLISHERS; i++)
        kit_kill(&test->publishers[i]);
    kit_kill(&test->consumer);
    kit_bus_remove(&test->bus);
}

int main(int argc, char **argv)
{
    static const struct option table[] = {
        {"seed", required_argument, NULL, 's'}, {"kills", required_argument, NULL, 'k'}, {0}};
    static struct kill9 test = {.kills = KILLS_DEFAULT};
    struct truc_fault fault = {0};
    struct kill9_verdict verdict = {0};
    uint64_t seed = 1;
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) >= 0;)
        switch (option) {
        case 's':
            seed = strtoull(optarg, NULL, 10);
            break;
        case 'k':
            test.kills = (unsigned)strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    test.random = seed * 0x9e3779b97f4a7c15u + 1;
    int code = start_all(&test, &fault);
    for (unsigned i = 0; code == 0 && i < test.kills; i++)
        if ((code = let_it_flow(&test, &fault)) == 0)
            code = kill_once(&test, i, &fault);
    if (code == 0)
        code = let_it_flow(&test, &fault);
    if (code == 0)
        code = drain(&test, &fault);
    if (code == 0)
        code = judge(&test, &verdict, &fault);
    bool held = code == 0 && print_table(&test, &verdict, seed);
    if (code == 0)
        code = verify_journal(&test, &fault);
    if (code < 0)
        printf("test_kill9: %s: %s (seed %llu)\n", truc_error_name(fault.code), fault.text, (unsigned long long)seed);
    end_all(&test);
    return code == 0 && held ? 0 : 1;
}
