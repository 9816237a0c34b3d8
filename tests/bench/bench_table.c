/* bench_table.c - the tables of truc-bench.
 * See bench_table.h.
 * "flood": throughput; "paced": latency from the due time; "ask": round trips. */
#include "bench_table.h"

#include <jansson.h>
#include <stdio.h>

#include "fault.h"

double bench_per_second(uint64_t count, double seconds)
{
    return seconds > 0 ? (double)count / seconds : 0;
}

void bench_print_machine(const struct bench_machine *machine)
{
    printf("\n  %ld cores, %s, %s, %s, load before %.2f\n", machine->cores, machine->cpu, machine->kernel,
           machine->file_system, machine->load);
    printf("  fdatasync of 4 KiB: appended p50 %.0f us, p99 %.0f us; in a zero-filled file p50 %.0f us, p99 %.0f us\n",
           machine->appended.p50_us, machine->appended.p99_us, machine->filled.p50_us, machine->filled.p99_us);
}

static void print_throughput(const struct bench_report *report)
{
    printf("\n  %-26s %9s %11s %11s %8s %10s %10s  %s\n", "as fast as it goes", "messages", "accepted/s", "settled/s",
           "MB/s", "ack p50", "ack p99", "refused");
    for (size_t i = 0; i < report->results_count; i++) {
        const struct bench_result *result = &report->results[i];
        if (result->plan.way != BENCH_FLOOD)
            continue;
        double accepted = bench_per_second(result->acknowledged, result->acknowledged_s);
        printf("  %-26s %9llu %11.0f %11.0f %8.1f %7.2f ms %7.2f ms  %llu\n", result->plan.name,
               (unsigned long long)result->acknowledged, accepted,
               bench_per_second(result->delivered, result->delivered_s), accepted * result->plan.size_bytes / 1e6,
               result->acknowledging.p50_ms, result->acknowledging.p99_ms, (unsigned long long)result->failed);
    }
}

static void print_latency(const struct bench_report *report)
{
    printf("\n  %-26s %9s %11s %31s %31s\n", "at a fixed rate", "messages", "reached/s",
           "due to acknowledged p50/p99/max", "due to delivered p50/p99/max");
    for (size_t i = 0; i < report->results_count; i++) {
        const struct bench_result *result = &report->results[i];
        const struct bench_quantiles *acknowledging = &result->acknowledging, *delivering = &result->delivering;
        if (result->plan.way != BENCH_PACED)
            continue;
        printf("  %-26s %9llu %11.0f %9.2f / %6.2f / %6.2f ms %9.2f / %6.2f / %6.2f ms\n", result->plan.name,
               (unsigned long long)result->acknowledged, bench_per_second(result->acknowledged, result->acknowledged_s),
               acknowledging->p50_ms, acknowledging->p99_ms, acknowledging->max_ms, delivering->p50_ms,
               delivering->p99_ms, delivering->max_ms);
    }
    for (size_t i = 0; i < report->results_count; i++) {
        const struct bench_result *result = &report->results[i];
        if (result->plan.way == BENCH_ASK)
            printf("\n  %-26s %9llu %9.0f/s   round trip p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", result->plan.name,
                   (unsigned long long)result->acknowledged,
                   bench_per_second(result->acknowledged, result->acknowledged_s), result->acknowledging.p50_ms,
                   result->acknowledging.p99_ms, result->acknowledging.max_ms);
    }
}

/* What limited it: a core fully used, or the disk. */
static void print_limits(const struct bench_report *report)
{
    printf("\n  %-26s %9s %12s %12s %12s   %s\n", "CPU seconds", "wall", "broker", "senders", "receiver",
           "broker's main thread: in sync / waiting / running");
    for (size_t i = 0; i < report->results_count; i++) {
        const struct bench_result *result = &report->results[i];
        const struct bench_looks *looks = &result->broker;
        double wall_s = result->delivered_s > result->acknowledged_s ? result->delivered_s : result->acknowledged_s;
        printf("  %-26s %8.2fs %11.2fs %11.2fs %11.2fs", result->plan.name, wall_s, (double)looks->cpu_ns / 1e9,
               result->senders_cpu_s, result->receiver_cpu_s);
        if (bench_looks_share(0, looks) < 0)
            printf("   unknown: /proc/PID/syscall can't be read\n");
        else
            printf("   %3.0f %% / %3.0f %% / %3.0f %%\n", bench_looks_share(looks->syncing, looks),
                   bench_looks_share(looks->waiting, looks), bench_looks_share(looks->running, looks));
    }
}

void bench_print(const struct bench_report *report)
{
    bench_print_machine(&report->machine);
    print_throughput(report);
    print_latency(report);
    print_limits(report);
    printf("\n  start with %llu records: %.0f ms after kill -9, %.0f ms after a clean stop\n\n",
           (unsigned long long)report->start.records, report->start.killed_ms, report->start.clean_ms);
}

static json_t *quantiles_json(const struct bench_quantiles *quantiles)
{
    return json_pack("{s:I, s:f, s:f, s:f}", "count", (json_int_t)quantiles->count, "p50_ms", quantiles->p50_ms,
                     "p99_ms", quantiles->p99_ms, "max_ms", quantiles->max_ms);
}

static json_t *result_json(const struct bench_result *result)
{
    const struct bench_plan *plan = &result->plan;
    const struct bench_looks *looks = &result->broker;
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}",
                     "name", plan->name, "way", bench_way_name(plan->way), "size_bytes", (json_int_t)plan->size_bytes,
                     "rate", (json_int_t)plan->rate, "window", (json_int_t)plan->window, "keys", (json_int_t)plan->keys,
                     "acknowledged", (json_int_t)result->acknowledged, "delivered", (json_int_t)result->delivered,
                     "failed", (json_int_t)result->failed, "acknowledged_s", result->acknowledged_s, "delivered_s",
                     result->delivered_s, "broker_cpu_s", (double)looks->cpu_ns / 1e9, "senders_cpu_s",
                     result->senders_cpu_s, "receiver_cpu_s", result->receiver_cpu_s, "broker_sync_percent",
                     bench_looks_share(looks->syncing, looks), "broker_wait_percent",
                     bench_looks_share(looks->waiting, looks), "acknowledging", quantiles_json(&result->acknowledging),
                     "delivering", quantiles_json(&result->delivering));
}

int bench_write_json(const struct bench_report *report, const char *path, struct truc_fault *fault)
{
    const struct bench_machine *machine = &report->machine;
    json_t *results = json_array();
    bool whole = true;
    for (size_t i = 0; i < report->results_count; i++)
        whole = json_array_append_new(results, result_json(&report->results[i])) == 0 && whole;
    json_t *root = json_pack("{s:{s:s, s:s, s:s, s:I, s:f, s:f, s:f, s:f, s:f}, s:o, s:{s:I, s:f, s:f}}", "machine",
                             "cpu", machine->cpu, "kernel", machine->kernel, "file_system", machine->file_system,
                             "cores", (json_int_t)machine->cores, "load_before", machine->load, "sync_p50_us",
                             machine->appended.p50_us, "sync_p99_us", machine->appended.p99_us, "sync_filled_p50_us",
                             machine->filled.p50_us, "sync_filled_p99_us", machine->filled.p99_us, "results", results,
                             "start", "records", (json_int_t)report->start.records, "killed_ms",
                             report->start.killed_ms, "clean_ms", report->start.clean_ms);
    int code = 0;
    if (!whole || root == NULL)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for %s", path);
    else if (json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0)
        code = fault_set(fault, TRUC_E_IO, "%s can't be written", path);
    json_decref(root);
    return code;
}
