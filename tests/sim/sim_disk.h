/* sim_disk.h - the broker's disk: the disk in memory of tests/support, with the faults that calls have and bytes have not.
 * Opening, renaming and syncing a directory fail, a sync takes long. Torn and lost writes, EIO and a full disk are memory_disk.h's.
 * Between the engine and memory_disk.h; canaries of the disk (sim_canary_disk.c) sit in here, too. */
#ifndef TRUC_SIM_DISK_H
#define TRUC_SIM_DISK_H

#include "memory_disk.h"

struct world;

struct sim_disk_faults {
    struct memory_disk_faults memory;
    uint64_t fail_open, fail_rename, fail_sync_directory; /* this call from now on fails; 0: none */
};

struct sim_disk {
    struct disk disk; /* what the engine is given */
    struct memory_disk *memory;
    struct world *world;
    struct sim_disk_faults faults;
    bool is_armed; /* some fault is to come, or has come since the broker started: it may end */
    char last_segment[DISK_PATH_BYTES_MAX]; /* the one that is appended to; "": none yet */
    bool is_tight;                          /* the broker was told that there is little room */
    bool is_calm;                           /* an oracle is reading: nothing fails or takes time */
};

void sim_disk_init(struct world *world);
void sim_disk_arm(struct world *world, const struct sim_disk_faults *faults);
void sim_disk_disarm(struct world *world);
void sim_disk_look(struct world *world); /* which is the last segment, after a start */
void sim_disk_free(struct sim_disk *disk);

#endif
