/* sim_canary.c - the broken brokers: a disk that says "synced" too early, and functions wrapped at link time (ld --wrap).
 * Without a canary chosen everything passes through unchanged.
 * Only the simulation links this. */
#include "sim_canary.h"

#include <string.h>

#include "core.h"
#include "dedupe.h"

static enum { CANARY_NONE, CANARY_ACKNOWLEDGE_BEFORE_SYNC, CANARY_FORGET_IDS_AT_RESTART } chosen;

int canary_choose(const char *name)
{
    if (strcmp(name, "acknowledge-before-sync") == 0)
        chosen = CANARY_ACKNOWLEDGE_BEFORE_SYNC;
    else if (strcmp(name, "forget-ids-at-restart") == 0)
        chosen = CANARY_FORGET_IDS_AT_RESTART;
    else
        return -1;
    return 0;
}

/* ---- acknowledge-before-sync: the sync is skipped, so what is acknowledged may still be only in memory ---- */

static struct disk_operations skipping;
static int (*true_open)(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file);

static int skip_sync(struct disk_file *file)
{
    (void)file;
    return 0;
}

static int open_skipping(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file)
{
    int code = true_open(disk, path, flags, ret_file);
    if (code == 0 && strstr(path, "/segments/"))
        (*ret_file)->operations = &skipping;
    return code;
}

void canary_apply(struct disk *disk)
{
    if (chosen != CANARY_ACKNOWLEDGE_BEFORE_SYNC || disk->operations == &skipping)
        return;
    skipping = *disk->operations;
    true_open = skipping.open;
    skipping.open = open_skipping;
    skipping.sync = skip_sync;
    disk->operations = &skipping;
}

/* ---- forget-ids-at-restart: replay and snapshots bring no ids back ---- */

static int replaying;

int __real_core_replay(struct core *core, uint64_t sequence, uint64_t time_ns, enum record_kind kind, struct bytes body,
                       struct effects *effects, struct truc_fault *fault);
int __wrap_core_replay(struct core *core, uint64_t sequence, uint64_t time_ns, enum record_kind kind, struct bytes body,
                       struct effects *effects, struct truc_fault *fault);
int __wrap_core_replay(struct core *core, uint64_t sequence, uint64_t time_ns, enum record_kind kind, struct bytes body,
                       struct effects *effects, struct truc_fault *fault)
{
    replaying++;
    int code = __real_core_replay(core, sequence, time_ns, kind, body, effects, fault);
    replaying--;
    return code;
}

int __real_dedupe_add(struct dedupe *dedupe, struct bytes sender, struct bytes id, const struct sha256_digest *leaf, uint64_t sequence,
                      uint64_t time_ns);
int __wrap_dedupe_add(struct dedupe *dedupe, struct bytes sender, struct bytes id, const struct sha256_digest *leaf, uint64_t sequence,
                      uint64_t time_ns);
int __wrap_dedupe_add(struct dedupe *dedupe, struct bytes sender, struct bytes id, const struct sha256_digest *leaf, uint64_t sequence,
                      uint64_t time_ns)
{
    if (chosen == CANARY_FORGET_IDS_AT_RESTART && replaying)
        return 0;
    return __real_dedupe_add(dedupe, sender, id, leaf, sequence, time_ns);
}

int __real_dedupe_restore(struct dedupe *dedupe, struct bytes saved);
int __wrap_dedupe_restore(struct dedupe *dedupe, struct bytes saved);
int __wrap_dedupe_restore(struct dedupe *dedupe, struct bytes saved)
{
    return chosen == CANARY_FORGET_IDS_AT_RESTART ? 0 : __real_dedupe_restore(dedupe, saved);
}
