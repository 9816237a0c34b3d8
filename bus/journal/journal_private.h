/* journal_private.h - the journal's inside, shared by its source files and by nobody else.
 * Not an interface: journal.h is.
 * Parts: segments (files and where groups lie), roll (starting the next), tree (stored hashes), checkpoints, recovery.
 */
#ifndef TRUC_JOURNAL_PRIVATE_H
#define TRUC_JOURNAL_PRIVATE_H

#include "journal.h"
#include "journal_file.h"
#include "journal_format.h"
#include "journal_keys.h"

enum {
    SEGMENTS_OPEN_MAX = 8, /* files and group tables held at once */
    BOUNDARIES_MAX = 256,  /* group ends remembered until they are verified */
    SEGMENT_NAME_BYTES = 32,
    TREE_BUFFER_BYTES = 64 * 1024,
};

struct group_place {
    uint64_t first_sequence;
    uint64_t offset;
};

enum segment_keys_state {
    SEGMENT_KEYS_UNKNOWN, /* not looked for yet */
    SEGMENT_KEYS_READY,
    SEGMENT_KEYS_GONE, /* purged, or there is no master key */
};

struct segment {
    uint64_t first_sequence;
    uint64_t end_sequence;  /* first sequence behind it */
    struct disk_file *file; /* NULL: not open; then nothing below is valid */
    struct segment_header header;
    struct group_place *groups; /* ascending; valid when groups_are_known */
    size_t group_count, group_capacity;
    uint64_t groups_end; /* offset behind the last group */
    uint64_t file_bytes; /* kept here: asking the system for each group costs more than all other bookkeeping */
    bool groups_are_known;
    enum segment_keys_state keys_state;
    struct segment_keys keys;
    uint64_t used; /* the journal's counter of uses when it was last used */
};

/* A group's end that may become a checkpoint. */
struct boundary {
    uint64_t size;
    struct sha256_digest root;
};

/* index/tree: every hash of the tree in the order of completion; rebuildable. */
struct tree {
    struct disk_file *file;
    uint64_t leaves;       /* in file and buffer */
    struct buffer pending; /* not yet written */
    bool is_usable;
};

struct spare {
    struct disk_file *file;
    uint8_t *zeros; /* one step of them, while it is filled */
    uint64_t written_bytes;
    bool is_ready;
};

struct journal {
    struct disk *disk;
    char directory[DISK_PATH_BYTES_MAX];
    char bus_id[JOURNAL_BUS_ID_BYTES_MAX + 1];
    uint8_t *master_key; /* JOURNAL_MASTER_KEY_BYTES in locked memory; NULL: payloads can't be read */
    bool is_read_only;
    bool is_failed;
    const struct signing_key *checkpoint_key;
    const struct verify_key *checkpoint_verify_key;
    const struct journal_checkpoint_key *old_checkpoint_keys;
    size_t old_checkpoint_keys_count;
    uint64_t segment_bytes;
    uint64_t checkpoint_groups;
    void (*random)(void *context, uint8_t *out, size_t size);
    void *random_context;
    struct disk_file *lock;
    struct payload_cipher *cipher;

    struct segment *segments; /* ascending; the last one is open for appending */
    size_t segment_count, segment_capacity;
    uint64_t uses;
    uint64_t next_sequence;
    struct merkle_frontier frontier; /* of next_sequence leaves */
    struct sha256_digest root;
    uint64_t verified_through;
    struct boundary boundaries[BOUNDARIES_MAX]; /* newer than the latest checkpoint, ascending */
    size_t boundary_count;
    struct buffer group_buffer; /* where a group is put together */
    struct spare spare;
    struct tree tree;

    struct buffer checkpoint_note;
    uint64_t checkpoint_size; /* 0: none */
    struct sha256_digest checkpoint_root;
    unsigned checkpoint_slot; /* of latest.a/latest.b: which one is written next */
    uint64_t groups_since_checkpoint;
};

/* ---- journal_segment.c: files, headers, where groups lie ---- */

void segment_name_of(uint64_t first_sequence, const char *suffix, char out[SEGMENT_NAME_BYTES]);
struct file_path segment_path(const struct journal *journal, uint64_t first_sequence);
/* Fills journal->segments from the directory (those not known yet). TRUC_E_JOURNAL_CORRUPT when the first is missing.
 */
int segments_list(struct journal *journal, struct truc_fault *fault);
/* journal_open.c: options, format and lock, and the list of segments; nothing is recovered. */
int journal_claim(struct journal *journal, const struct journal_options *options, struct truc_fault *fault);
void journal_free(struct journal *journal);
void segments_free(struct journal *journal);
/* Room for one more in journal->segments: TRUC_E_MEMORY or 0. */
int segments_reserve(struct journal *journal);
/* Index of the segment that holds or will hold `sequence`; there is one. */
size_t segment_index_of(const struct journal *journal, uint64_t sequence);
/* Opens it and checks its header if that isn't done; may close others (never the last). Valid until the next call. */
int segment_use(struct journal *journal, size_t index, struct segment **ret_segment, struct truc_fault *fault);
/* ... and knows where its groups lie. */
int segment_use_groups(struct journal *journal, size_t index, struct segment **ret_segment, struct truc_fault *fault);
void segment_close(struct segment *segment);
int segment_reserve_group(struct segment *segment); /* room for one more in groups: TRUC_E_MEMORY or 0 */
int segment_add_group(struct segment *segment, uint64_t first_sequence, uint64_t offset, uint64_t end);
/* Place of the group that holds `sequence`, NULL when none does. */
const struct group_place *segment_find_group(const struct segment *segment, uint64_t sequence);
/* Loads the keys if that isn't done. 0 also when they are gone (look at keys_state). TRUC_E_JOURNAL_KEY: wrong master
 * key. */
int segment_use_keys(struct journal *journal, struct segment *segment, struct truc_fault *fault);
/* Fault of a damaged place: sets where to "segments/NAME:offset". */
int segment_fault(struct truc_fault *fault, int code, const struct segment *segment, uint64_t offset, const char *text);
/* Writes index/NAME.groups; failing is harmless, it is rebuilt by hopping. */
void segment_groups_save(struct journal *journal, const struct segment *segment);

enum group_state { GROUP_GOOD = 1, GROUP_BAD = 0 };
/* Reads the group header at `offset`. GROUP_BAD: there is none, or it isn't this segment's. Negative: I/O. */
int group_header_at(struct journal *journal, const struct segment *segment, uint64_t offset,
                    struct group_header *ret_header, struct truc_fault *fault);
enum group_parts { GROUP_RECORDS = 1, GROUP_PAYLOADS = 2 };
/* ... and its sections into `out` (cleared first; header, records, payloads), checksums checked. */
int group_read_at(struct journal *journal, const struct segment *segment, uint64_t offset, unsigned parts,
                  struct buffer *out, struct group_header *ret_header, struct truc_fault *fault);
static inline struct bytes group_records(const struct group_header *header, const struct buffer *group)
{
    return bytes_of(group->data + FORMAT_GROUP_HEADER_BYTES, (size_t)header->records_bytes);
}
static inline struct bytes group_payloads(const struct group_header *header, const struct buffer *group)
{
    return bytes_of(group->data + FORMAT_GROUP_HEADER_BYTES + header->records_bytes,
                    group->size - FORMAT_GROUP_HEADER_BYTES - (size_t)header->records_bytes);
}

/* ---- journal_read.c ---- */

/* Visits the records of a group that was read, from sequence `from` on. */
int group_visit(struct journal *journal, const struct group_header *header, const struct buffer *group, uint64_t from,
                unsigned flags, journal_visit_fn *visit, void *context, struct truc_fault *fault);

/* The record `sequence` of the group at that offset, without its payload. TRUC_E_JOURNAL_CORRUPT when it isn't there. */
int record_read_in_group(struct journal *journal, struct segment *segment, uint64_t group_offset, uint64_t sequence,
                         struct buffer *scratch, struct journal_record *ret_record, struct truc_fault *fault);

/* ---- journal_roll.c: spare and next segment ---- */

/* Makes the segment that begins with next_sequence the last one. Takes the place of an empty last segment. */
int journal_start_segment(struct journal *journal, uint64_t time_ns, struct truc_fault *fault);
void spare_close(struct journal *journal);
/* Marks the journal failed for good. Returns TRUC_E_JOURNAL_FAILED, keeping the fault's text as the reason. */
int journal_fail(struct journal *journal, struct truc_fault *fault);
/* 0, or the fault that says the journal is failed or read-only. */
int journal_may_write(const struct journal *journal, struct truc_fault *fault);
/* Turns an I/O code of a file other than the segments into what the caller sees: FULL stays, others fail the journal.
 */
int journal_write_code(struct journal *journal, int code, struct truc_fault *fault);

/* ---- journal_tree.c: stored hashes ---- */

/* Adds a record's leaf to the frontier and, when usable, to the stored tree. */
void journal_add_leaf(struct journal *journal, const struct sha256_digest *leaf);
/* Opens index/tree after the frontier is restored (size leaves); unusable when it does not fit. */
void tree_open(struct journal *journal);
void tree_close(struct journal *journal);
/* The subtrees a leaf completed, level by level. */
void tree_add(struct tree *tree, const struct sha256_digest *completed, size_t count);
/* Empties it to be filled again from leaf 0. TRUC_E_IO when that can't be. */
int tree_restart(struct journal *journal);
int tree_flush(struct tree *tree); /* 0 or a negative errno, after which the tree isn't usable */
int tree_sync(struct tree *tree);
/* A stored hash; TRUC_E_NOT_FOUND when the tree doesn't reach that far. */
int tree_hash(struct tree *tree, unsigned level, uint64_t index, struct sha256_digest *ret_hash);

/* ---- journal_line.c ---- */

/* The next line without its newline; false when there is none. */
bool line_take(struct bytes *text, struct bytes *ret_line);
/* The next word of a line and the space behind it; false when there is none. */
bool word_take(struct bytes *line, struct bytes *ret_word);
/* A whole decimal number without sign or leading zeros. */
bool decimal_read(struct bytes text, uint64_t *ret_value);

/* ---- journal_checkpoint.c ---- */

/* Reads latest.a and latest.b and takes the larger valid one. */
int checkpoints_load(struct journal *journal, struct truc_fault *fault);
/* Before an append: makes a checkpoint when checkpoint_groups have passed and something verified can be signed. */
int journal_checkpoint_when_due(struct journal *journal, uint64_t time_ns, struct truc_fault *fault);
/* Remembers a group's end. */
void journal_add_boundary(struct journal *journal);
/* Root of the tree of `size` leaves where `size` is a group's end. TRUC_E_ARGUMENT when it isn't. */
int journal_root_at(struct journal *journal, uint64_t size, struct sha256_digest *ret_root, struct truc_fault *fault);
/* Checks a signed note: its text is a checkpoint of this bus, and our signature is right when a key is known. */
int checkpoint_note_check(const struct journal *journal, struct bytes note, uint64_t *ret_size,
                          struct sha256_digest *ret_root, struct truc_fault *fault);
/* ---- journal_history.c ---- */

/* When opening to write: takes away what an interrupted checkpoint left in the history, and makes sure of the rest. */
int checkpoint_history_cut(struct journal *journal, struct truc_fault *fault);
/* Behind the last whole entry, synced. */
int checkpoint_history_append(struct journal *journal, struct bytes note, uint64_t size, uint64_t time_ns,
                              struct truc_fault *fault);
/* Visits the history's notes in order. */
int checkpoint_history_each(struct journal *journal,
                            int (*visit)(void *context, struct bytes note, uint64_t offset, struct truc_fault *fault),
                            void *context, struct truc_fault *fault);

/* ---- journal_snapshot.c ---- */

struct snapshot {
    struct merkle_frontier frontier;
    uint64_t time_ns;
    struct bytes state; /* in `file` */
    struct buffer file;
};
void snapshot_free(struct snapshot *snapshot);
enum { SNAPSHOTS_LISTED_MAX = 16 };
/* Sequences of the snapshots there are, newest first; returns how many. */
int snapshots_list(struct journal *journal, uint64_t sequences[SNAPSHOTS_LISTED_MAX], struct truc_fault *fault);
/* TRUC_E_JOURNAL_CORRUPT when any byte of it is wrong. */
int snapshot_read(struct journal *journal, uint64_t sequence, struct snapshot *ret_snapshot, struct truc_fault *fault);

/* ---- journal_recover.c ---- */

struct recovery_scan {
    const struct journal_recovery *recovery; /* NULL or its members may be */
    uint64_t done_bytes, total_bytes;        /* for progress */
};
/* Starts from the newest snapshot that fits, else from nothing; then follows the groups to the end of the last segment.
 * A torn end is told in ret_opened, nothing is changed. */
int journal_recover(struct journal *journal, const struct journal_recovery *recovery, struct journal_opened *ret_opened,
                    struct truc_fault *fault);
/* Follows the groups from `offset` in segment `index`, where journal->frontier and next_sequence stand: adds places,
 * leaves. */
int recovery_follow(struct journal *journal, struct recovery_scan *scan, size_t index, uint64_t offset,
                    struct truc_fault *fault);

#endif
