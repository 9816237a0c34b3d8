/* sim_canary_disk.c - brokers that lie about the disk: a group's sync is put off, a failed one is tried again, a name is never synced.
 * Nothing else is wrong with them: what must be caught is the lie itself.
 * See sim_canary.h. */
#include <stdlib.h>

#include "journal.h"
#include "journal_private.h"
#include "sim_canary.h"
#include "sim_world.h"

/* ---- a group's sync is put off until the next write; what is acknowledged, or only delivered, may be in memory alone ---- */

static struct disk_file *owed; /* the file whose last group is not synced yet */
static int appending, starting_segment;

static struct {
    struct world *world;
    uint64_t peer;
    struct buffer frame;
} held[64]; /* acknowledgements that wait for the sync: of deliver-before-sync */
static size_t held_count;

static bool is_late(void)
{
    return canary_chosen == CANARY_ACKNOWLEDGE_BEFORE_SYNC || canary_chosen == CANARY_DELIVER_BEFORE_SYNC;
}

static void release_held(void)
{
    for (size_t i = 0; i < held_count; i++) {
        (void)network_to_client(held[i].world, held[i].peer, buffer_view(&held[i].frame)); /* it may be gone */
        buffer_free(&held[i].frame);
    }
    held_count = 0;
}

static void pay(void)
{
    if (owed)
        (void)disk_sync(owed); /* a disk that fails shows it at the next write */
    owed = NULL;
}

static int sync_late(struct disk_file *file)
{
    pay();
    if (!appending || starting_segment)
        return disk_sync(file);
    owed = file;
    return 0;
}

int canary_sync(struct disk_file *file)
{
    if (is_late())
        return sync_late(file);
    int code = disk_sync(file);
    return code < 0 && canary_chosen == CANARY_RETRY_FAILED_SYNC ? disk_sync(file) : code;
}

int canary_sync_directory(struct disk *disk, const char *path)
{
    return canary_chosen == CANARY_SKIP_DIRECTORY_SYNC ? 0 : disk_sync_directory(disk, path);
}

void canary_closes(struct disk_file *file)
{
    if (owed == file)
        pay();
}

bool canary_holds(struct world *world, uint64_t peer, struct bytes frame)
{
    struct command command;
    if (canary_chosen != CANARY_DELIVER_BEFORE_SYNC || command_decode(frame, &command, NULL) < 0 ||
        command.kind != COMMAND_OUTCOMES || held_count == sizeof held / sizeof *held)
        return false;
    held[held_count].world = world;
    held[held_count].peer = peer;
    buffer_append_bytes(&held[held_count++].frame, frame);
    return true;
}

void canary_forgets(void)
{
    owed = NULL;
    appending = starting_segment = 0;
    while (held_count)
        buffer_free(&held[--held_count].frame);
}

void canary_begins(void)
{
    canary_forgets();
}

int __real_journal_append_group(struct journal *journal, const struct journal_group *group, struct truc_fault *fault);
int __wrap_journal_append_group(struct journal *journal, const struct journal_group *group, struct truc_fault *fault);
int __wrap_journal_append_group(struct journal *journal, const struct journal_group *group, struct truc_fault *fault)
{
    if (is_late())
        pay();
    release_held();
    appending++;
    int code = __real_journal_append_group(journal, group, fault);
    appending--;
    return code;
}

int __real_journal_start_segment(struct journal *journal, uint64_t time_ns, struct truc_fault *fault);
int __wrap_journal_start_segment(struct journal *journal, uint64_t time_ns, struct truc_fault *fault);
int __wrap_journal_start_segment(struct journal *journal, uint64_t time_ns, struct truc_fault *fault)
{
    if (is_late())
        pay();
    starting_segment++;
    int code = __real_journal_start_segment(journal, time_ns, fault);
    starting_segment--;
    return code;
}

/* ---- cut-valid-group: recovery takes the last group for one that was torn ---- */

static bool recovering;

int __real_journal_recover(struct journal *journal, const struct journal_recovery *recovery,
                           struct journal_opened *ret_opened, struct truc_fault *fault);
int __wrap_journal_recover(struct journal *journal, const struct journal_recovery *recovery,
                           struct journal_opened *ret_opened, struct truc_fault *fault);
int __wrap_journal_recover(struct journal *journal, const struct journal_recovery *recovery,
                           struct journal_opened *ret_opened, struct truc_fault *fault)
{
    recovering = !journal->is_read_only;
    int code = __real_journal_recover(journal, recovery, ret_opened, fault);
    recovering = false;
    return code;
}

int __real_group_read_at(struct journal *journal, const struct segment *segment, uint64_t offset, unsigned parts,
                         struct buffer *group, struct group_header *ret_header, struct truc_fault *fault);
int __wrap_group_read_at(struct journal *journal, const struct segment *segment, uint64_t offset, unsigned parts,
                         struct buffer *group, struct group_header *ret_header, struct truc_fault *fault);
int __wrap_group_read_at(struct journal *journal, const struct segment *segment, uint64_t offset, unsigned parts,
                         struct buffer *group, struct group_header *ret_header, struct truc_fault *fault)
{
    struct group_header next;
    int code = __real_group_read_at(journal, segment, offset, parts, group, ret_header, fault);
    if (canary_chosen != CANARY_CUT_VALID_GROUP || !recovering || code != GROUP_GOOD ||
        segment != &journal->segments[journal->segment_count - 1] ||
        ret_header->payload_bytes == 0 ||                      /* nothing was acknowledged by it */
        ret_header->first_sequence < journal->checkpoint_size) /* a checkpoint would tell */
        return code;
    struct buffer behind BUFFER_CLEANUP = {0};
    uint64_t end = offset + group_padded_bytes(ret_header);
    return __real_group_read_at(journal, segment, end, parts, &behind, &next, NULL) == GROUP_GOOD ? code : GROUP_BAD;
}
