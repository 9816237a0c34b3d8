/* blob_keep.c - what is stored in all, and its end: unfinished uploads that rest too long, blobs that no message needs.
 * First the record, then the file: a removal that a crash interrupts is finished by the next sweep.
 * See blob_keep.h. */
#include "blob_keep.h"

#include "awaiting.h"
#include "blob_get.h"
#include "blob_put.h"
#include "client.h"
#include "core_emit.h"
#include "destination.h"
#include "fault.h"
#include "time_text.h"
#include "timed.h"

enum { LOOK_EVERY_S = 30 };

int blob_told(struct core *core, const struct core_blob_told *told)
{
    struct client *session = client_of(core, told->peer);
    struct transfer *transfer = session ? transfer_find(session, told->number) : NULL;
    if (transfer == NULL)
        return 0; /* given up meanwhile */
    return transfer->is_get ? blob_get_told(core, session, transfer, told)
                            : blob_put_told(core, session, transfer, told);
}

static void count_removed(struct core *core, uint64_t size_bytes)
{
    core->blobs_count -= core->blobs_count > 0;
    core->blobs_bytes -= size_bytes < core->blobs_bytes ? size_bytes : core->blobs_bytes;
}

int blob_unused(struct core *core, const struct sha256_digest *sha256, uint64_t size_bytes)
{
    const struct record_blob record = {
        .event = RECORD_BLOB_REMOVED, .sha256 = sha256_view(sha256), .size_bytes = size_bytes};
    int code = transfer_journal(core, &record, false);
    count_removed(core, size_bytes);
    return code < 0 ? code : awaiting_removal(core, sha256);
}

int blob_replay(struct core *core, struct bytes body, struct truc_fault *fault)
{
    struct record_blob record;
    int code = record_blob_decode(body, &record, fault);
    if (code < 0)
        return code;
    if (record.event == RECORD_BLOB_STORED && record.is_new) {
        core->blobs_count++;
        core->blobs_bytes += record.size_bytes;
    } else if (record.event == RECORD_BLOB_REMOVED) {
        count_removed(core, record.size_bytes);
    }
    return 0;
}

/* ---- time ---- */

/* An upload in an open session of which nothing came for too long. */
static void expire_open(struct core *core, struct client *session)
{
    struct truc_fault fault = {0};
    list_each(link, &session->transfers) {
        struct transfer *transfer = list_element(link, struct transfer, link);
        if (transfer->is_get || transfer->phase != TRANSFER_OPEN ||
            core->up_ns - transfer->touched_up_ns < core->policy->limits.blob_unfinished_ns)
            continue;
        fault_set(&fault, TRUC_E_BLOB_EXPIRED, "nothing of it came for %llu s",
                  (unsigned long long)((core->up_ns - transfer->touched_up_ns) / TIME_NS_PER_S));
        transfer_refuse(core, session, transfer->number, &fault);
        transfer_close(core, session, transfer, TRANSFER_DISCARD);
    }
}

void blob_tick(struct core *core)
{
    size_t at = 0;
    struct client *session;
    if (core->up_ns - core->blobs_looked_up_ns < LOOK_EVERY_S * TIME_NS_PER_S)
        return;
    core->blobs_looked_up_ns = core->up_ns;
    while ((session = map_next(&core->sessions, &at)))
        expire_open(core, session);
    uint64_t span = core->policy->limits.blob_unfinished_ns;
    core_effect(core, EFFECT_BLOB_EXPIRE)->blob_expire.before_ns = core->now_ns > span ? core->now_ns - span : 0;
}

/* ---- what still waits somewhere ---- */

static void lower(uint64_t *least, uint64_t sequence)
{
    *least = sequence < *least ? sequence : *least;
}

static uint64_t lane_least(const struct queue_lane *lane, uint64_t least)
{
    for (uint64_t i = lane->cursor; i < lane->loaded; i++) {
        const struct core_queue_item *item = lane->window[i % CORE_QUEUE_WINDOW];
        if (item && item->state != ITEM_SETTLED)
            lower(&least, item->entry.sequence);
    }
    return lane->loaded < lane->count ? 0 : least; /* what is only on disk: nobody knows */
}

static uint64_t destination_least(const struct destination *destination, uint64_t least)
{
    size_t at = 0;
    const struct timed_message *timed;
    list_each(link, &destination->dead)
        lower(&least, list_element(link, struct dead_letter, link)->sequence);
    while ((timed = map_next(&destination->timed, &at)))
        lower(&least, timed->sequence);
    for (size_t i = 0; i < CORE_LANES; i++)
        least = lane_least(&destination->queue.lanes[i], least);
    return least;
}

uint64_t core_settled_below(const struct core *core)
{
    uint64_t least = core->durable_through;
    list_each(link, &core->awaiting) {
        const struct awaiting *awaiting = list_element(link, struct awaiting, link);
        if (awaiting->kind == AWAITING_MESSAGE)
            lower(&least, awaiting->sequence);
    }
    for (size_t i = 0; i < core->destination_count; i++)
        least = destination_least(core->destination_table[i], least);
    return least;
}

uint64_t core_blob_unnamed_ns(const struct core *core)
{
    return core->policy->limits.blob_unnamed_ns;
}

bool core_is_behind(const struct core *core, uint64_t peer)
{
    const struct client *session = client_of(core, peer);
    return session == NULL || client_unread_bytes(session) > CORE_PROBE_BYTES + CORE_PROBE_BYTES / 2;
}

bool core_is_blocked(const struct core *core)
{
    return core->blocked;
}
