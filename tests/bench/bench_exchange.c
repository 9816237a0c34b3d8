/* bench_exchange.c - 22 systems, each sender and receiver, 400 bytes a message, one to three receivers by content.
 * Then: restart, search index, verification, one dossier found, bytes on disk for each delivery.
 * See bench_exchange.h. */
#include "bench_exchange.h"

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench_config.h"
#include "bench_table.h"
#include "fault.h"
#include "peers/peer_truc.h"

enum { SYSTEMS = 22, PAYLOAD_BYTES = 400, WINDOW = 1000, KEYS = 1000, OPEN_FILES_MAX = 16 };

struct long_run {
    struct bench_place place;
    struct bench_result result;
    struct bench_tree_use use;
    uint64_t records;
    double start_ms, killed_ms, caught_up_s, rebuild_s, verify_s, find_ms;
    uint64_t behind_records, behind_ms; /* of the index, when the last message was settled */
    uint64_t found, record_bytes, journal_bytes, index_bytes;
};

/* nftw hands its callback no context. */
static uint64_t counted_bytes;

static int count_bytes(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)path, (void)place;
    if (type == FTW_F)
        counted_bytes += (uint64_t)status->st_blocks * 512;
    return 0;
}

/* What a file, or the files below a folder, take on disk. */
static int bytes_below(uint64_t *ret_bytes, struct truc_fault *fault, const char *state, const char *sub)
{
    char path[KIT_PATH_BYTES];
    int code = kit_path(path, fault, "%s/%s", state, sub);
    counted_bytes = 0;
    if (code == 0 && nftw(path, count_bytes, OPEN_FILES_MAX, FTW_PHYS) != 0)
        code = fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    *ret_bytes = counted_bytes;
    return code;
}

/* Runs `truc ARGUMENTS`, takes the JSON it printed and how long it took. The caller releases the document. */
static int ask(const struct long_run *run, const char *const arguments[], json_t **ret_document, double *ret_s,
               struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer output = {0};
    uint64_t before_ns = kit_now_ns();
    int status = kit_bus_truc(&run->place.bus, arguments, &output, fault);
    *ret_s = (double)(kit_now_ns() - before_ns) / 1e9;
    if (status < 0)
        return status;
    *ret_document = json_loadb((const char *)output.data, output.size, 0, NULL);
    return status == 0 && *ret_document ? 0
                                        : fault_set(fault, TRUC_E_STATE, "truc %s ended with %d", arguments[0], status);
}

static int time_start(struct long_run *run, double *ret_ms, struct truc_fault *fault)
{
    uint64_t before_ns = kit_now_ns();
    int code = kit_bus_start(&run->place.bus, fault);
    *ret_ms = (double)(kit_now_ns() - before_ns) / 1e6;
    return code;
}

/* How far behind the index is at the end, and how long it takes to catch up. */
static int watch_index(struct long_run *run, struct truc_fault *fault)
{
    static const char *const arguments[] = {"status", "--output", "json", NULL};
    const struct timespec pause = {.tv_nsec = 100000000};
    uint64_t begun_ns = kit_now_ns(), wanted = 0; /* each question adds records of its own session */
    for (bool is_first = true;; is_first = false) {
        json_t *status = NULL;
        double took_s;
        int code = ask(run, arguments, &status, &took_s, fault);
        const json_t *index = json_object_get(status, "index");
        uint64_t indexed = (uint64_t)json_integer_value(json_object_get(index, "records"));
        if (is_first) {
            wanted = (uint64_t)json_integer_value(json_object_get(status, "durable"));
            run->behind_records = (uint64_t)json_integer_value(json_object_get(index, "behind_records"));
            run->behind_ms = (uint64_t)json_integer_value(json_object_get(index, "behind_ms"));
        }
        json_decref(status);
        run->caught_up_s = (double)(kit_now_ns() - begun_ns) / 1e9;
        if (code < 0 || indexed >= wanted)
            return code;
        nanosleep(&pause, NULL);
    }
}

static int restart(struct long_run *run, struct truc_fault *fault)
{
    static const char *const arguments[] = {"status", "--output", "json", NULL};
    json_t *status = NULL;
    double took_s;
    int code = ask(run, arguments, &status, &took_s, fault);
    run->records = (uint64_t)json_integer_value(json_object_get(status, "records"));
    json_decref(status);
    kit_kill(&run->place.bus.broker);
    if (code == 0)
        code = time_start(run, &run->killed_ms, fault);
    if (code == 0)
        code = kit_bus_stop(&run->place.bus, fault);
    if (code == 0)
        code = time_start(run, &run->start_ms, fault);
    return code < 0 ? code : kit_bus_stop(&run->place.bus, fault);
}

/* The broker has filled the index; then it is removed and filled anew by who searches. */
static int time_index(struct long_run *run, struct truc_fault *fault)
{
    static const char *const find[] = {"journal", "find", "--dossier", "key-7", "--output", "json", NULL};
    json_t *document = NULL;
    char path[KIT_PATH_BYTES];
    double took_s = 0;
    int code = ask(run, find, &document, &took_s, fault); /* takes in the restarts' records */
    json_decref(document);
    document = NULL;
    if (code == 0)
        code = ask(run, find, &document, &took_s, fault);
    run->find_ms = took_s * 1e3;
    run->found = json_array_size(json_object_get(document, "messages"));
    json_decref(document);
    document = NULL;
    if (code == 0 && run->found == 0)
        code = fault_set(fault, TRUC_E_STATE, "the index does not know dossier key-7");
    if (code == 0)
        code = bytes_below(&run->index_bytes, fault, run->place.bus.state, "journal/index/search.sqlite");
    if (code == 0)
        code = kit_path(path, fault, "%s/journal/index/search.sqlite", run->place.bus.state);
    if (code == 0 && unlink(path) < 0)
        code = fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    if (code == 0)
        code = ask(run, find, &document, &run->rebuild_s, fault);
    json_decref(document);
    return code;
}

static int ask_journal(struct long_run *run, struct truc_fault *fault)
{
    static const char *const verify[] = {"journal", "verify", "--quiet", "--output", "json", NULL};
    static const char *const stats[] = {"journal", "stats", "--output", "json", NULL};
    json_t *document = NULL;
    double took_s = 0;
    int code = ask(run, stats, &document, &took_s, fault);
    run->record_bytes = (uint64_t)json_integer_value(json_object_get(document, "bytes"));
    json_decref(document);
    document = NULL;
    if (code == 0)
        code = bytes_below(&run->journal_bytes, fault, run->place.bus.state, "journal");
    if (code == 0)
        code = time_index(run, fault);
    if (code == 0)
        code = ask(run, verify, &document, &run->verify_s, fault);
    json_decref(document);
    return code;
}

static void print(const struct long_run *run)
{
    const struct bench_result *result = &run->result;
    double delivered = (double)result->delivered;
    double payload =
        (double)PAYLOAD_BYTES * (double)result->acknowledged / delivered; /* stored once, delivered more often */
    printf("\n  %d systems, %llu messages of %d bytes of payload, %llu deliveries\n", SYSTEMS,
           (unsigned long long)result->acknowledged, PAYLOAD_BYTES, (unsigned long long)result->delivered);
    printf("  accepted                     %.0f/s over %.1f s\n",
           bench_per_second(result->acknowledged, result->acknowledged_s), result->acknowledged_s);
    printf("  delivered and settled        %.0f/s over %.1f s\n",
           bench_per_second(result->delivered, result->delivered_s), result->delivered_s);
    printf("  acknowledged after           p50 %.1f ms, p99 %.1f ms\n", result->acknowledging.p50_ms,
           result->acknowledging.p99_ms);
    printf("  broker                       %.1f us CPU a delivery, peak %.1f MiB\n",
           (double)result->broker.cpu_ns / 1e3 / delivered, (double)run->use.peak_bytes / 1048576);
    printf("  start with %-10llu records %.0f ms after kill -9, %.0f ms after a clean stop\n",
           (unsigned long long)run->records, run->killed_ms, run->start_ms);
    printf("  index                        %llu records, %.1f s, behind at the end; caught up %.1f s later\n",
           (unsigned long long)run->behind_records, (double)run->behind_ms / 1e3, run->caught_up_s);
    printf("  index made anew              %.1f s: %.0f records/s\n", run->rebuild_s,
           bench_per_second(run->records, run->rebuild_s));
    printf("  one dossier found            %.0f ms, process start included (%llu messages shown)\n", run->find_ms,
           (unsigned long long)run->found);
    printf("  journal verify               %.1f s: %.0f records/s\n", run->verify_s,
           bench_per_second(run->records, run->verify_s));
    printf("  bytes for each delivery      records %.0f (payload's share %.0f, its header's and the rest %.0f)\n"
           "                               on disk: journal directory %.0f, of which index %.0f\n\n",
           (double)run->record_bytes / delivered, payload, (double)run->record_bytes / delivered - payload,
           (double)run->journal_bytes / delivered, (double)run->index_bytes / delivered);
}

static int exchange(struct long_run *run, const struct bench_plan *plan, struct truc_fault *fault)
{
    const struct bench_tree tree = bench_place_tree(&run->place);
    int code = bench_run(&peer_truc, &run->place, plan, &run->result, fault);
    run->use = bench_tree_measure(&tree);
    return code;
}

int bench_exchange(const char *directory, uint32_t messages, struct truc_fault *fault)
{
    const struct bench_plan plan = {.name = "exchange",
                                    .way = BENCH_EXCHANGE,
                                    .size_bytes = PAYLOAD_BYTES,
                                    .count = messages,
                                    .window = WINDOW,
                                    .keys = KEYS,
                                    .systems = SYSTEMS};
    char config[KIT_PATH_BYTES];
    struct bench_machine machine;
    struct kit_bus folder; /* only its folder */
    struct long_run run = {.place = {.config = config}};
    int code = kit_bus_folder(&folder, directory, fault);
    run.place.parent = folder.folder;
    if (code == 0)
        code = bench_machine_probe(folder.folder, &machine, fault);
    if (code == 0)
        code = kit_path(config, fault, "%s/config", folder.folder);
    if (code == 0)
        code = bench_config_exchange(config, SYSTEMS, fault);
    if (code == 0)
        code = peer_truc.start(&run.place, fault);
    if (code == 0)
        code = exchange(&run, &plan, fault);
    if (code == 0)
        code = watch_index(&run, fault);
    if (code == 0)
        code = restart(&run, fault);
    if (code == 0)
        code = ask_journal(&run, fault);
    if (code == 0) {
        bench_print_machine(&machine);
        print(&run);
    }
    kit_bus_remove(&run.place.bus);
    kit_bus_remove(&folder);
    return code;
}
