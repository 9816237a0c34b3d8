/* bench_main.c - `truc-bench`: what this machine's bus can do, measured with real processes on a real disk.
 * Options and the list of runs; also the entry of its own adapters (--worker, which it starts itself with).
 * ./dev bench builds and runs it; docs/benchmarks.md explains the numbers. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_table.h"
#include "fault.h"
#include <jansson.h>

enum { WINDOW = 1000, KEYS = 1000, QUICK_DIVISOR = 50, WORKER_ARGUMENTS = 12, RUNS_MAX = 16 };

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
    bool quick;
};

static int usage(void)
{
    fputs("usage: truc-bench [--directory DIR] [--json FILE] [--quick]\n\n"
          "  --directory DIR  where the journal is written (default: TMPDIR, /tmp); must be the disk in question\n"
          "  --json FILE      the numbers for machines\n"
          "  --quick          a fiftieth of the messages: shows that it works, not what is possible\n",
          stderr);
    return 2;
}

/* --worker WAY SETTINGS SHARED INBOX SLOT SIZE COUNT RATE WINDOW KEYS */
static int run_worker(char **argv)
{
    uint32_t numbers[6];
    struct bench_work work = {.settings = argv[3], .shared = argv[4], .inbox = argv[5][0] ? argv[5] : NULL};
    for (size_t i = 0; i < 6; i++)
        numbers[i] = (uint32_t)strtoul(argv[6 + i], NULL, 10);
    work.slot = numbers[0];
    work.size_bytes = numbers[1];
    work.count = numbers[2];
    work.rate = numbers[3];
    work.window = numbers[4];
    work.keys = numbers[5];
    work.way = strcmp(argv[2], "ask") == 0 ? BENCH_ASK : strcmp(argv[2], "paced") == 0 ? BENCH_PACED : BENCH_FLOOD;
    return strcmp(argv[2], "receive") == 0 ? bench_receive(&work) : bench_send(&work);
}

static int run_all(struct kit_bus *bus, const struct bench_options *options, struct bench_result *results,
                   struct truc_fault *fault)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof plans / sizeof *plans; i++) {
        struct bench_plan plan = plans[i];
        plan.count = options->quick ? plan.count / QUICK_DIVISOR : plan.count;
        fprintf(stderr, "measuring: %s\n", plan.name);
        code = bench_run(bus, &plan, &results[i], fault);
        if (code == 0 && (results[i].failed > 0 || results[i].delivered != results[i].acknowledged))
            code = fault_set(fault, TRUC_E_STATE, "'%s': %llu accepted, %llu refused, %llu delivered", plan.name,
                             (unsigned long long)results[i].acknowledged, (unsigned long long)results[i].failed,
                             (unsigned long long)results[i].delivered);
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
    struct kit_bus bus;
    int code = kit_bus_make(&bus, options->directory, BENCH_CONFIG, NULL, fault);
    if (code == 0)
        code = bench_machine_probe(bus.folder, &report.machine, fault);
    if (code == 0)
        code = kit_bus_start(&bus, fault);
    if (code == 0)
        code = run_all(&bus, options, results, fault);
    if (code == 0)
        code = measure_starts(&bus, &report.start, fault);
    if (code == 0)
        bench_print(&report);
    if (code == 0 && options->json)
        code = bench_write_json(&report, options->json, fault);
    kit_bus_remove(&bus);
    return code;
}

int main(int argc, char **argv)
{
    static const struct option table[] = {{"directory", required_argument, NULL, 'd'},
                                          {"json", required_argument, NULL, 'j'},
                                          {"quick", no_argument, NULL, 'q'},
                                          {0}};
    struct bench_options options = {0};
    struct truc_fault fault = {0};
    if (argc == WORKER_ARGUMENTS && strcmp(argv[1], "--worker") == 0)
        return run_worker(argv);
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
        default:
            return usage();
        }
    if (optind != argc)
        return usage();
    if (measure(&options, &fault) < 0) {
        fprintf(stderr, "truc-bench: %s: %s\n", truc_error_name(fault.code), fault.text);
        return 1;
    }
    return 0;
}
