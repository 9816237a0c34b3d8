/* bench_shared.c - POSIX shared memory.
 * See bench_shared.h.
 * The name is gone as soon as everybody has it open. */
#include "bench_shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"

static int map(int file, struct bench_shared **ret_shared, struct truc_fault *fault)
{
    void *memory = mmap(NULL, sizeof **ret_shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    int number = errno;
    close(file);
    if (memory == MAP_FAILED)
        return fault_errno(fault, TRUC_E_MEMORY, number, "mapping shared memory");
    *ret_shared = memory;
    return 0;
}

int bench_shared_make(char ret_name[64], struct bench_shared **ret_shared, struct truc_fault *fault)
{
    (void)snprintf(ret_name, 64, "/truc-bench-%ld", (long)getpid());
    int file = shm_open(ret_name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (file < 0 || ftruncate(file, (off_t)sizeof **ret_shared) < 0) {
        int number = errno;
        if (file >= 0) {
            close(file);
            shm_unlink(ret_name);
        }
        return fault_errno(fault, TRUC_E_IO, number, "shared memory %s", ret_name);
    }
    return map(file, ret_shared, fault);
}

int bench_shared_open(const char *name, struct bench_shared **ret_shared, struct truc_fault *fault)
{
    int file = shm_open(name, O_RDWR, 0600);
    return file < 0 ? fault_errno(fault, TRUC_E_IO, errno, "shared memory %s", name) : map(file, ret_shared, fault);
}

void bench_shared_forget(const char *name)
{
    shm_unlink(name);
}

void bench_shared_close(struct bench_shared *shared)
{
    if (shared)
        munmap(shared, sizeof *shared);
}

void bench_sample(struct bench_tally *tally, uint64_t now_ns, uint64_t value_ns)
{
    if (atomic_fetch_add(&tally->count, 1) == 0)
        tally->first_ns = now_ns;
    tally->last_ns = now_ns;
    if (tally->samples_count < BENCH_SAMPLES_MAX)
        tally->samples_ns[tally->samples_count++] = value_ns;
}
