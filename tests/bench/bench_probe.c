/* bench_probe.c - /proc, uname and a small sync probe.
 * See bench_probe.h.
 * A fact that can't be had is shown as unknown, never guessed. */
#include "bench_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fault.h"
#include "kit_wait.h"

enum { PROBE_SYNCS = 200, PROBE_BYTES = 4096 };

static int by_value(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

static int probe_block(int file, off_t at, uint64_t *ret_took_ns)
{
    static const char block[PROBE_BYTES] = {1};
    uint64_t before_ns = kit_now_ns();
    if (pwrite(file, block, sizeof block, at) != (ssize_t)sizeof block || fdatasync(file) < 0)
        return TRUC_E_IO;
    *ret_took_ns = kit_now_ns() - before_ns;
    return 0;
}

/* Zeros that are on disk, so that a block written over them changes no metadata. */
static int fill(int file)
{
    static const char zeros[PROBE_BYTES];
    for (off_t i = 0; i < PROBE_SYNCS; i++)
        if (pwrite(file, zeros, sizeof zeros, i * PROBE_BYTES) != (ssize_t)sizeof zeros)
            return TRUC_E_IO;
    return fsync(file) < 0 ? TRUC_E_IO : 0;
}

static int probe_sync(const char *directory, bool filled, struct bench_sync *ret_sync, struct truc_fault *fault)
{
    char path[KIT_PATH_BYTES];
    uint64_t took_ns[PROBE_SYNCS] = {0};
    int code = kit_path(path, fault, "%s/sync-probe", directory);
    if (code < 0)
        return code;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    code = filled ? fill(file) : 0;
    for (size_t i = 0; code == 0 && i < PROBE_SYNCS; i++)
        code = probe_block(file, (off_t)(i * PROBE_BYTES), &took_ns[i]);
    if (code < 0)
        code = fault_errno(fault, code, errno, "%s", path);
    close(file);
    unlink(path);
    if (code < 0)
        return code;
    qsort(took_ns, PROBE_SYNCS, sizeof *took_ns, by_value);
    *ret_sync = (struct bench_sync){.p50_us = (double)took_ns[PROBE_SYNCS / 2] / 1e3,
                                    .p99_us = (double)took_ns[PROBE_SYNCS * 99 / 100] / 1e3};
    return 0;
}

static void name_cpu(struct bench_machine *machine)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    (void)snprintf(machine->cpu, sizeof machine->cpu, "unknown");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            (void)snprintf(machine->cpu, sizeof machine->cpu, "%.*s", (int)strcspn(strchr(line, ':') + 2, "\n"),
                           strchr(line, ':') + 2);
            break;
        }
    if (file)
        fclose(file);
}

static void name_file_system(const char *directory, struct bench_machine *machine)
{
    static const struct {
        long type;
        const char *name;
    } known[] = {
        {0xef53, "ext4"}, {0x58465342, "xfs"}, {0x9123683e, "btrfs"}, {0x01021994, "tmpfs"}, {0x794c7630, "overlayfs"}};
    struct statfs status;
    (void)snprintf(machine->file_system, sizeof machine->file_system, "unknown");
    if (statfs(directory, &status) < 0)
        return;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].type == (long)status.f_type)
            (void)snprintf(machine->file_system, sizeof machine->file_system, "%s", known[i].name);
}

int bench_machine_probe(const char *directory, struct bench_machine *ret_machine, struct truc_fault *fault)
{
    struct bench_machine machine = {.cores = sysconf(_SC_NPROCESSORS_ONLN)};
    struct utsname name;
    if (uname(&name) < 0 || getloadavg(&machine.load, 1) != 1)
        return fault_errno(fault, TRUC_E_IO, errno, "asking for the machine's name and load");
    (void)snprintf(machine.kernel, sizeof machine.kernel, "%.32s %.56s", name.sysname, name.release);
    name_cpu(&machine);
    name_file_system(directory, &machine);
    int code = probe_sync(directory, false, &machine.appended, fault);
    if (code == 0)
        code = probe_sync(directory, true, &machine.filled, fault);
    if (code == 0)
        *ret_machine = machine;
    return code;
}

void bench_looks_begin(struct bench_looks *looks, const struct bench_tree *tree)
{
    *looks = (struct bench_looks){.tree = *tree};
    looks->cpu_before_ns = bench_tree_measure(tree).cpu_ns;
}

void bench_look(struct bench_looks *looks)
{
    char path[64], text[128];
    (void)snprintf(path, sizeof path, "/proc/%ld/syscall", (long)looks->tree.roots[0]);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0)
        close(file);
    if (size <= 0)
        return;
    text[size] = 0;
    long number = strtol(text, NULL, 10);
    if (strncmp(text, "running", 7) == 0)
        looks->running++;
    else if (number == SYS_fdatasync || number == SYS_fsync || number == SYS_sync_file_range)
        looks->syncing++;
    else if (number == SYS_poll || number == SYS_ppoll || number == SYS_epoll_wait || number == SYS_epoll_pwait)
        looks->waiting++;
    else
        looks->running++; /* in another system call: writing, mostly */
}

void bench_looks_end(struct bench_looks *looks)
{
    looks->cpu_ns = bench_tree_measure(&looks->tree).cpu_ns - looks->cpu_before_ns;
}

double bench_looks_share(uint64_t part, const struct bench_looks *looks)
{
    uint64_t all = looks->running + looks->syncing + looks->waiting;
    return all == 0 ? -1 : 100 * (double)part / (double)all;
}
