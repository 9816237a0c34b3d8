/* bench_ids.c - truc-bench-ids: what the broker's memory of ids costs: bytes an id, time to make and write a run, time to ask.
 * The core's structure (dedupe.h) and the run files (id_run.h) by themselves, without a broker; the directory is a real one.
 * Numbers in docs/adr/0011 and docs/operations.md come from it. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "core.h"
#include "dedupe.h"
#include "fault.h"
#include "file_disk.h"

enum { ASKED = 200000, NS_PER_MS = 1000000 };

struct bench {
    struct dedupe dedupe;
    const char *directory;
    struct id_run **runs;
    size_t runs_count;
    uint64_t spills, spill_ns_max, step_ns_max, run_ns_max;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void must(int code, const struct truc_fault *fault)
{
    if (code >= 0)
        return;
    fprintf(stderr, "truc-bench-ids: %s: %s %s\n", truc_error_name(code), fault->text, fault->where);
    exit(1);
}

static void keep_max(uint64_t *max, uint64_t since_ns)
{
    uint64_t span_ns = now_ns() - since_ns;
    *max = span_ns > *max ? span_ns : *max;
}

static struct id_entry entry_of(uint64_t number)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%llu", (unsigned long long)number);
    struct dedupe_id id = dedupe_id_of(bytes_string("onestop"), bytes_string(name));
    return (struct id_entry){
        .key = id.key, .check = id.check, .content = number, .sequence = number, .time_ns = 1 + number};
}

static void open_run(struct bench *bench, const struct id_run_facts *facts, struct buffer *filter)
{
    struct truc_fault fault = {0};
    bench->runs = realloc(bench->runs, (bench->runs_count + 1) * sizeof *bench->runs);
    if (bench->runs == NULL)
        abort();
    must(id_run_open(file_disk(), bench->directory, "bench", facts, &bench->runs[bench->runs_count++], filter, &fault),
         &fault);
}

static void write_run(struct bench *bench)
{
    struct truc_fault fault = {0};
    struct id_run_writer *writer;
    struct buffer filter = {0};
    const struct id_run_content content = {.facts = bench->dedupe.spill.facts,
                                           .entries = bench->dedupe.spilling,
                                           .filter =
                                               bytes_of(bench->dedupe.spill.filter, bench->dedupe.spill.filter_bytes)};
    uint64_t started_ns = now_ns();
    must(id_run_write_begin(file_disk(), bench->directory, "bench", &content, &writer, &fault), &fault);
    for (int more = 1; more == 1;) {
        uint64_t step_ns = now_ns();
        must(more = id_run_write_step(writer, &fault), &fault);
        keep_max(&bench->step_ns_max, step_ns);
    }
    id_run_write_end(writer);
    keep_max(&bench->run_ns_max, started_ns);
    open_run(bench, &content.facts, &filter);
    buffer_free(&filter);
}

static void add(struct bench *bench, uint64_t number)
{
    const struct truc_fault no_memory = {.text = "no memory"};
    struct id_entry entry = entry_of(number);
    must(dedupe_add(&bench->dedupe, &entry), &no_memory);
    uint64_t spill_ns = now_ns();
    int code = dedupe_spill(&bench->dedupe);
    must(code, &no_memory);
    if (code == 0)
        return;
    keep_max(&bench->spill_ns_max, spill_ns);
    bench->spills++;
    write_run(bench);
    must(dedupe_spilled(&bench->dedupe), &no_memory);
}

/* Asks for ids that the numbers from `first` on name; how many the disk had to be asked for, and how many were there. */
static uint64_t ask(struct bench *bench, uint64_t first, uint64_t step, uint64_t *ret_there, uint64_t *ret_memory_ns,
                    uint64_t *ret_disk_ns)
{
    uint64_t questions = 0;
    *ret_there = *ret_memory_ns = *ret_disk_ns = 0;
    for (uint64_t i = 0; i < ASKED; i++) {
        struct id_entry entry = entry_of(first + i * step), found;
        const struct dedupe_id id = {entry.key, entry.check};
        uint64_t started_ns = now_ns();
        size_t at = 0;
        while (dedupe_suspect(&bench->dedupe, id, &at) && bench->runs) {
            uint64_t disk_ns = now_ns();
            struct truc_fault fault = {0};
            int code = id_run_find(bench->runs[at - 1], id.key, id.check, &found, &fault);
            must(code, &fault);
            *ret_there += code == 1;
            *ret_disk_ns += now_ns() - disk_ns;
            questions++;
        }
        *ret_memory_ns += now_ns() - started_ns;
    }
    *ret_memory_ns -= *ret_disk_ns;
    return questions;
}

static size_t allocated_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static uint64_t start_ns(struct bench *bench)
{
    size_t count = bench->runs_count;
    for (size_t i = 0; i < count; i++)
        id_run_close(bench->runs[i]);
    bench->runs_count = 0;
    uint64_t started_ns = now_ns();
    for (size_t i = 0; i < count; i++) {
        struct buffer filter = {0};
        open_run(bench, &bench->dedupe.runs[i].facts, &filter);
        buffer_free(&filter);
    }
    return now_ns() - started_ns;
}

static void finish(struct bench *bench)
{
    struct truc_fault fault = {0};
    char path[512];
    for (size_t i = 0; i < bench->runs_count; i++)
        id_run_close(bench->runs[i]);
    for (size_t i = 0; i < bench->dedupe.runs_count; i++)
        must(id_run_remove(file_disk(), bench->directory, bench->dedupe.runs[i].facts.first_sequence, &fault), &fault);
    (void)snprintf(path, sizeof path, "%s/ids", bench->directory);
    (void)remove(path); /* it is empty */
    free(bench->runs);
    dedupe_free(&bench->dedupe);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: truc-bench-ids IDS DIRECTORY\n");
        return 2;
    }
    uint64_t ids = strtoull(argv[1], NULL, 10), there, memory_ns, disk_ns;
    struct bench bench = {
        .dedupe = {.young_max = CORE_IDS_YOUNG_MAX, .runs_max = CORE_IDS_RUNS_MAX, .young.secret = 42},
        .directory = argv[2]};
    struct buffer saved = {0};
    size_t before = allocated_bytes();
    uint64_t started_ns = now_ns();
    for (uint64_t i = 0; i < ids; i++)
        add(&bench, i);
    double seconds = (double)(now_ns() - started_ns) / 1e9, held = (double)(allocated_bytes() - before);
    dedupe_save(&bench.dedupe, &saved);
    printf("%llu ids in %.1f s, %llu of them in %zu runs\n", (unsigned long long)ids, seconds,
           (unsigned long long)(ids - bench.dedupe.young.count), bench.dedupe.runs_count);
    printf("memory: %.1f MiB, %.2f bytes an id; in a snapshot: %.1f MiB\n", held / 1048576, held / (double)ids,
           (double)saved.size / 1048576);
    printf("a run: made in %.0f ms, written in %.0f ms, in steps of at most %.0f ms\n",
           (double)bench.spill_ns_max / NS_PER_MS, (double)bench.run_ns_max / NS_PER_MS,
           (double)bench.step_ns_max / NS_PER_MS);
    uint64_t questions = ask(&bench, ids, 1, &there, &memory_ns, &disk_ns);
    printf("a new id: %.2f us in memory; the disk is asked for one in %.0f\n", (double)memory_ns / ASKED / 1e3,
           questions ? (double)ASKED / (double)questions : 0.0);
    questions = ask(&bench, 0, ids / ASKED ? ids / ASKED : 1, &there, &memory_ns, &disk_ns);
    printf("a known id: %.2f us a question to the disk (its cache), %llu of %d there\n",
           questions ? (double)disk_ns / (double)questions / 1e3 : 0.0, (unsigned long long)there, ASKED);
    printf("start: %.0f ms to read the filters\n", (double)start_ns(&bench) / NS_PER_MS);
    buffer_free(&saved);
    finish(&bench);
    return 0;
}
