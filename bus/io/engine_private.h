/* engine_private.h - what the engine holds between rounds.
 * Private to engine.c, engine_blob_names.c, engine_blobs.c, engine_ids.c, engine_lists.c, engine_recovery.c and engine_room.c.
 * See engine.h for the flow. */
#ifndef TRUC_ENGINE_PRIVATE_H
#define TRUC_ENGINE_PRIVATE_H

#include "engine.h"
#include "recent.h"

struct engine {
    struct engine_options options; /* without the person key */
    uint8_t *person_key;           /* in locked memory */
    char *directory;
    struct core *core;
    struct journal *journal;
    struct journal_opened opened;
    struct effects effects[2]; /* one is carried out while the other is filled */
    unsigned filling;
    struct journal_entry *entries; /* of the group being collected */
    size_t entries_count, entries_capacity;
    size_t group_bytes; /* of the entries, with an allowance for each record's frame */
    struct arena group_arena, fetch_arena;
    struct recent recent; /* messages collected lately */
    bool urgent, closing;
    bool wrote;      /* a group, in this round */
    bool recovering; /* until it is open: lists may have what is appended to them */
    bool rebuilding; /* recovering without a snapshot: queue lists are written anew from their first entry */
    bool preparing;  /* the journal's spare segment is not ready yet */
    /* There is no room: for that segment; for what queue lists hold in memory; for a run of ids; for which message names which
     * attachment; and engine_room's word, with its reason. */
    bool is_full, lists_are_full, ids_are_full, blobs_are_full, caller_blocks;
    char caller_text[TRUC_FAULT_TEXT_BYTES_MAX];
    uint64_t prepare_next_up_ns;
    uint64_t lazy_since_up_ns;
    uint64_t records_since_snapshot;
    struct buffer scratch;
    uint64_t fetched_bundle;
    struct bytes fetched_bundle_body;
    struct engine_list {
        struct queue_list *list; /* NULL: not opened yet */
        uint64_t
            snapshot_cursor; /* of the newest snapshot: the one before it is kept too and may need what lies below */
    } * lists;               /* by the core's number */
    size_t lists_count;
    uint64_t lists_next_up_ns;
    struct engine_run {
        uint64_t first_sequence;
        struct id_run *file;
        unsigned snapshots_left; /* it was dropped; after so many more snapshots none counts on it. 0: in use */
    } * runs;
    size_t runs_count;
    struct id_run_writer *run_writer; /* NULL: none is being written */
    struct id_run_facts run_facts;    /* of that one */
    uint64_t run_next_up_ns;
    struct engine_blobs *blobs;
};

/* Carries out all effects, writes groups that are due. */
int engine_settle(struct engine *engine, struct truc_fault *fault);
struct core_event engine_event(const struct engine *engine, enum core_event_kind kind); /* now */
int engine_step(struct engine *engine, const struct core_event *event, struct truc_fault *fault);

/* engine_lists.c */
int engine_list(struct engine *engine, uint32_t number, struct queue_list **ret_list, struct truc_fault *fault);
int engine_list_append(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
/* After a snapshot: gives back what neither of the two snapshots kept can need. */
int engine_lists_discard(struct engine *engine, struct truc_fault *fault);
int engine_lists_flush(struct engine *engine, struct truc_fault *fault);
int engine_lists_step(struct engine *engine,
                      struct truc_fault *fault); /* once a round: what waits for room on the disk */
uint64_t engine_lists_wake_up_ns(const struct engine *engine);
int engine_lists_close(struct engine *engine, struct truc_fault *fault);

/* engine_ids.c */
int engine_ids_restore(struct engine *engine, struct truc_fault *fault); /* the runs that a snapshot counts on */
int engine_ids_keep(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_ids_find(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_ids_drop(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_ids_step(struct engine *engine, struct truc_fault *fault); /* writes on, once a round */
bool engine_ids_is_writing(const struct engine *engine);
uint64_t engine_ids_wake_up_ns(const struct engine *engine);
int engine_ids_discard(struct engine *engine, struct truc_fault *fault);       /* after a snapshot */
int engine_ids_remove_others(struct engine *engine, struct truc_fault *fault); /* what an earlier run left over */
void engine_ids_close(struct engine *engine);

/* engine_blobs.c; check, name, remove, expire and sync are engine_blob_names.c's */
int engine_blobs_open(struct engine *engine, struct truc_fault *fault);
void engine_blobs_close(struct engine *engine);
int engine_blobs_sync(struct engine *engine, struct truc_fault *fault); /* before a snapshot */
int engine_blobs_step(struct engine *engine,
                      struct truc_fault *fault); /* once a round: a bounded piece of what is to do */
uint64_t engine_blobs_wake_up_ns(const struct engine *engine);
int engine_blob_open(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_blob_hold(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_blob_write(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_blob_find(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_blob_read(struct engine *engine, const struct effect *effect, bool begins);
int engine_blob_close(struct engine *engine, const struct effect *effect);
int engine_blob_check(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_blob_name(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_blob_remove(struct engine *engine, const struct effect *effect, struct truc_fault *fault);
int engine_blob_expire(struct engine *engine, const struct effect *effect);

/* engine_room.c */
int engine_room_blobs(struct engine *engine, bool is_full, struct truc_fault *fault);
int engine_room_ids(struct engine *engine, bool is_full, struct truc_fault *fault);
int engine_room_lists(struct engine *engine, bool is_full, struct truc_fault *fault);
int engine_prepare(struct engine *engine, struct truc_fault *fault);
uint64_t engine_prepare_wake_up_ns(const struct engine *engine);

/* engine_recovery.c */
int engine_release(struct engine *engine, struct truc_fault *fault); /* closes and frees everything */

#endif
