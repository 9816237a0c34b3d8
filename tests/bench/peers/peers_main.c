/* peers_main.c - `truc-bench-peers`: the same scenario on Trục and on others, in turn, on this machine.
 * Options, rounds and workloads; peers_table.c prints. Each peer has a fresh instance in each round.
 * ./dev bench --peers builds and runs it; docs/performance.md says what is fair. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bench_options.h"
#include "fault.h"
#include "peers.h"
#include "peers_table.h"

enum { WINDOW = 1000, KEYS = 1000, QUICK_DIVISOR = 50, FORWARD_ARGUMENTS = 5 };

static const struct bench_peer *const peers[] = {&peer_truc,     &peer_truc_inbox_in_memory, &peer_redis,
                                                 &peer_rabbitmq, &peer_nats_synced,          &peer_nats_unsynced,
                                                 &peer_zeromq,   &peer_zeromq_synced,        NULL};

static const struct bench_plan plans[PEERS_PLANS] = {
    {.name = "256 B", .way = BENCH_FLOOD, .size_bytes = 256, .count = 100000, .window = WINDOW, .keys = KEYS},
    {.name = "1 KiB", .way = BENCH_FLOOD, .size_bytes = 1024, .count = 100000, .window = WINDOW, .keys = KEYS},
    {.name = "16 KiB", .way = BENCH_FLOOD, .size_bytes = 16384, .count = 10000, .window = WINDOW, .keys = KEYS},
    {.name = "1000/s", .way = BENCH_PACED, .size_bytes = 1024, .count = 8000, .rate = 1000, .keys = KEYS},
    {.name = "5000/s", .way = BENCH_PACED, .size_bytes = 1024, .count = 40000, .rate = 5000, .keys = KEYS},
    {.name = "question", .way = BENCH_ASK, .size_bytes = 1024, .count = 2000, .window = 1, .keys = KEYS},
};

struct options {
    const char *directory, *only, *plan;
    uint32_t rounds;
    bool quick;
};

static int usage(void)
{
    fputs("usage: truc-bench-peers [--directory DIR] [--rounds N] [--only NAME] [--plan NAME] [--quick]\n\n"
          "  --directory DIR  where all of them write (default: TMPDIR, /tmp); must be the disk in question\n"
          "  --rounds N       of all peers in turn; medians are shown (default 3, at most 99)\n"
          "  --only NAME      one peer, by what its row is called\n"
          "  --plan NAME      one scenario: '256 B', '1 KiB', '16 KiB', '1000/s', '5000/s' or 'question'\n"
          "  --quick          a fiftieth of the messages: shows that it works, not what is possible\n",
          stderr);
    return 2;
}

static int measure_peer(const struct bench_peer *peer, const struct options *options, struct peers_row *row,
                        uint32_t round, struct truc_fault *fault)
{
    struct bench_place place = {.parent = options->directory};
    struct bench_result result;
    int code = peer->start(&place, fault);
    const struct bench_tree tree = bench_place_tree(&place);
    peers_table_idle(row, round, bench_tree_measure(&tree));
    for (size_t i = 0; code == 0 && i < PEERS_PLANS; i++) {
        struct bench_plan plan = plans[i];
        if (options->plan && strcmp(options->plan, plan.name) != 0)
            continue;
        plan.inbox = peer->inbox;
        plan.count = options->quick ? plan.count / QUICK_DIVISOR : plan.count;
        fprintf(stderr, "measuring: round %u of %u, %s, %s\n", round + 1, options->rounds, peer->name, plan.name);
        code = bench_run(peer, &place, &plan, &result, fault);
        if (code == 0)
            peers_table_result(row, round, i, &result);
    }
    peers_table_peak(row, round, bench_tree_measure(&tree));
    int stopped = peer->stop(&place, code == 0 ? fault : NULL);
    return code < 0 ? code : stopped;
}

static int measure(const struct options *options, struct truc_fault *fault)
{
    static struct peers_row rows[PEERS_MAX];
    struct bench_machine machine;
    bool any = false;
    int code = bench_machine_probe(options->directory, &machine, fault);
    for (size_t i = 0; peers[i]; i++) {
        rows[i].peer = peers[i];
        rows[i].unable = peers[i]->unable ? peers[i]->unable() : NULL;
        rows[i].left_out = options->only && strcmp(options->only, peers[i]->name) != 0;
        any = any || !rows[i].left_out;
    }
    if (code == 0 && !any)
        code = fault_set(fault, TRUC_E_ARGUMENT, "no peer is called '%s'", options->only);
    for (size_t i = 0; code == 0 && options->plan && strcmp(options->plan, plans[i].name) != 0;)
        if (++i == PEERS_PLANS)
            code = fault_set(fault, TRUC_E_ARGUMENT, "no scenario is called '%s'", options->plan);
    for (uint32_t round = 0; code == 0 && round < options->rounds; round++)
        for (size_t i = 0; code == 0 && peers[i]; i++)
            if (!rows[i].left_out && rows[i].unable == NULL)
                code = measure_peer(peers[i], options, &rows[i], round, fault);
    if (code == 0) {
        bench_print_machine(&machine);
        peers_table_print(rows, sizeof peers / sizeof *peers - 1, options->rounds);
    }
    return code;
}

int main(int argc, char **argv)
{
    static const struct option table[] = {
        {"directory", required_argument, NULL, 'd'}, {"rounds", required_argument, NULL, 'r'},
        {"only", required_argument, NULL, 'o'},      {"plan", required_argument, NULL, 'p'},
        {"quick", no_argument, NULL, 'q'},           {0}};
    struct options options = {.directory = bench_directory(), .rounds = BENCH_ROUNDS};
    struct truc_fault fault = {0};
    bool understood = true;
    _Static_assert(sizeof peers / sizeof *peers - 1 <= PEERS_MAX, "a row for each");
    if (argc == BENCH_WORKER_ARGUMENTS && strcmp(argv[1], "--worker") == 0)
        return bench_worker_main(argv, peers);
    if (argc == FORWARD_ARGUMENTS && strcmp(argv[1], "--forward") == 0)
        return peer_zeromq_forward(argv);
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) >= 0;)
        switch (option) {
        case 'd':
            options.directory = optarg;
            break;
        case 'r':
            understood = bench_number(optarg, 1, BENCH_ROUNDS_MAX, &options.rounds) && understood;
            break;
        case 'o':
            options.only = optarg;
            break;
        case 'p':
            options.plan = optarg;
            break;
        case 'q':
            options.quick = true;
            break;
        default:
            return usage();
        }
    if (optind != argc || !understood)
        return usage();
    if (measure(&options, &fault) < 0) {
        fprintf(stderr, "truc-bench-peers: %s: %s %s\n", truc_error_name(fault.code), fault.text, fault.where);
        return 1;
    }
    return 0;
}
