/* sim_canary.h - the broker broken on purpose, to show that the oracles would notice, and which.
 * Works by wrapping functions at link time (ld --wrap) and by lying in the disk's calls: the product's code has no switch for it.
 * sim_canary.c has the table, sim_canary_disk.c what lies about disks, sim_canary_core.c what breaks the core. */
#ifndef TRUC_SIM_CANARY_H
#define TRUC_SIM_CANARY_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "sim_oracle.h"

enum canary {
    CANARY_NONE,
    CANARY_ACKNOWLEDGE_BEFORE_SYNC,
    CANARY_DELIVER_BEFORE_SYNC,
    CANARY_SKIP_DIRECTORY_SYNC,
    CANARY_RETRY_FAILED_SYNC,
    CANARY_CUT_VALID_GROUP,
    CANARY_FORGET_IDS_AT_RESTART,
    CANARY_FORGET_IDS_ON_DISK,
    CANARY_DELIVER_BEYOND_CREDIT,
    CANARY_DELIVER_TO_SUSPENDED,
    CANARY_DELIVER_AFTER_LAPSE,
    CANARY_FORGET_SETTLEMENT,
    CANARY_SETTLE_WITHOUT_RECEIPT,
    CANARY_BREAK_ORDER,
    CANARY_DROP_WHEN_FULL,
    CANARY_ACCEPT_REVOKED_KEY,
    CANARY_IGNORE_BLOCKED_KEYS,
    CANARY_DELIVER_TOO_EARLY,
    CANARY_REFUSE_WITHOUT_REASON,
    CANARY_COUNT
};
extern enum canary canary_chosen;

/* -1 when there is none of that name. ret_oracle: who must catch it. */
int canary_choose(const char *name, enum oracle *ret_oracle);
void canary_begins(void);  /* a run */
void canary_forgets(void); /* the broker's process has ended */

/* sim_canary_disk.c: between sim_disk.c and the disk in memory */
struct disk;
struct disk_file;
struct world;
int canary_sync(struct disk_file *file);
int canary_sync_directory(struct disk *disk, const char *path);
void canary_closes(struct disk_file *file);
bool canary_holds(struct world *world, uint64_t peer, struct bytes frame); /* a frame is kept back */

#endif
