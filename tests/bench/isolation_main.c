/* isolation_main.c - `truc-bench-isolation`: what 21 receivers notice of the 22nd, when that one hangs, is slow, rejects or crashes.
 * Paired: each run with the bad one follows one in which it behaves, on a bus as fresh, so that a machine's moods meet both.
 * ./dev bench --isolation builds and runs it. docs/reliability.md, "Overload". */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "isolation_run.h"

enum { RATE = 200, SECONDS = 10, PAIRS = 5, PAIRS_MAX = 99, QUICK_RATE = 50 };

static const char *const names[ISOLATION_BADNESSES] = {"good", "hung", "slow", "rejecting", "crashing"};

struct pair {
    struct isolation_result good, bad;
};

static int usage(void)
{
    fprintf(stderr,
            "usage: truc-bench-isolation [--directory DIR] [--rate N] [--seconds N] [--pairs N] [--quick]\n\n"
            "  --directory DIR  where the journal is written (default: TMPDIR, /tmp); must be the disk in question\n"
            "  --rate N         messages a second, each to all %d (default: %d)\n"
            "  --seconds N      of a run (default: %d)\n"
            "  --pairs N        of runs for each way to be bad (default: %d)\n"
            "  --quick          one pair of a second: shows that it works, measures nothing\n",
            ISOLATION_RECEIVERS, RATE, SECONDS, PAIRS);
    return 2;
}

static int by_value(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static double median(double values[], size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double change_percent(double from, double to)
{
    return from > 0 ? (to - from) / from * 100 : 0;
}

static void print_pair(const char *name, const struct pair *pair)
{
    printf("%-10s %9.2f %9.2f %+8.1f %% %9.2f %9.2f %11.1f %11.1f\n", name, pair->good.p99_ms, pair->bad.p99_ms,
           change_percent(pair->good.p99_ms, pair->bad.p99_ms), pair->good.p50_ms, pair->bad.p50_ms,
           pair->good.broker_mib, pair->bad.broker_mib);
    (void)fflush(stdout);
}

static void print_median(const struct pair pairs[], size_t count)
{
    double changes[PAIRS_MAX] = {0}, memory[PAIRS_MAX] = {0};
    for (size_t i = 0; i < count; i++) {
        changes[i] = change_percent(pairs[i].good.p99_ms, pairs[i].bad.p99_ms);
        memory[i] = pairs[i].bad.broker_mib - pairs[i].good.broker_mib;
    }
    printf("  median of %zu: p99 %+.1f %%, memory %+.1f MiB\n", count, median(changes, count), median(memory, count));
}

static int measure(struct isolation_plan *plan, unsigned pairs_count, struct truc_fault *fault)
{
    struct pair pairs[PAIRS_MAX];
    int code = 0;
    printf("%u messages, %u a second, each to %d receivers; times are of the other %d\n", plan->count, plan->rate,
           ISOLATION_RECEIVERS, ISOLATION_RECEIVERS - 1);
    printf("%-10s %9s %9s %10s %9s %9s %11s %11s\n", "the bad", "p99 good", "p99 bad", "change", "p50 good", "p50 bad",
           "broker good", "broker bad");
    printf("%-10s %9s %9s %10s %9s %9s %11s %11s\n", "", "ms", "ms", "", "ms", "ms", "MiB", "MiB");
    for (unsigned bad = ISOLATION_GOOD + 1; code == 0 && bad < ISOLATION_BADNESSES; bad++) {
        for (unsigned i = 0; code == 0 && i < pairs_count; i++) {
            plan->badness = ISOLATION_GOOD;
            code = isolation_run(plan, &pairs[i].good, fault);
            plan->badness = (enum isolation_badness)bad;
            if (code == 0)
                code = isolation_run(plan, &pairs[i].bad, fault);
            if (code == 0)
                print_pair(names[bad], &pairs[i]);
        }
        if (code == 0)
            print_median(pairs, pairs_count);
    }
    return code;
}

static unsigned read_number(const char *text, unsigned most)
{
    unsigned long number = strtoul(text, NULL, 10);
    return number < 1 || number > most ? 0 : (unsigned)number;
}

int main(int argc, char **argv)
{
    static const struct option table[] = {
        {"directory", required_argument, NULL, 'd'}, {"rate", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},   {"pairs", required_argument, NULL, 'p'},
        {"quick", no_argument, NULL, 'q'},           {0}};
    enum { RATE_MAX = 100000, SECONDS_MAX = 600 };
    unsigned rate = RATE, seconds = SECONDS, pairs = PAIRS;
    struct isolation_plan plan = {0};
    struct truc_fault fault = {0};
    if (argc == 3 && strcmp(argv[1], "--crash") == 0)
        return isolation_crash(argv[2]);
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) >= 0;)
        switch (option) {
        case 'd':
            plan.directory = optarg;
            break;
        case 'r':
            rate = read_number(optarg, RATE_MAX);
            break;
        case 's':
            seconds = read_number(optarg, SECONDS_MAX);
            break;
        case 'p':
            pairs = read_number(optarg, PAIRS_MAX);
            break;
        case 'q':
            rate = QUICK_RATE;
            seconds = pairs = 1;
            break;
        default:
            return usage();
        }
    if (optind != argc || rate == 0 || seconds == 0 || pairs == 0)
        return usage();
    plan.rate = rate;
    plan.count = rate * seconds;
    if (measure(&plan, pairs, &fault) < 0) {
        fprintf(stderr, "truc-bench-isolation: %s: %s\n", truc_error_name(fault.code), fault.text);
        return 1;
    }
    return 0;
}
