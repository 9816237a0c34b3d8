/* journal.h - the tamper-evident journal: append groups, read records, recover, checkpoint, prove, verify, erase.
 * Not a queue and not a search engine: positions in, records out; bodies are opaque here (record.h knows them).
 * The core's only memory: nothing is acknowledged before journal_append_group() has returned 0 for it.
 * On disk: docs/journal-format.md. One writer; not thread-safe; other processes read through JOURNAL_READ_ONLY. */
#ifndef TRUC_JOURNAL_H
#define TRUC_JOURNAL_H

#include <truc/error.h>

#include "buffer.h"
#include "disk.h"
#include "merkle.h"
#include "sha256.h"
#include "signing.h"

struct journal;

enum {
    JOURNAL_BUS_ID_BYTES_MAX = 63,
    JOURNAL_SALT_BYTES = 32,
    JOURNAL_MASTER_KEY_BYTES = 32,
    JOURNAL_SEGMENT_BYTES_MIN = 64 * 1024,
    JOURNAL_SEGMENT_BYTES_DEFAULT = 64 * 1024 * 1024,
    JOURNAL_SEGMENT_BYTES_MAX = 1024 * 1024 * 1024,
    JOURNAL_GROUP_RECORDS_MAX = 65536,
    JOURNAL_RECORD_BYTES_MAX = 16 * 1024 * 1024,  /* a body */
    JOURNAL_PAYLOAD_BYTES_MAX = 64 * 1024 * 1024, /* one payload */
    JOURNAL_PREPARE_STEP_BYTES = 1024 * 1024,     /* zeros written by one journal_prepare_step() */
    JOURNAL_CHECKPOINT_NOTE_BYTES_MAX = 8192,     /* with cosignatures */
    JOURNAL_CHECKPOINT_KEYS_MAX = 64,             /* that signed before the present one */
};

/* A key that signed checkpoints before the present one. What it signs of a larger tree than `through` is not believed. */
struct journal_checkpoint_key {
    struct verify_key key; /* Ed25519 */
    uint64_t through;
};
/* Reads them, one a line: "THROUGH NAME+ID+KEY" (docs/operations.md, "Keys"). How many, TRUC_E_CONFIG with the line, or TRUC_E_LIMIT
 * beyond JOURNAL_CHECKPOINT_KEYS_MAX, for which there is room in `ret_keys`. */
int journal_checkpoint_keys_read(struct bytes text, struct journal_checkpoint_key *ret_keys, struct truc_fault *fault);

enum journal_open_flags {
    JOURNAL_READ_ONLY = 1, /* takes no lock, changes nothing, needs no keys; a torn end is left where it is */
    JOURNAL_CREATE = 2,    /* makes an empty journal where there is none */
    JOURNAL_AS_IS = 4,     /* with JOURNAL_READ_ONLY: recovers and proves nothing, so it takes no time. For what is
                              rebuilt from the journal: journal_follow() and journal_read_near() serve it */
};

struct journal_options {
    struct disk *disk;     /* outlives the journal */
    const char *directory; /* its parent exists */
    const char *bus_id;    /* 1..63 bytes; NULL with JOURNAL_READ_ONLY: whatever the journal says */
    const uint8_t
        *master_key; /* 32 bytes, wraps the segment keys; copied. NULL only when reading, and then no payloads */
    const struct signing_key *checkpoint_key; /* Ed25519, outlives the journal; NULL: no checkpoints are made */
    const struct verify_key
        *checkpoint_verify_key; /* NULL: taken from checkpoint_key; without both, signatures aren't checked */
    const struct journal_checkpoint_key *old_checkpoint_keys; /* outlive the journal */
    size_t old_checkpoint_keys_count;
    uint64_t segment_bytes;     /* size of new segments, a multiple of 4096; 0: JOURNAL_SEGMENT_BYTES_DEFAULT */
    uint64_t checkpoint_groups; /* a checkpoint after this many groups; 0: only when asked and at close */
    uint64_t time_ns;           /* now: stamps files made while opening */
    unsigned flags;             /* enum journal_open_flags */
    /* Fills `out` with bytes nobody can guess. NULL: the system's generator. The simulation passes a seeded one. */
    void (*random)(void *context, uint8_t *out, size_t size);
    void *random_context;
};

enum journal_record_flags {
    JOURNAL_RECORD_HAS_PAYLOAD = 1, /* set by the journal; the other bits are the caller's, and are hashed too */
};

/* One record to append. The views need to live only during the call. */
struct journal_entry {
    uint16_t kind; /* record.h */
    uint16_t flags;
    uint64_t time_ns;
    struct bytes body;
    bool has_payload; /* then salt and payload are stored apart, encrypted, and can be erased */
    uint8_t salt[JOURNAL_SALT_BYTES];
    struct bytes payload;
};

/* What is written and synced together: the unit of recovery. */
struct journal_group {
    const struct journal_entry *entries;
    size_t count; /* 1..JOURNAL_GROUP_RECORDS_MAX */
    uint64_t time_ns;
    uint64_t verified_through; /* every record below this sequence has had its signatures checked */
};

/* One record read. Views point into the scratch buffer (or recovery's own) and live until it is used again. */
struct journal_record {
    uint64_t sequence; /* position in the journal and leaf index in its tree */
    uint64_t time_ns;
    uint16_t kind;
    uint16_t flags;
    struct bytes body;
    struct sha256_digest body_digest; /* SHA-256 of the body, as in the leaf; only in scans, replays and verification */
    bool has_payload;                 /* one was stored (it may have been erased since) */
    bool payload_is_read;             /* salt and payload below are filled */
    uint8_t salt[JOURNAL_SALT_BYTES];
    struct bytes payload;
};

/* Given a record; non-zero stops and is passed on. */
typedef int journal_visit_fn(void *context, const struct journal_record *record);

/* What recovery hands to the state above. All may be NULL. */
struct journal_recovery {
    /* Takes the state a snapshot holds; the state then includes every record below next_sequence. A negative code makes
     * recovery try the older snapshot, then start from nothing; `restore` leaves an empty state behind when it fails.
     */
    int (*restore)(void *context, uint64_t next_sequence, struct bytes state);
    journal_visit_fn *replay; /* every record from there on, in order, without payloads; non-zero fails the opening */
    void *context;
    /* Asked now and then; bytes of segments read so far and to read. For EXTEND_TIMEOUT_USEC and status lines. */
    void (*progress)(void *context, uint64_t done_bytes, uint64_t total_bytes);
};

/* What opening found. */
struct journal_opened {
    uint64_t next_sequence;
    uint64_t restored_sequence; /* what the snapshot taken included; 0: none */
    uint64_t verified_through;  /* as written by the last group: re-verify what lies beyond */
    uint64_t checkpoint_size;   /* of the latest checkpoint; 0: none */
    uint64_t cut_offset;        /* when cut_bytes > 0: where, in the segment that begins with cut_segment */
    uint64_t cut_bytes; /* bytes of an interrupted last write that were cut off (READ_ONLY: that were ignored) */
    uint64_t cut_segment;
    uint64_t snapshots_refused; /* damaged or not restorable */
};

/* Opens, recovers, and for a writer makes ready to append. On failure nothing on disk has changed but accelerators in
 * index/, unless it says IO. TRUC_E_NOT_FOUND: no journal there (and no JOURNAL_CREATE); TRUC_E_STATE: another process
 * writes it; TRUC_E_JOURNAL_CORRUPT: damaged before its end, fault->where = "segment:offset"; TRUC_E_JOURNAL_VERSION: a
 * newer format; TRUC_E_CHECKPOINT: the latest checkpoint contradicts what is there; TRUC_E_JOURNAL_KEY: wrong master
 * key; TRUC_E_WRONG_BUS: another bus's journal; TRUC_E_IO, TRUC_E_JOURNAL_FULL, TRUC_E_MEMORY. ret_opened may be NULL.
 */
int journal_open(const struct journal_options *options, const struct journal_recovery *recovery,
                 struct journal **ret_journal, struct journal_opened *ret_opened, struct truc_fault *fault);
/* Ends and frees; NULL is fine. Everything appended is durable already. A writer makes a last checkpoint when it can;
 * the code says whether that failed. The journal is freed in any case. */
int journal_close(struct journal *journal, uint64_t time_ns, struct truc_fault *fault);

/* Sequence the next record gets: also the size of the tree. */
uint64_t journal_next_sequence(const struct journal *journal);
const char *journal_bus_id(const struct journal *journal);
/* RFC 6962 root of everything appended. */
struct sha256_digest journal_root(const struct journal *journal);
/* A write or sync has failed: see journal_append_group(). */
bool journal_is_failed(const struct journal *journal);

struct journal_room {
    uint64_t segment_free_bytes; /* left in the open segment */
    uint64_t spare_bytes;        /* prepared of the next one */
    uint64_t segment_bytes;      /* its full size */
};
struct journal_room journal_room(const struct journal *journal);

/* Appends: entries get consecutive sequences from journal_next_sequence(), are encrypted, written and synced.
 * Returns 0 when all are durable. TRUC_E_ARGUMENT or TRUC_E_LIMIT: refused, nothing happened. TRUC_E_JOURNAL_FULL:
 * there is no room for the next segment, nothing happened, may be tried again. TRUC_E_JOURNAL_FAILED: a write or sync
 * failed; the journal is dead for good: every later call that would write returns the same and touches no disk; none of
 * the group may be acknowledged (it may or may not be there after a restart). */
int journal_append_group(struct journal *journal, const struct journal_group *group, struct truc_fault *fault);
/* Writes the next JOURNAL_PREPARE_STEP_BYTES of the spare segment. 1: more to do; 0: the spare is ready;
 * TRUC_E_JOURNAL_FULL: no room (try again later); TRUC_E_JOURNAL_FAILED. Call it when idle, before the segment is used
 * up: without a ready spare the append that needs one does the rest at once. */
int journal_prepare_step(struct journal *journal, struct truc_fault *fault);

enum journal_read_flags {
    JOURNAL_WITH_PAYLOAD = 1, /* decrypt it: TRUC_E_ERASED, TRUC_E_JOURNAL_KEY (and the record is still filled in) */
};
/* Reads one record. TRUC_E_NOT_FOUND at or past the end, TRUC_E_JOURNAL_CORRUPT with the place, TRUC_E_IO. */
int journal_read(struct journal *journal, uint64_t sequence, unsigned flags, struct buffer *scratch,
                 struct journal_record *ret_record, struct truc_fault *fault);
/* 1: the record's payload is there; 0: it was erased or purged, or there never was one. TRUC_E_NOT_FOUND, TRUC_E_JOURNAL_CORRUPT, TRUC_E_IO. */
int journal_has_payload(struct journal *journal, uint64_t sequence, struct truc_fault *fault);
/* Visits records from `from` to the end in order. A visitor's non-zero is returned as it is. With JOURNAL_WITH_PAYLOAD,
 * an erased or keyless payload only leaves payload_is_read false. */
int journal_scan(struct journal *journal, uint64_t from, unsigned flags, journal_visit_fn *visit, void *context,
                 struct truc_fault *fault);
/* JOURNAL_READ_ONLY: sees what the writer has appended since. An end half written is left for the next call. */
int journal_refresh(struct journal *journal, struct truc_fault *fault);

/* ---- records without proof: checksums and sequences hold, the tree is not computed (journal_follow.c) ---- */

/* A group begins with record `sequence` at `offset` of its segment's file. Offset 0: not known; then, and when no such group is
 * there (a purge has moved it), the segment is searched. */
struct journal_place {
    uint64_t sequence, offset;
};
struct journal_follow {
    uint64_t end;            /* groups that begin here or later are left */
    size_t records_max;      /* no further group after so many records */
    journal_visit_fn *visit; /* while it runs `place` is the record's group. body_digest is not filled in */
    void *context;
};
/* Visits records from place->sequence, which begins a group, as far as whole groups follow, also those that a writer has appended since.
 * `place` is then behind the last group visited. A visitor's non-zero is returned as it is, with `place` at that record's group. */
int journal_follow(struct journal *journal, struct journal_place *place, const struct journal_follow *follow,
                   struct truc_fault *fault);
/* Reads one record, which is in the group at `place` or not far behind it. Otherwise as journal_read() without a payload. */
int journal_read_near(struct journal *journal, struct journal_place place, uint64_t sequence, struct buffer *scratch,
                      struct journal_record *ret_record, struct truc_fault *fault);

/* ---- another master key ---- */

/* Wraps the key of every segment anew, so that `next_key` (32 bytes) opens what options->master_key opened; payloads stay as they are.
 * Nothing is written before it is known that each can be opened. Interrupted, some are wrapped by one and some by the other: done again
 * it goes on. No broker may run: TRUC_E_STATE. TRUC_E_JOURNAL_KEY: neither key opens one of them. */
int journal_rewrap(const struct journal_options *options, const uint8_t *next_key, uint64_t *ret_count,
                   struct truc_fault *fault);

/* ---- erasing ---- */

/* Overwrites the payload's salt, synced: its content can never be read or guessed again, every proof still holds.
 * Append the record that says so *before*; calling it again is harmless (TRUC_E_ERASED never). TRUC_E_NOT_FOUND: it has
 * no payload. TRUC_E_JOURNAL_FAILED. */
int journal_erase_payload(struct journal *journal, uint64_t sequence, struct truc_fault *fault);
/* Drops the keys of every sealed segment that lies wholly below `before` and gives back the room of their payloads.
 * Takes as long as copying the records does. Returns how many segments it did; an interrupted purge is finished by
 * calling again. */
int journal_purge_payloads(struct journal *journal, uint64_t before, struct truc_fault *fault);

/* ---- checkpoints and proofs (C2SP tlog-checkpoint, signed-note; RFC 6962) ---- */

struct journal_checkpoint {
    uint64_t size; /* leaves; 0: no checkpoint yet */
    struct sha256_digest root;
    struct bytes note; /* the signed note; lives until the next checkpoint or close */
};

/* Signs and stores a checkpoint of the largest group end that is not beyond verified_through. 1: made; 0: there is
 * nothing newer to sign. TRUC_E_STATE without a checkpoint key; TRUC_E_JOURNAL_FAILED. */
int journal_checkpoint_make(struct journal *journal, uint64_t verified_through, uint64_t time_ns,
                            struct truc_fault *fault);
struct journal_checkpoint journal_checkpoint_latest(const struct journal *journal);
/* Replaces the latest note by one of the same text with more signature lines (witnesses). TRUC_E_CHECKPOINT if the text
 * differs. */
int journal_checkpoint_cosign(struct journal *journal, struct bytes note, struct truc_fault *fault);
/* Text, without signatures, of a checkpoint: "<bus>/journal\n<size>\n<base64 root>\n"; and its strict reader. */
void journal_checkpoint_text(const char *bus_id, uint64_t size, const struct sha256_digest *root, struct buffer *out);
int journal_checkpoint_parse(struct bytes text, const char *bus_id, uint64_t *ret_size, struct sha256_digest *ret_root);

/* Leaf of a record: merkle_leaf_hash over the 56-byte entry {u16 kind, u16 flags, u32 body size, u64 sequence, u64
 * time, SHA-256(body)}, little-endian. */
struct sha256_digest journal_leaf_hash(const struct journal_record *record);
/* Audit path of a record in the first `size` records (0: the latest checkpoint's size). TRUC_E_NOT_FOUND when it isn't
 * in there. Rebuilds the tree file first when it is missing. */
int journal_prove_inclusion(struct journal *journal, uint64_t sequence, uint64_t size, struct merkle_proof *ret_proof,
                            struct truc_fault *fault);
int journal_prove_consistency(struct journal *journal, uint64_t old_size, uint64_t new_size,
                              struct merkle_proof *ret_proof, struct truc_fault *fault);
/* Appends a C2SP tlog-proof of the record in the latest checkpoint: a text that tools other than ours verify. */
int journal_proof_text(struct journal *journal, uint64_t sequence, struct buffer *out, struct truc_fault *fault);

/* ---- snapshots and objects ---- */

/* Keeps `state`, which includes every record below journal_next_sequence(); the two newest are kept. */
int journal_snapshot_write(struct journal *journal, struct bytes state, uint64_t time_ns, struct truc_fault *fault);

/* Content by its hash, durable on return: configurations, descriptor sets, certificates. Putting twice is harmless. */
int journal_object_put(struct journal *journal, struct bytes content, struct sha256_digest *ret_digest,
                       struct truc_fault *fault);
/* Appends the content; TRUC_E_NOT_FOUND; TRUC_E_JOURNAL_CORRUPT when it isn't what its name says. */
int journal_object_get(struct journal *journal, const struct sha256_digest *digest, struct buffer *out,
                       struct truc_fault *fault);

/* ---- full verification ---- */

struct journal_verify {
    /* Asked after each group; non-zero stops and is passed on. May be NULL. */
    int (*progress)(void *context, uint64_t done_bytes, uint64_t total_bytes);
    /* Each record, with its payload where the key is there and it isn't erased: check digests and signatures here.
     * May be NULL. */
    journal_visit_fn *check;
    void *context;
};

struct journal_verified {
    uint64_t records, groups, segments;
    uint64_t payloads, payloads_erased, payloads_without_key; /* payloads: decrypted and authentic */
    uint64_t checkpoints; /* in the history and latest, each against the recomputed tree */
    uint64_t snapshots;
    struct sha256_digest root;
};

/* Reads everything and believes nothing: every byte of every segment is in a checked field or a checked zero. 0: all is
 * well. The first damage comes back as TRUC_E_JOURNAL_CORRUPT or TRUC_E_CHECKPOINT with fault->where = "file:offset".
 */
int journal_verify_all(struct journal *journal, const struct journal_verify *verify,
                       struct journal_verified *ret_verified, struct truc_fault *fault);

#endif
