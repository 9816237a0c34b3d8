/* journal_proof.c - proofs that a record is in the tree, and that one tree continues another.
 * Takes hashes from index/tree, or where that is missing or wrong from the records themselves; a proof is checked
 * before it leaves here. Verifying is merkle.h's. */
#include <inttypes.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "journal_private.h"

/* ---- hashes from the records: one walk over the journal gathers every subtree a proof asks for ---- */

struct wanted_subtree {
    unsigned level;
    uint64_t index;
    struct merkle_frontier frontier; /* of the leaves met so far */
};

struct gather {
    struct wanted_subtree *wanted;
    size_t count, answered;
    bool is_filled;
};

/* First it notes what is asked for, and after the walk it answers in the same order. */
static int gather_hash(void *context, unsigned level, uint64_t index, struct sha256_digest *ret_hash)
{
    struct gather *gather = context;
    if (!gather->is_filled) {
        if (gather->count == (size_t)MERKLE_PROOF_HASHES_MAX * MERKLE_LEVELS_MAX)
            return TRUC_E_LIMIT;
        if ((gather->count & (gather->count - 1)) == 0) { /* grows at powers of two */
            size_t capacity = gather->count ? 2 * gather->count : 1;
            struct wanted_subtree *grown = realloc(gather->wanted, capacity * sizeof(*grown));
            if (grown == NULL)
                return TRUC_E_MEMORY;
            gather->wanted = grown;
        }
        gather->wanted[gather->count++] = (struct wanted_subtree){.level = level, .index = index};
        memset(ret_hash, 0, sizeof(*ret_hash));
        return 0;
    }
    const struct wanted_subtree *wanted = &gather->wanted[gather->answered++];
    if (gather->answered > gather->count || wanted->level != level || wanted->index != index)
        return TRUC_E_INTERNAL;
    *ret_hash = merkle_frontier_root(&wanted->frontier);
    return 0;
}

static int gather_record(void *context, const struct journal_record *record)
{
    struct gather *gather = context;
    struct record_header header = {
        .body_bytes = (uint32_t)record->body.size,
        .kind = record->kind,
        .flags = record->flags,
        .sequence = record->sequence,
        .time_ns = record->time_ns,
    };
    struct sha256_digest leaf = leaf_hash_of(&header, &record->body_digest);
    for (size_t i = 0; i < gather->count; i++) {
        struct wanted_subtree *wanted = &gather->wanted[i];
        if (record->sequence >> wanted->level == wanted->index)
            merkle_frontier_append(&wanted->frontier, &leaf);
    }
    return 0;
}

/* ---- making a proof from a source, and checking it ---- */

struct proof_task {
    bool is_inclusion;
    struct sha256_digest leaf;   /* inclusion */
    uint64_t index;              /* inclusion */
    uint64_t old_size, new_size; /* new_size also is the tree of an inclusion */
    struct sha256_digest old_root, new_root;
};

static int proof_make(const struct proof_task *task, const struct merkle_source *source, struct merkle_proof *ret_proof)
{
    return task->is_inclusion ? merkle_inclusion_make(source, task->index, task->new_size, ret_proof)
                              : merkle_consistency_make(source, task->old_size, task->new_size, ret_proof);
}

static int proof_check(const struct proof_task *task, const struct merkle_proof *proof)
{
    return task->is_inclusion ? merkle_inclusion_verify(&task->leaf, task->index, task->new_size, proof->hashes,
                                                        proof->count, &task->new_root)
                              : merkle_consistency_verify(task->old_size, &task->old_root, task->new_size,
                                                          &task->new_root, proof->hashes, proof->count);
}

static int stored_hash(void *context, unsigned level, uint64_t index, struct sha256_digest *ret_hash)
{
    struct journal *journal = context;
    return tree_hash(&journal->tree, level, index, ret_hash);
}

static bool proof_from_tree(struct journal *journal, const struct proof_task *task, struct merkle_proof *proof)
{
    struct merkle_source source = {stored_hash, journal};
    return proof_make(task, &source, proof) == 0 && proof_check(task, proof) == 0;
}

static int proof_from_records(struct journal *journal, const struct proof_task *task, struct merkle_proof *proof,
                              struct truc_fault *fault)
{
    struct gather gather = {0};
    struct merkle_source source = {gather_hash, &gather};
    int code = proof_make(task, &source, proof);
    if (code == 0)
        code = journal_scan(journal, 0, 0, gather_record, &gather, fault);
    gather.is_filled = true;
    if (code == 0)
        code = proof_make(task, &source, proof);
    free(gather.wanted);
    if (code == 0 && proof_check(task, proof) < 0)
        code = fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "the records do not give the root that was signed for them");
    return code;
}

/* ---- rebuilding index/tree ---- */

struct tree_rebuild {
    struct tree *tree;
    struct merkle_frontier frontier;
};

static int tree_rebuild_record(void *context, const struct journal_record *record)
{
    struct tree_rebuild *rebuild = context;
    struct sha256_digest leaf = journal_leaf_hash(record), completed[MERKLE_LEVELS_MAX];
    size_t count = merkle_frontier_append_completed(&rebuild->frontier, &leaf, completed);
    tree_add(rebuild->tree, completed, count);
    return 0;
}

static bool tree_rebuild(struct journal *journal)
{
    struct tree_rebuild rebuild = {.tree = &journal->tree};
    if (journal->is_read_only || tree_restart(journal) < 0)
        return false;
    if (journal_scan(journal, 0, 0, tree_rebuild_record, &rebuild, NULL) != 0)
        journal->tree.is_usable = false; /* half filled: never to be mistaken for whole */
    return journal->tree.is_usable;
}

static int proof_find(struct journal *journal, const struct proof_task *task, struct merkle_proof *ret_proof,
                      struct truc_fault *fault)
{
    struct merkle_proof proof;
    int code = 0;
    bool is_found =
        proof_from_tree(journal, task, &proof) || (tree_rebuild(journal) && proof_from_tree(journal, task, &proof));
    if (!is_found)
        code = proof_from_records(journal, task, &proof, fault);
    if (code == 0)
        *ret_proof = proof;
    return code;
}

/* ---- the public ones ---- */

int journal_prove_inclusion(struct journal *journal, uint64_t sequence, uint64_t size, struct merkle_proof *ret_proof,
                            struct truc_fault *fault)
{
    struct proof_task task = {
        .is_inclusion = true, .index = sequence, .new_size = size ? size : journal->checkpoint_size};
    struct journal_record record;
    BUFFER_CLEANUP struct buffer scratch = {0};
    if (sequence >= task.new_size)
        return fault_set(fault, TRUC_E_NOT_FOUND, "record %" PRIu64 " is not among the first %" PRIu64, sequence,
                         task.new_size);
    int code = journal_root_at(journal, task.new_size, &task.new_root, fault);
    if (code == 0)
        code = journal_read(journal, sequence, 0, &scratch, &record, fault);
    if (code < 0)
        return code;
    task.leaf = journal_leaf_hash(&record);
    return proof_find(journal, &task, ret_proof, fault);
}

int journal_prove_consistency(struct journal *journal, uint64_t old_size, uint64_t new_size,
                              struct merkle_proof *ret_proof, struct truc_fault *fault)
{
    struct proof_task task = {.old_size = old_size, .new_size = new_size};
    if (old_size > new_size)
        return fault_set(fault, TRUC_E_ARGUMENT, "%" PRIu64 " records are not a later state than %" PRIu64, new_size,
                         old_size);
    int code = journal_root_at(journal, old_size, &task.old_root, fault);
    if (code == 0)
        code = journal_root_at(journal, new_size, &task.new_root, fault);
    return code < 0 ? code : proof_find(journal, &task, ret_proof, fault);
}

int journal_proof_text(struct journal *journal, uint64_t sequence, struct buffer *out, struct truc_fault *fault)
{
    struct merkle_proof proof = {0};
    int code = journal_prove_inclusion(journal, sequence, 0, &proof, fault);
    if (code < 0)
        return code;
    buffer_printf(out, "c2sp.org/tlog-proof@v1\nindex %" PRIu64 "\n", sequence);
    for (size_t i = 0; i < proof.count; i++) {
        base64_append(out, sha256_view(&proof.hashes[i]));
        buffer_append_byte(out, '\n');
    }
    buffer_append_byte(out, '\n');
    buffer_append_bytes(out, buffer_view(&journal->checkpoint_note));
    return buffer_failed(out) ? fault_set(fault, buffer_failed(out), "no memory for a proof") : 0;
}
