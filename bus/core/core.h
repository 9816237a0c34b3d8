/* core.h - the broker as a state machine without input or output: events in, effects out.
 * No socket, file, clock, random or thread in here: time and bytes arrive in events, work leaves as effects.
 * Around it: bus/io/engine.c carries the effects out, in the daemon and in the simulation alike. */
#ifndef TRUC_CORE_H
#define TRUC_CORE_H

#include "arena.h"
#include "buffer.h"
#include "bytes.h"
#include "id_run.h"
#include "queue_list.h"
#include "record.h"
#include "sha256.h"
#include <truc/error.h>

struct core;
struct policy;
struct verify_key;

enum {
    CORE_TRANSPORT_KEY_BYTES = 32,
    CORE_LANES = 4,                     /* lists of one destination, one for each urgency */
    CORE_URGENT_RUN_MAX = 16,           /* then one of the least urgent goes, however many urgent ones are ready */
    CORE_QUEUE_WINDOW = 4096,           /* entries of one list held in memory; the rest waits on disk */
    CORE_LIST_NAME_BYTES = 68,          /* a system's id, a dot, a number */
    CORE_FETCH_MESSAGES_MAX = 256,      /* asked for in one effect */
    CORE_FETCH_BYTES_MAX = 1024 * 1024, /* of messages in one effect, beyond the first */
    CORE_BURIED_MAX = 256,              /* messages of receivers that are gone, taken between two ticks */
    CORE_LIST_PAGE_MAX = 1024,          /* queue entries read in one effect */
    CORE_DEAD_MAX =
        100000, /* dead letters of one destination; past it the destination pauses, visibly, and what would be one at once
                             * is refused BLOCKED */
    CORE_QUARANTINE_LOSSES = 3,    /* connections lost one after the other with messages out, and none settled */
    CORE_QUARANTINE_ALONE_MAX = 2, /* then with one message out alone, and it needs a person */
    CORE_TIMED_MAX = 10000, /* messages for one destination whose time has not come; past it they are refused LIMIT */
    CORE_IDS_YOUNG_MAX = 512 * 1024, /* message ids remembered in memory; then they become a run on disk */
    CORE_IDS_RUNS_MAX = 64,          /* of these; past it the oldest goes and the window shrinks, visibly */
    CORE_PERSONS_MAX = 65536,        /* identity numbers in one message: their hashes must fit its record */
    CORE_HEARTBEAT_MS = 2000,
    CORE_PERSON_KEY_BYTES = 32,
    CORE_HEARTBEATS_MISSED_MAX = 5,     /* then a session is taken for gone */
    CORE_SESSIONS_OF_ROLE_MAX = 16,     /* at a time, of one operator's or auditor's key; a system has one */
    CORE_SESSIONS_A_MINUTE_MAX = 240,   /* opened by one system: each is two records of the journal */
    CORE_PROBE_BYTES = 8 * 1024 * 1024, /* sent to a client since it last showed what it had read: it is asked again */
    CORE_UNREAD_BYTES_MAX =
        64 * 1024 * 1024,         /* of these: with half of it deliveries pause, with all of it the session ends */
    CORE_HELD_FRAMES_MAX = 1024,  /* publishes of one sender held back while the broker is short of something */
    CORE_TURNED_AWAY_MAX = 65536, /* messages of one client refused for now; past it its session ends */
    CORE_HELD_SPARE_BYTES = 1024 * 1024, /* of their frames, beyond the sender's credit: what is around the messages */
    CORE_BLOB_TRANSFERS_MAX = 8,         /* of attachments, of one client at a time */
    CORE_BLOB_WINDOW_CHUNKS = 4,         /* an upload may be ahead of what is written */
    CORE_BLOB_NAMES_MAX = 512,           /* attachments named by one bundle: each is a look at the disk */
    CORE_BLOB_BEGINS_A_MINUTE = 1200,    /* transfers begun by one system */
    CORE_BLOB_REFUSALS_A_MINUTE = 30,    /* of one system that are journaled */
};

/* What the core is given once. Copied, but for what it points to. */
struct core_settings {
    const struct policy *policy; /* in force at the start; outlives the core or the next CORE_EVENT_POLICY */
    const uint8_t *person_key;   /* CORE_PERSON_KEY_BYTES: HMAC key of persons concerned; outlives the core */
    uint32_t person_epoch;
    uint8_t hash_key[16];               /* of hash tables keyed by what peers choose */
    size_t ids_young_max, ids_runs_max; /* 0: CORE_IDS_YOUNG_MAX, CORE_IDS_RUNS_MAX */
};

enum core_event_kind {
    CORE_EVENT_FRAME,         /* a peer sent a frame */
    CORE_EVENT_GONE,          /* a peer's connection is lost */
    CORE_EVENT_DURABLE,       /* every record below `through` is on disk, synced and verified */
    CORE_EVENT_FAILED,        /* a write or sync failed: nothing more is acknowledged, ever */
    CORE_EVENT_TICK,          /* time passes */
    CORE_EVENT_POLICY,        /* a new configuration comes into force */
    CORE_EVENT_PAGE,          /* answer to EFFECT_LIST_READ */
    CORE_EVENT_FETCHED,       /* answer to EFFECT_FETCH */
    CORE_EVENT_ROOM,          /* the broker is short of a resource, or no longer */
    CORE_EVENT_INDEX,         /* how far the search index is: for status alone */
    CORE_EVENT_LOOKED,        /* answer to EFFECT_LOOK */
    CORE_EVENT_RELOADED,      /* answer to EFFECT_RELOAD; a new configuration came as CORE_EVENT_POLICY just before */
    CORE_EVENT_IDS_KEPT,      /* answer to EFFECT_IDS_KEEP: it is durable */
    CORE_EVENT_IDS_FOUND,     /* answer to EFFECT_IDS_FIND */
    CORE_EVENT_BLOB,          /* what became of a transfer */
    CORE_EVENT_BLOBS_CHECKED, /* answer to EFFECT_BLOB_CHECK */
    CORE_EVENT_BLOB_UNUSED,   /* the sweep found one that no message needs */
    CORE_EVENT_STOP,          /* takes nothing new; says bye */
};

/* A message read back from the journal for delivery. code != 0: it can't be read (erased, purged, no key). */
struct core_fetched {
    uint64_t sequence;
    uint64_t time_ns; /* when it was accepted */
    int code;
    struct bytes accepted; /* body of its accepted record */
    struct bytes bundle;   /* body of its bundle record */
    struct bytes salt, payload;
};

/* A record that a person asks about: when it was written, of a queue's oldest message; or all of it with the payload. */
enum core_look_for { LOOK_TIME, LOOK_PAYLOAD, LOOK_BLOB /* the record alone, of a message that is said to name it */ };
struct core_look {
    enum core_look_for what;
    uint64_t peer, number; /* whose ask, and which */
    uint64_t sequence;
    uint32_t destination;   /* LOOK_TIME */
    struct bytes arguments; /* LOOK_PAYLOAD: of the ask; they live as long as the effects */
};

/* What was found. Views live during the event. */
struct core_looked {
    struct core_look look;
    int code; /* LOOK_PAYLOAD: ERASED, JOURNAL_KEY, or why the record can't be read: then only the look is filled in */
    enum record_kind kind;
    uint64_t time_ns;
    struct bytes body, payload; /* LOOK_PAYLOAD */
};

/* How a reload that an operator asked for ended. Texts are for people, of any number of lines. */
struct core_reloaded {
    int code;                /* 0: what is on disk is in force. Otherwise nothing changed */
    bool changed;            /* it was not in force before */
    bool clock_accepted;     /* the wall clock is followed again after a jump */
    struct bytes text;       /* code != 0: why */
    struct bytes problems;   /* of the files, as `truc check` says them */
    struct bytes difference; /* a line a change: what is new (+), gone (-) or changed (~) */
    struct bytes restart;    /* what changed on disk and only a restart makes so */
};

/* The search index, which somebody fills beside the core. */
struct core_index {
    uint64_t next; /* records below are in it */
    uint64_t behind_ms;
    const char *trouble; /* why it takes nothing in; "": nothing is wrong */
};

/* What became of a transfer of an attachment, in the store. */
enum core_blob_news {
    BLOB_OPENED,  /* upload: everything below `offset` is there */
    BLOB_WRITTEN, /* upload: the same */
    BLOB_STORED,  /* upload: whole, under its hash, held by the system; durable */
    BLOB_HELD,    /* upload: the system holds it already, nothing needs to come */
    BLOB_FOUND,   /* download: it is there, and has `size_bytes` */
    BLOB_SENT,    /* download: a frame of `frame_bytes` was sent, up to `offset` */
    BLOB_FAILED,  /* with a code; the engine knows of it no longer */
};
struct core_blob_told {
    enum core_blob_news news;
    uint64_t peer, number;
    uint64_t offset, size_bytes, frame_bytes;
    bool is_new; /* stored: the bus had it not before */
    int code;
    const char *text;
};

/* An attachment that a message names: is it there, and does its sender hold it? */
struct core_blob_question {
    struct sha256_digest sha256;
};
struct core_blob_answer {
    bool is_held;
    uint64_t size_bytes;
    int code; /* the disk can't tell now */
};

/* Is this id in this run? Asked when a filter says that it may be. */
struct core_id_question {
    uint32_t index; /* of the message in its bundle */
    uint64_t run;   /* its first sequence */
    uint64_t key, check;
};

struct core_id_found {
    uint32_t index; /* the question's */
    bool is_there;
    struct id_entry entry;
};

struct core_event {
    enum core_event_kind kind;
    uint64_t now_ns; /* wall clock, UTC: stamps records */
    uint64_t up_ns;  /* monotonic: timers */
    union {
        struct {
            uint64_t peer;                /* names a connection; never used again for another */
            const uint8_t *transport_key; /* 32 bytes, as authenticated */
            struct bytes data;            /* lives until the group with its records is durable */
        } frame;
        struct {
            uint64_t peer;
            int code;         /* 0: the connection was lost; else what its peer broke, and has been told */
            const char *text; /* with a code */
        } gone;
        struct {
            uint64_t through;
        } durable;
        struct {
            const struct policy *policy;
            const char *origin;
        } policy;
        struct {
            uint32_t list;
            uint64_t index;
            const struct queue_entry *entries;
            size_t count;
        } page;
        struct {
            uint32_t destination;
            const struct core_fetched *messages;
            size_t count;
        } fetched;
        struct {
            bool blocked;
            const char *text;
        } room;
        struct core_index index;
        struct core_looked looked;
        struct core_reloaded reloaded;
        struct {
            uint64_t first_sequence;
        } ids_kept;
        struct {
            uint64_t peer;
            const struct core_id_found *answers; /* one for each question, in their order */
            size_t count;
        } ids_found;
        struct core_blob_told blob;
        struct {
            uint64_t peer;
            const struct core_blob_answer *answers; /* one for each question, in their order */
            size_t count;
        } blobs_checked;
        struct {
            struct sha256_digest sha256;
            uint64_t size_bytes;
        } blob_unused;
    };
};

enum effect_kind {
    EFFECT_APPEND,      /* a record; sequences count up from core_next_sequence() in the order of the effects */
    EFFECT_SEND,        /* a frame to a peer */
    EFFECT_CLOSE,       /* forget the peer */
    EFFECT_LIST_APPEND, /* a queue entry */
    EFFECT_LIST_READ,   /* wants CORE_EVENT_PAGE */
    EFFECT_FETCH,       /* wants CORE_EVENT_FETCHED */
    EFFECT_LOOK,        /* wants CORE_EVENT_LOOKED */
    EFFECT_RELOAD,      /* read the configuration again; wants CORE_EVENT_RELOADED */
    EFFECT_IDS_KEEP,    /* write this run; wants CORE_EVENT_IDS_KEPT, and one is under way at a time */
    EFFECT_IDS_FIND,    /* wants CORE_EVENT_IDS_FOUND */
    EFFECT_IDS_DROP,    /* no longer asked for: its file can go when no snapshot counts on it */
    EFFECT_BLOB_OPEN,   /* an upload: wants CORE_EVENT_BLOB */
    EFFECT_BLOB_HOLD,   /* the system is to hold it without an upload: wants CORE_EVENT_BLOB */
    EFFECT_BLOB_WRITE,  /* a chunk of one: wants CORE_EVENT_BLOB */
    EFFECT_BLOB_FIND,   /* a download: wants CORE_EVENT_BLOB */
    EFFECT_BLOB_READ,   /* send it: CORE_EVENT_BLOB with each frame */
    EFFECT_BLOB_MORE,   /* of one: more may be sent */
    EFFECT_BLOB_CLOSE,  /* one transfer of a peer, or all of them */
    EFFECT_BLOB_CHECK,  /* wants CORE_EVENT_BLOBS_CHECKED */
    EFFECT_BLOB_NAME,   /* a message names it; in replay the store may know */
    EFFECT_BLOB_REMOVE, /* for ever */
    EFFECT_BLOB_EXPIRE, /* unfinished uploads that rest since before then go */
    EFFECT_OBJECT,      /* keep these bytes by their hash before the group is written */
    EFFECT_LOG,
};

struct effect {
    struct effect *next;
    enum effect_kind kind;
    union {
        struct {
            enum record_kind kind;
            uint64_t time_ns;
            struct bytes body;
            bool has_payload;
            bool lazy;               /* may wait for the next group or CORE_LAZY_MS: nobody is told it is durable */
            bool is_tied;            /* says more of the record before it: they are in one group, or neither is there */
            bool payload_is_passing; /* it lives as long as the effects, not until the group is durable: copy it */
            struct bytes salt, payload; /* views into the frame */
        } append;
        struct {
            uint64_t peer;
            struct bytes frame;
        } send;
        struct {
            uint64_t peer;
        } close;
        struct {
            uint32_t list;
            uint64_t index;
            struct queue_entry entry;
        } list_append; /* in replay the list may have it already */
        struct {
            uint32_t list;
            uint64_t index;
            size_t count;
        } list_read;
        struct {
            uint32_t destination;
            const uint64_t *sequences;
            size_t count;
        } fetch;
        struct core_look look;
        struct id_run_content ids_keep; /* what it points at stays until the answer */
        struct {
            uint64_t peer;
            const struct core_id_question *questions;
            size_t count;
        } ids_find;
        struct {
            uint64_t first_sequence;
        } ids_drop;
        struct {
            uint64_t peer, number;
            const char *system; /* of a find NULL: whoever holds it, it may be read */
            struct sha256_digest sha256;
            uint64_t size_bytes;                /* open, hold */
            uint64_t stored_bytes, space_bytes; /* open: what all finished ones have, and all may have */
            uint32_t uploads_max;               /* open: unfinished ones of that system */
        } blob_open;                            /* hold and find, too */
        struct {
            uint64_t peer, number;
            struct bytes data; /* a view into the frame */
        } blob_write;
        struct {
            uint64_t peer, number;
            uint64_t offset, through; /* more: only through */
        } blob_read;                  /* and more */
        struct {
            uint64_t peer, number; /* number 0: all of the peer */
            bool discard;          /* what came of an upload is not wanted */
        } blob_close;
        struct {
            uint64_t peer;
            const char *system;
            const struct core_blob_question *questions;
            size_t count;
        } blob_check;
        struct {
            struct sha256_digest sha256;
            uint64_t sequence;
        } blob_name;
        struct {
            struct sha256_digest sha256;
        } blob_remove;
        struct {
            uint64_t before_ns;
        } blob_expire;
        struct {
            bool
                accept_schema_change; /* the operator says so: schemas that are not compatible are no reason to refuse */
        } reload;
        struct {
            struct bytes content;
        } object;
        struct {
            int level;
            const char *text;
        } log; /* level as syslog's */
    };
};
enum { CORE_LAZY_MS = 20 };

/* Effects in order, in their own arena. {0} is empty. */
struct effects {
    struct effect *first, *last;
    struct arena arena;
};
void core_effects_clear(struct effects *effects); /* keeps memory for reuse */
void core_effects_free(struct effects *effects);

int core_create(const struct core_settings *settings, struct core **ret_core, struct truc_fault *fault);
void core_free(struct core *core);

/* Takes one event, appends effects. 0, or a fatal code (TRUC_E_MEMORY, TRUC_E_INTERNAL): the caller stops the broker. */
int core_step(struct core *core, const struct core_event *event, struct effects *effects, struct truc_fault *fault);

/* Recovery, before the first event: state from a snapshot (then every record below next_sequence is in it), then each
 * record from there on (effects: EFFECT_LIST_APPEND for lists that are behind, EFFECT_IDS_KEEP and _DROP), then core_recovered,
 * which loads the queues. A failed core_restore leaves an empty core. After a good one each run of ids that it counts on is
 * adopted with its filter, or the snapshot is of no use. */
int core_restore(struct core *core, uint64_t next_sequence, struct bytes state, struct truc_fault *fault);
int core_replay(struct core *core, uint64_t sequence, uint64_t time_ns, enum record_kind kind, struct bytes body,
                struct effects *effects, struct truc_fault *fault);
int core_id_run_adopt(struct core *core, size_t run, struct bytes filter);
int core_recovered(struct core *core, uint64_t next_sequence, const struct core_event *now, struct effects *effects,
                   struct truc_fault *fault);
/* Appends the state for a snapshot; call only between steps, when everything appended is durable. */
int core_save(const struct core *core, struct buffer *out);

/* Back to an empty core, when what was restored turned out to be of no use. */
void core_restart(struct core *core);
const char *core_bus_id(const struct core *core);

uint64_t core_next_sequence(const struct core *core);
/* Every message below it has found its end everywhere, or waits for a person no more. 0 when that can't be told without the disk. */
uint64_t core_settled_below(const struct core *core);
/* How long an attachment stays that no message names; and whether this client has so much unread that it is sent no more for now. */
uint64_t core_blob_unnamed_ns(const struct core *core);
bool core_is_behind(const struct core *core, uint64_t peer);
bool core_is_blocked(const struct core *core);
/* When the next CORE_EVENT_TICK is due, monotonic; UINT64_MAX: none. */
uint64_t core_wake_up_ns(const struct core *core);
/* Lists have numbers for the life of a core and names for ever: each is kept under its name. */
size_t core_list_count(const struct core *core);
void core_list_name(const struct core *core, uint32_t list, char out[CORE_LIST_NAME_BYTES]);
/* How many entries the list must have after recovery: fewer, and it must be rebuilt. */
uint64_t core_list_length(const struct core *core, uint32_t list);
/* Its entries below this are done. A snapshot needs what lies from here on, as it was when it was written. */
uint64_t core_list_cursor(const struct core *core, uint32_t list);

/* Runs of ids on disk that the core counts on, oldest first. */
size_t core_id_run_count(const struct core *core);
const struct id_run_facts *core_id_run(const struct core *core, size_t run);
/* While one is written, as many ids again have come: it should be finished at once. */
bool core_ids_press(const struct core *core);

#endif
