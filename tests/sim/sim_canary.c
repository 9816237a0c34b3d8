/* sim_canary.c - the broken brokers: a disk that says "synced" too early, and functions wrapped at link time (ld --wrap).
 * Without a canary chosen everything passes through unchanged.
 * Only the simulation links this. */
#include "sim_canary.h"

#include <string.h>

#include "core.h"
#include "dedupe.h"
#include "journal.h"

static enum {
    CANARY_NONE,
    CANARY_ACKNOWLEDGE_BEFORE_SYNC,
    CANARY_FORGET_IDS_AT_RESTART,
    CANARY_FORGET_IDS_ON_DISK
} chosen;

int canary_choose(const char *name)
{
    if (strcmp(name, "acknowledge-before-sync") == 0)
        chosen = CANARY_ACKNOWLEDGE_BEFORE_SYNC;
    else if (strcmp(name, "forget-ids-at-restart") == 0)
        chosen = CANARY_FORGET_IDS_AT_RESTART;
    else if (strcmp(name, "forget-ids-on-disk") == 0)
        chosen = CANARY_FORGET_IDS_ON_DISK;
    else
        return -1;
    return 0;
}

/* ---- acknowledge-before-sync: the sync of a group is put off until the next write, so what is acknowledged may still be
 *      only in memory. Nothing else is wrong with that broker: what must be caught is the lie itself. ---- */

static struct disk_operations late;
static int (*true_open)(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file);
static int (*true_sync)(struct disk_file *file);
static void (*true_close)(struct disk_file *file);
static struct disk_file *owed; /* the file whose last group is not synced yet */
static int appending, starting_segment;

static void pay(void)
{
    if (owed)
        (void)true_sync(owed); /* a disk that fails shows it at the next write */
    owed = NULL;
}

static int sync_late(struct disk_file *file)
{
    pay();
    if (!appending || starting_segment)
        return true_sync(file);
    owed = file;
    return 0;
}

static void close_late(struct disk_file *file)
{
    if (owed == file)
        pay();
    true_close(file);
}

int __real_journal_append_group(struct journal *journal, const struct journal_group *group, struct truc_fault *fault);
int __wrap_journal_append_group(struct journal *journal, const struct journal_group *group, struct truc_fault *fault);
int __wrap_journal_append_group(struct journal *journal, const struct journal_group *group, struct truc_fault *fault)
{
    appending++;
    int code = __real_journal_append_group(journal, group, fault);
    appending--;
    return code;
}

int __real_journal_start_segment(struct journal *journal, uint64_t time_ns, struct truc_fault *fault);
int __wrap_journal_start_segment(struct journal *journal, uint64_t time_ns, struct truc_fault *fault);
int __wrap_journal_start_segment(struct journal *journal, uint64_t time_ns, struct truc_fault *fault)
{
    if (chosen == CANARY_ACKNOWLEDGE_BEFORE_SYNC)
        pay();
    starting_segment++;
    int code = __real_journal_start_segment(journal, time_ns, fault);
    starting_segment--;
    return code;
}

static int open_late(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file)
{
    int code = true_open(disk, path, flags, ret_file);
    if (code == 0 && strstr(path, "/segments/"))
        (*ret_file)->operations = &late;
    return code;
}

void canary_apply(struct disk *disk)
{
    if (chosen != CANARY_ACKNOWLEDGE_BEFORE_SYNC || disk->operations == &late)
        return;
    late = *disk->operations;
    true_open = late.open;
    true_sync = late.sync;
    true_close = late.close;
    late.open = open_late;
    late.sync = sync_late;
    late.close = close_late;
    disk->operations = &late;
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

int __real_dedupe_add(struct dedupe *dedupe, const struct id_entry *entry);
int __wrap_dedupe_add(struct dedupe *dedupe, const struct id_entry *entry);
int __wrap_dedupe_add(struct dedupe *dedupe, const struct id_entry *entry)
{
    if (chosen == CANARY_FORGET_IDS_AT_RESTART && replaying)
        return 0;
    return __real_dedupe_add(dedupe, entry);
}

int __real_dedupe_restore(struct dedupe *dedupe, struct bytes saved);
int __wrap_dedupe_restore(struct dedupe *dedupe, struct bytes saved);
int __wrap_dedupe_restore(struct dedupe *dedupe, struct bytes saved)
{
    return chosen == CANARY_FORGET_IDS_AT_RESTART ? 0 : __real_dedupe_restore(dedupe, saved);
}

/* ---- forget-ids-on-disk: the run is asked and says that it does not have the id ---- */

int __real_id_run_find(struct id_run *run, uint64_t key, uint64_t check, struct id_entry *ret_entry,
                       struct truc_fault *fault);
int __wrap_id_run_find(struct id_run *run, uint64_t key, uint64_t check, struct id_entry *ret_entry,
                       struct truc_fault *fault);
int __wrap_id_run_find(struct id_run *run, uint64_t key, uint64_t check, struct id_entry *ret_entry,
                       struct truc_fault *fault)
{
    return chosen == CANARY_FORGET_IDS_ON_DISK ? 0 : __real_id_run_find(run, key, check, ret_entry, fault);
}
