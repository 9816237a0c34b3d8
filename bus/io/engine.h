/* engine.h - carries the core's effects out: journal, queue lists, transport; brings their results back as events.
 * The same code in trucd and in the simulation: disk, transport and clock are tables of calls.
 * Single-threaded. A round is: frames in (engine_frame …), then engine_commit: one group, one sync, then the answers. */
#ifndef TRUC_ENGINE_H
#define TRUC_ENGINE_H

#include "core.h"
#include "journal.h"

struct engine;
struct policy;

/* Where frames go. `send` returns 0, or TRUC_E_DISCONNECTED (unknown or full peer: the engine ends its session).
 * The frame is copied by `send`. `close` forgets a peer; it may be unknown already. */
struct transport {
    int (*send)(struct transport *transport, uint64_t peer, struct bytes frame);
    void (*close)(struct transport *transport, uint64_t peer);
};

struct engine_clock {
    uint64_t (*now_ns)(void *context); /* wall clock, UTC */
    uint64_t (*up_ns)(void *context);  /* monotonic */
    void *context;
};

enum {
    ENGINE_SNAPSHOT_RECORDS = 300000,         /* records between snapshots */
    ENGINE_GROUP_RECORDS_MAX = 32768,         /* one group; the rest of a round goes into the next */
    ENGINE_GROUP_BYTES_MAX = 8 * 1024 * 1024, /* likewise, and never more than a quarter of a segment */
    ENGINE_RECORD_OVERHEAD_BYTES = 160,       /* frame, salt, tag and padding of a record, at most */
};

struct engine_options {
    struct disk *disk;
    const char *directory;       /* of the journal; its parent exists */
    const struct policy *policy; /* in force at the start */
    const uint8_t *journal_key;  /* 32 bytes */
    const struct signing_key *checkpoint_key;
    const struct journal_checkpoint_key *old_checkpoint_keys; /* outlive the engine; see journal_options */
    size_t old_checkpoint_keys_count;
    uint8_t person_key[CORE_PERSON_KEY_BYTES]; /* kept in locked memory */
    uint32_t person_epoch;
    uint8_t hash_key[16];
    uint64_t segment_bytes;             /* 0: the journal's default */
    uint64_t checkpoint_groups;         /* 0: only at the end */
    uint64_t snapshot_records;          /* between snapshots; 0: ENGINE_SNAPSHOT_RECORDS */
    size_t recent_bytes;                /* newest messages in memory; 0: RECENT_BYTES */
    size_t ids_young_max, ids_runs_max; /* as core_settings */
    uint64_t blob_sweep_ns;             /* between two looks for attachments that nothing needs; 0: an hour */
    struct transport *transport;
    struct engine_clock clock;
    void (*log)(void *context, int level, const char *text);
    void *log_context;
    /* Called with log_context: engine_reloaded is to follow. NULL: none can be. */
    void (*ask_reload)(void *context, bool accept_schema_change);
    void (*progress)(void *context, uint64_t done_bytes, uint64_t total_bytes); /* of recovery; may be NULL */
    void (*random)(void *context, uint8_t *out, size_t size);                   /* NULL: the system's */
    void *random_context;
};

/* Opens the journal, recovers the core, makes the start durable. Errors are journal_open's and the core's. */
int engine_open(const struct engine_options *options, struct engine **ret_engine, struct truc_fault *fault);

/* Events of a round. `frame` must live until the next engine_commit returns. */
int engine_frame(struct engine *engine, uint64_t peer, const uint8_t transport_key[CORE_TRANSPORT_KEY_BYTES],
                 struct bytes frame, struct truc_fault *fault);
int engine_gone(struct engine *engine, uint64_t peer, struct truc_fault *fault); /* its connection was lost */
/* Its peer broke the framing, was told so with `code` and `text`, and is forgotten by the transport. */
int engine_broke(struct engine *engine, uint64_t peer, int code, const char *text, struct truc_fault *fault);
int engine_room(struct engine *engine, bool blocked, const char *text, struct truc_fault *fault);
int engine_index(struct engine *engine, const struct core_index *index, struct truc_fault *fault); /* once a second */
/* A new configuration; `policy` must outlive the engine or the next engine_policy and its commit. */
int engine_policy(struct engine *engine, const struct policy *policy, const char *origin, struct truc_fault *fault);

/* How the reload that was asked for ended; after engine_policy and before its commit when that put one in force. */
int engine_reloaded(struct engine *engine, const struct core_reloaded *reloaded, struct truc_fault *fault);

/* Ends the round: writes and syncs what was appended, then answers, queues and delivers. Does what time has made due.
 * TRUC_E_JOURNAL_FAILED: nothing more is or will be acknowledged; close and exit. */
int engine_commit(struct engine *engine, struct truc_fault *fault);
/* When engine_commit should be called at the latest, monotonic. */
uint64_t engine_wake_up_ns(const struct engine *engine);

/* Clean end: says bye, makes everything durable, snapshot, checkpoint, frees (in any case). NULL is fine. */
int engine_close(struct engine *engine, struct truc_fault *fault);
/* Frees without any of that, as a crash would. */
void engine_abandon(struct engine *engine);

const struct core *engine_core(const struct engine *engine);
struct journal *engine_journal(struct engine *engine);
uint64_t engine_records(const struct engine *engine);                    /* in the journal */
const struct journal_opened *engine_opened(const struct engine *engine); /* what recovery found */

#endif
