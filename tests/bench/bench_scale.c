/* bench_scale.c - the flood of 1 KiB on buses of 22 to 2,000 systems and 20 to 20,000 routes.
 * At most BENCH_CANDIDATES routes have the sender and type of a message: more is not what a province looks like.
 * See bench_scale.h; bench_config.c writes the configurations. */
#include "bench_scale.h"

#include <stdio.h>

#include "bench_config.h"
#include "bench_options.h"
#include "bench_table.h"
#include "fault.h"
#include "peers/peer_truc.h"
#include "policy.h"

enum { MESSAGES = 100000, MESSAGES_QUICK = 2000, WINDOW = 1000, KEYS = 1000, SIZES = 9 };

static const struct {
    uint32_t systems, routes;
} sizes[SIZES] = {{22, 20},    {200, 20},  {500, 20},    {500, 200},   {500, 2000},
                  {500, 4000}, {2000, 20}, {2000, 2000}, {2000, 20000}};

enum column { ACCEPTED, CPU_US, START_MS, IDLE_MIB, COLUMNS };
typedef double cells[SIZES][COLUMNS][BENCH_ROUNDS_MAX];

/* What this version's limits let a bus have; an operator is a system, too, and each route here has an agreement. */
static bool is_possible(size_t size)
{
    return sizes[size].systems < POLICY_SYSTEMS_MAX && sizes[size].routes <= POLICY_ROUTES_MAX &&
           sizes[size].routes <= POLICY_AGREEMENTS_MAX;
}

/* Folders that truc init reads; removed with everything else of the bus. */
static int write_configs(const struct kit_bus *bus, struct truc_fault *fault)
{
    char folder[KIT_PATH_BYTES];
    int code = 0;
    for (size_t i = 0; code == 0 && i < SIZES; i++) {
        code = kit_path(folder, fault, "%s/config-%zu", bus->folder, i);
        if (code == 0 && is_possible(i))
            code = bench_config_scale(folder, sizes[i].systems, sizes[i].routes, fault);
    }
    return code;
}

static int time_start(struct bench_place *place, double *ret_ms, struct truc_fault *fault)
{
    int code = kit_bus_stop(&place->bus, fault);
    uint64_t before_ns = kit_now_ns();
    if (code == 0)
        code = kit_bus_start(&place->bus, fault);
    *ret_ms = (double)(kit_now_ns() - before_ns) / 1e6;
    return code;
}

static int run_size(const char *folder, size_t size, uint32_t round, uint32_t messages, cells values,
                    struct truc_fault *fault)
{
    char config[KIT_PATH_BYTES];
    struct bench_place place = {.parent = folder, .config = config};
    struct bench_result result;
    const struct bench_plan plan = {
        .name = "scale", .way = BENCH_FLOOD, .size_bytes = 1024, .count = messages, .window = WINDOW, .keys = KEYS};
    int code = kit_path(config, fault, "%s/config-%zu", folder, size);
    if (code == 0)
        code = peer_truc.start(&place, fault);
    if (code == 0)
        code = time_start(&place, &values[size][START_MS][round], fault);
    if (code == 0) {
        const struct bench_tree tree = bench_place_tree(&place);
        values[size][IDLE_MIB][round] = (double)bench_tree_measure(&tree).resident_bytes / 1048576;
        code = bench_run(&peer_truc, &place, &plan, &result, fault);
    }
    if (code == 0) {
        values[size][ACCEPTED][round] = bench_per_second(result.acknowledged, result.acknowledged_s);
        values[size][CPU_US][round] = (double)result.broker.cpu_ns / 1e3 / (double)result.acknowledged;
        code = kit_bus_stop(&place.bus, fault);
    }
    kit_bus_remove(&place.bus);
    return code;
}

static void print(cells values, uint32_t rounds)
{
    printf("\n  %-9s %8s %12s %18s %11s %12s\n", "systems", "routes", "accepted/s", "broker CPU/message", "start",
           "idle memory");
    for (size_t i = 0; i < SIZES; i++)
        if (is_possible(i))
            printf("  %-9u %8u %12.0f %15.1f us %8.0f ms %8.1f MiB\n", sizes[i].systems, sizes[i].routes,
                   bench_median(values[i][ACCEPTED], rounds), bench_median(values[i][CPU_US], rounds),
                   bench_median(values[i][START_MS], rounds), bench_median(values[i][IDLE_MIB], rounds));
        else
            printf("  %-9u %8u   not possible: a bus has at most %d systems, %d routes, %d agreements\n",
                   sizes[i].systems, sizes[i].routes, POLICY_SYSTEMS_MAX, POLICY_ROUTES_MAX, POLICY_AGREEMENTS_MAX);
    printf("\n  medians of %u rounds; 1 KiB, two senders, one receiver, at most %d routes for a sender and type\n\n",
           rounds, BENCH_CANDIDATES);
}

int bench_scale(const char *directory, uint32_t rounds, bool quick, struct truc_fault *fault)
{
    static cells values;
    struct bench_machine machine;
    struct kit_bus folder; /* only its folder */
    int code = kit_bus_folder(&folder, directory, fault);
    if (code == 0)
        code = bench_machine_probe(folder.folder, &machine, fault);
    if (code == 0)
        code = write_configs(&folder, fault);
    for (uint32_t round = 0; code == 0 && round < rounds; round++)
        for (size_t size = 0; code == 0 && size < SIZES; size++) {
            if (!is_possible(size))
                continue;
            fprintf(stderr, "measuring: round %u of %u, %u systems, %u routes\n", round + 1, rounds,
                    sizes[size].systems, sizes[size].routes);
            code = run_size(folder.folder, size, round, quick ? MESSAGES_QUICK : MESSAGES, values, fault);
        }
    if (code == 0) {
        bench_print_machine(&machine);
        print(values, rounds);
    }
    kit_bus_remove(&folder);
    return code;
}
