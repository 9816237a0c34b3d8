/* failing_disk.h - a disk over another one whose n-th call of a kind fails: for tests that try each call once.
 * Not how disks lose data: that is memory_disk.h's. While a call is carried out no allocation fails (failing_memory.h).
 * Implements bus/journal/disk.h. */
#ifndef TRUC_FAILING_DISK_H
#define TRUC_FAILING_DISK_H

#include "disk.h"

enum disk_call {
    DISK_CALL_NONE,
    DISK_CALL_OPEN,
    DISK_CALL_LOCK,
    DISK_CALL_READ,
    DISK_CALL_WRITE,
    DISK_CALL_SYNC,
    DISK_CALL_SIZE,
    DISK_CALL_TRUNCATE,
    DISK_CALL_RENAME,
    DISK_CALL_UNLINK,
    DISK_CALL_MAKE_DIRECTORY,
    DISK_CALL_SYNC_DIRECTORY,
    DISK_CALL_LIST,
    DISK_CALLS
};

struct failing_disk {
    struct disk disk;
    struct disk *below;
    enum disk_call call; /* DISK_CALL_NONE: nothing fails */
    uint64_t nth;        /* of that kind, from 1, does nothing and returns `error` */
    int error;
    uint64_t counts[DISK_CALLS];
    char path[DISK_PATH_BYTES_MAX]; /* of the call that failed; "" before */
};

/* Files opened through it must be closed before the disk below goes. */
void failing_disk_begin(struct failing_disk *disk, struct disk *below);
const char *disk_call_name(enum disk_call call);

#endif
