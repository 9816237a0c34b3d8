/* bench_main.c - `truc-bench`: what this machine's bus can do, measured with real processes on a real disk.
 * Options and the list of runs; also the entry of its own clients (--worker, which it starts itself with).
 * ./dev bench builds and runs it; docs/performance.md explains the numbers. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_exchange.h"
#include "bench_options.h"
#include "bench_scale.h"
#include "bench_table.h"
#include "fault.h"
#include "peers/peer_truc.h"
#include <jansson.h>

enum { WINDOW = 1000, KEYS = 1000, QUICK_DIVISOR = 50, RUNS_MAX = 16 };

static const struct bench_plan plans[] = {
    {.name = "256 B", .way = BENCH_FLOOD, .size_bytes = 256, .count = 200000, .window = WINDOW, .keys = KEYS},
    {.name = "1 KiB", .way = BENCH_FLOOD, .size_bytes = 1024, .count = 200000, .window = WINDOW, .keys = KEYS},
    {.name = "16 KiB", .way = BENCH_FLOOD, .size_bytes = 16384, .count = 20000, .window = WINDOW, .keys = KEYS},
    {.name = "1 KiB, inbox in memory",
     .way = BENCH_FLOOD,
     .size_bytes = 1024,
     .count = 200000,
     .window = WINDOW,
     .keys = KEYS,
     .inbox = "memory"},
    {.name = "1 KiB at 1000/s", .way = BENCH_PACED, .size_bytes = 1024, .count = 8000, .rate = 1000, .keys = KEYS},
    {.name = "1 KiB at 5000/s", .way = BENCH_PACED, .size_bytes = 1024, .count = 40000, .rate = 5000, .keys = KEYS},
    {.name = "question and answer", .way = BENCH_ASK, .size_bytes = 0, .count = 2000, .keys = KEYS},
};
_Static_assert(sizeof plans / sizeof *plans <= RUNS_MAX, "room for every result");

struct bench_options {
    const char *directory, *json;
    bool quick, floor, scale;
    uint32_t rounds;   /* of --scale */
    uint32_t messages; /* of the long run; 0: not asked for */
};

static int usage(void)
{
    fputs("usage: truc-bench [--directory DIR] [--json FILE] [--quick] [--floor | --scale [--rounds N] | --messages "
          "N]\n\n"
          "  --directory DIR  where the journal is written (default: TMPDIR, /tmp); must be the disk in question\n"
          "  --json FILE      the numbers for machines\n"
          "  --quick          a fiftieth of the messages: shows that it works, not what is possible\n"
          "  --floor          only the disk: one fdatasync of 4 KiB, appended and over zeros\n"
          "  --scale          what a message costs with 22 to 2,000 systems and 20 to 20,000 routes\n"
          "  --rounds N       of --scale; medians are shown (default 3, at most 99)\n"
          "  --messages N     the long run: 22 systems exchange N messages (10000000); then the journal is asked\n",
          stderr);
    return 2;
}

static int run_all(const struct bench_place *place, const struct bench_options *options, struct bench_result *results,
                   struct truc_fault *fault)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof plans / sizeof *plans; i++) {
        struct bench_plan plan = plans[i];
        plan.count = options->quick ? plan.count / QUICK_DIVISOR : plan.count;
        fprintf(stderr, "measuring: %s\n", plan.name);
        code = bench_run(&peer_truc, place, &plan, &results[i], fault);
    }
    return code;
}

static int count_records(const struct kit_bus *bus, uint64_t *ret_records, struct truc_fault *fault)
{
    static const char *const arguments[] = {"status", "--output", "json", NULL};
    BUFFER_CLEANUP struct buffer output = {0};
    int status = kit_bus_truc(bus, arguments, &output, fault);
    if (status < 0)
        return status;
    json_t *document = json_loadb((const char *)output.data, output.size, 0, NULL);
    const json_t *records = json_object_get(document, "records");
    int code = status == 0 && json_is_integer(records)
                   ? 0
                   : fault_set(fault, TRUC_E_STATE, "truc status ended with %d", status);
    if (code == 0)
        *ret_records = (uint64_t)json_integer_value(records);
    json_decref(document);
    return code;
}

static int time_start(struct kit_bus *bus, double *ret_ms, struct truc_fault *fault)
{
    uint64_t before_ns = kit_now_ns();
    int code = kit_bus_start(bus, fault);
    *ret_ms = (double)(kit_now_ns() - before_ns) / 1e6;
    return code;
}

static int measure_starts(struct kit_bus *bus, struct bench_start *start, struct truc_fault *fault)
{
    int code = count_records(bus, &start->records, fault);
    if (code < 0)
        return code;
    kit_kill(&bus->broker);
    code = time_start(bus, &start->killed_ms, fault);
    if (code == 0)
        code = kit_bus_stop(bus, fault);
    if (code == 0)
        code = time_start(bus, &start->clean_ms, fault);
    return code < 0 ? code : kit_bus_stop(bus, fault);
}

static int measure(const struct bench_options *options, struct truc_fault *fault)
{
    static struct bench_result results[RUNS_MAX];
    struct bench_report report = {.results = results, .results_count = sizeof plans / sizeof *plans};
    struct bench_place place = {.parent = options->directory};
    int code = bench_machine_probe(options->directory, &report.machine, fault);
    if (code == 0)
        code = peer_truc.start(&place, fault);
    if (code == 0)
        code = run_all(&place, options, results, fault);
    if (code == 0)
        code = measure_starts(&place.bus, &report.start, fault);
    if (code == 0)
        bench_print(&report);
    if (code == 0 && options->json)
        code = bench_write_json(&report, options->json, fault);
    kit_bus_remove(&place.bus);
    return code;
}

/* Only what the disk does. */
static int measure_floor(const struct bench_options *options, struct truc_fault *fault)
{
    struct bench_machine machine;
    int code = bench_machine_probe(options->directory, &machine, fault);
    if (code == 0)
        bench_print_machine(&machine);
    return code;
}

static int run(const struct bench_options *options, struct truc_fault *fault)
{
    if (options->floor)
        return measure_floor(options, fault);
    if (options->scale)
        return bench_scale(options->directory, options->rounds, options->quick, fault);
    if (options->messages > 0)
        return bench_exchange(options->directory, options->messages, fault);
    return measure(options, fault);
}

int main(int argc, char **argv)
{
    enum { FLOOR = 1, SCALE, ROUNDS, MESSAGES };
    static const struct option table[] = {{"directory", required_argument, NULL, 'd'},
                                          {"json", required_argument, NULL, 'j'},
                                          {"quick", no_argument, NULL, 'q'},
                                          {"floor", no_argument, NULL, FLOOR},
                                          {"scale", no_argument, NULL, SCALE},
                                          {"rounds", required_argument, NULL, ROUNDS},
                                          {"messages", required_argument, NULL, MESSAGES},
                                          {0}};
    static const struct bench_peer *const peers[] = {&peer_truc, NULL};
    struct bench_options options = {.directory = bench_directory(), .rounds = BENCH_ROUNDS};
    struct truc_fault fault = {0};
    bool understood = true;
    if (argc == BENCH_WORKER_ARGUMENTS && strcmp(argv[1], "--worker") == 0)
        return bench_worker_main(argv, peers);
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) >= 0;)
        switch (option) {
        case 'd':
            options.directory = optarg;
            break;
        case 'j':
            options.json = optarg;
            break;
        case 'q':
            options.quick = true;
            break;
        case FLOOR:
            options.floor = true;
            break;
        case SCALE:
            options.scale = true;
            break;
        case ROUNDS:
            understood = bench_number(optarg, 1, BENCH_ROUNDS_MAX, &options.rounds) && understood;
            break;
        case MESSAGES:
            understood = bench_number(optarg, BENCH_MESSAGES_MIN, BENCH_MESSAGES_MAX, &options.messages) && understood;
            break;
        default:
            return usage();
        }
    if (optind != argc || !understood)
        return usage();
    if (run(&options, &fault) < 0) {
        fprintf(stderr, "truc-bench: %s: %s %s\n", truc_error_name(fault.code), fault.text, fault.where);
        return 1;
    }
    return 0;
}
