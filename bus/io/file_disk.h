/* file_disk.h - the journal's disk as real files of this machine.
 * No caching and no retrying: what disk.h promises, by system calls.
 * Under the journal in trucd and in the command line. */
#ifndef TRUC_FILE_DISK_H
#define TRUC_FILE_DISK_H

#include "disk.h"

/* One for the whole process; holds nothing, is never freed. Syncs are fdatasync; locks are flock, so they end with the
 * process. */
struct disk *file_disk(void);

#endif
