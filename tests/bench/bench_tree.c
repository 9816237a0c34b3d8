/* bench_tree.c - /proc/PID/stat for parents and time, /proc/PID/status for memory.
 * See bench_tree.h.
 * A process that ends while it is looked at counts as nothing. */
#include "bench_tree.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROCESSES_MAX = 4096 };

struct process {
    pid_t pid, parent;
    uint64_t cpu_ns;
    bool in_tree;
};

/* The parent is field 4, utime and stime are 14 and 15; the name in field 2 may hold spaces. */
static bool read_process(pid_t pid, struct process *process)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    int parent = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[size] = 0;
    const char *rest = strrchr(text, ')');
    if (rest == NULL ||
        sscanf(rest + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &parent, &user, &system) != 3)
        return false;
    *process = (struct process){.pid = pid,
                                .parent = parent,
                                .cpu_ns = (uint64_t)(user + system) * 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK)};
    return true;
}

static size_t read_processes(struct process *processes)
{
    size_t count = 0;
    DIR *folder = opendir("/proc");
    for (const struct dirent *entry; folder && count < PROCESSES_MAX && (entry = readdir(folder));) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid > 0 && *end == 0 && read_process((pid_t)pid, &processes[count]))
            count++;
    }
    if (folder)
        closedir(folder);
    return count;
}

static bool belongs(const struct process *process, const struct bench_tree *tree, const struct process *all,
                    size_t count)
{
    for (size_t i = 0; i < BENCH_TREE_ROOTS; i++)
        if (tree->roots[i] > 0 && process->pid == tree->roots[i])
            return true;
    for (size_t i = 0; i < count; i++)
        if (all[i].in_tree && all[i].pid == process->parent)
            return true;
    return false;
}

static void add_memory(pid_t pid, struct bench_tree_use *use)
{
    char path[64], line[128];
    unsigned long kib;
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %lu", &kib) == 1)
            use->resident_bytes += (uint64_t)kib * 1024;
        else if (sscanf(line, "VmHWM: %lu", &kib) == 1)
            use->peak_bytes += (uint64_t)kib * 1024;
    if (file)
        fclose(file);
}

struct bench_tree_use bench_tree_measure(const struct bench_tree *tree)
{
    static struct process processes[PROCESSES_MAX];
    struct bench_tree_use use = {0};
    size_t count = read_processes(processes);
    for (bool grew = true; grew;) {
        grew = false;
        for (size_t i = 0; i < count; i++)
            if (!processes[i].in_tree && belongs(&processes[i], tree, processes, count))
                grew = processes[i].in_tree = true;
    }
    for (size_t i = 0; i < count; i++)
        if (processes[i].in_tree) {
            use.cpu_ns += processes[i].cpu_ns;
            add_memory(processes[i].pid, &use);
        }
    return use;
}
