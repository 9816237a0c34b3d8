/* memory_disk.h - a disk in memory that behaves as badly as real ones may: for tests and the simulation.
 * What isn't synced can vanish, whole or by 512-byte sectors; names are durable only after their directory is synced; a
 * failed sync loses what it should have written although it can still be read. Implements bus/journal/disk.h.
 * Deterministic: every choice comes from the seed of memory_disk_crash(). */
#ifndef TRUC_TEST_MEMORY_DISK_H
#define TRUC_TEST_MEMORY_DISK_H

#include "buffer.h"
#include "disk.h"

struct memory_disk;

/* "/" exists. NULL: out of memory. */
struct memory_disk *memory_disk_new(void);
void memory_disk_free(struct memory_disk *disk); /* files still open must not be used afterwards, closing included */
/* A disk with the same content, everything durable, nothing open: to damage and throw away. */
struct memory_disk *memory_disk_copy(const struct memory_disk *disk);
struct disk *memory_disk_interface(struct memory_disk *disk);

/* Faults to come. Counts are of calls from now on, the first is 1; 0: none. */
struct memory_disk_faults {
    uint64_t fail_write; /* this write returns fail_error and does nothing */
    uint64_t
        fail_sync;  /* this sync (file or directory) returns fail_error; what a file's should have written is lost */
    int fail_error; /* 0: -EIO */
    uint64_t
        power_off; /* from this call on that changes anything, everything returns -EIO, as if the power were gone */
    bool no_descriptors;  /* nothing can be opened: -EMFILE */
    uint64_t space_bytes; /* all files together may hold this much (0: no limit); beyond it: -ENOSPC */
};
void memory_disk_set_faults(struct memory_disk *disk, const struct memory_disk_faults *faults);
bool memory_disk_is_off(const struct memory_disk *disk); /* its power is gone, noticed or not */

/* The power fails and comes back: unsynced writes survive or not sector by sector, unsynced names up to some operation.
 * Open files are dead (-EIO) and need closing; locks and faults are gone. */
void memory_disk_crash(struct memory_disk *disk, uint64_t seed);
/* The process dies, the machine doesn't: everything written stays, open files are dead, locks and faults are gone. */
void memory_disk_kill(struct memory_disk *disk);

/* Looking in from outside. The content is what a reader sees; changing its bytes damages the file. NULL: no such file.
 */
struct buffer *memory_disk_content(struct memory_disk *disk, const char *path);
/* Path of the n-th file (not directory) in alphabetical order, NULL past the last; lives until the next change. */
const char *memory_disk_path(struct memory_disk *disk, size_t n);
void memory_disk_remove(struct memory_disk *disk, const char *path);

/* Whether a power cut now would leave the file as it is: its name is durable, and so is all that was written to it. A file that is
 * not there is not durable. */
bool memory_disk_is_durable(const struct memory_disk *disk, const char *path);
uint64_t memory_disk_used_bytes(const struct memory_disk *disk); /* of all files, as space_bytes counts them */

struct memory_disk_counts {
    uint64_t writes, syncs, changes; /* calls; changes: every call that changes anything */
};
struct memory_disk_counts memory_disk_counts(const struct memory_disk *disk);

#endif
