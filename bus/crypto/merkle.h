/* merkle.h - the Merkle tree of RFC 6962: roots, growing trees, proofs of inclusion and of consistency, bundle
 * multiproofs. Pure computation over SHA-256; stores nothing and signs nothing. Under the journal's checkpoints, the
 * bundles of the protocol, the SDK's receipts and the auditor's proofs. */
#ifndef TRUC_MERKLE_H
#define TRUC_MERKLE_H

#include "buffer.h"
#include "sha256.h"

enum {
    MERKLE_LEVELS_MAX = 64,         /* a tree of 2^63 leaves is never reached */
    MERKLE_PROOF_HASHES_MAX = 128,  /* enough for any proof over a tree of that size */
    MERKLE_BUNDLE_LEAVES_MAX = 256, /* most leaves of a bundle, the limit of multiproofs */
};

/* RFC 6962 section 2.1: leaf = SHA-256(00 || data), node = SHA-256(01 || left || right), empty tree = SHA-256(""). */
struct sha256_digest merkle_leaf_hash(struct bytes data);
struct sha256_digest merkle_node_hash(const struct sha256_digest *left, const struct sha256_digest *right);
/* Root over leaf *hashes* (not data); count 0 gives the empty tree's root. */
struct sha256_digest merkle_root(const struct sha256_digest *leaves, size_t count);

/* A tree that grows at its right edge, in O(log n) memory: the roots of its complete subtrees, largest first.
 * An empty tree is {0}. hashes[0 .. popcount(size)) are in use. */
struct merkle_frontier {
    uint64_t size; /* leaves so far */
    struct sha256_digest hashes[MERKLE_LEVELS_MAX];
};

void merkle_frontier_append(struct merkle_frontier *frontier, const struct sha256_digest *leaf);
/* The same, and tells the subtree roots that it completed: completed[k] is of level k, completed[0] the leaf. Returns
 * how many. */
size_t merkle_frontier_append_completed(struct merkle_frontier *frontier, const struct sha256_digest *leaf,
                                        struct sha256_digest completed[MERKLE_LEVELS_MAX]);
struct sha256_digest merkle_frontier_root(const struct merkle_frontier *frontier);
/* How many of frontier->hashes are in use. */
size_t merkle_frontier_count(uint64_t size);
/* As bytes: u64 little-endian size, then the hashes in use. Reading refuses any other length (TRUC_E_ARGUMENT). */
void merkle_frontier_write(const struct merkle_frontier *frontier, struct buffer *out);
int merkle_frontier_read(struct bytes data, struct merkle_frontier *ret_frontier);

/* Where proofs take their hashes from: the root of the complete subtree of 2^level leaves that starts at leaf index <<
 * level. Never asked for a subtree that reaches past the tree. Returns 0 or a negative code, which the proof functions
 * pass on. */
struct merkle_source {
    int (*hash)(void *context, unsigned level, uint64_t index, struct sha256_digest *ret_hash);
    void *context;
};

/* A source over an array of leaf hashes that outlives it; computes inner nodes anew each time (small trees). */
struct merkle_leaves {
    const struct sha256_digest *leaves;
    uint64_t count;
};
struct merkle_source merkle_source_of(struct merkle_leaves *leaves);

struct merkle_proof {
    struct sha256_digest hashes[MERKLE_PROOF_HASHES_MAX]; /* in the order of RFC 6962: from the leaf towards the root */
    size_t count;
};

/* Root of the first `size` leaves of the source. */
int merkle_source_root(const struct merkle_source *source, uint64_t size, struct sha256_digest *ret_root);
/* Audit path of RFC 6962 section 2.1.1 for leaf `index` of the first `size` leaves. TRUC_E_ARGUMENT when index >= size.
 */
int merkle_inclusion_make(const struct merkle_source *source, uint64_t index, uint64_t size,
                          struct merkle_proof *ret_proof);
/* Consistency proof of RFC 6962 section 2.1.2 between the first old_size and the first new_size leaves.
 * Empty when old_size is 0 or equal to new_size. TRUC_E_ARGUMENT when old_size > new_size. */
int merkle_consistency_make(const struct merkle_source *source, uint64_t old_size, uint64_t new_size,
                            struct merkle_proof *ret_proof);
/* 0 when the proof holds, TRUC_E_DIGEST when it does not (RFC 9162 sections 2.1.3.2 and 2.1.4.2). All hashes are
 * consumed. */
int merkle_inclusion_verify(const struct sha256_digest *leaf, uint64_t index, uint64_t size,
                            const struct sha256_digest *hashes, size_t count, const struct sha256_digest *root);
int merkle_consistency_verify(uint64_t old_size, const struct sha256_digest *old_root, uint64_t new_size,
                              const struct sha256_digest *new_root, const struct sha256_digest *hashes, size_t count);

/* Multiproof for a subset of the leaves of a bundle (docs/protocol.md). Walk [0, count): a range without a wanted leaf
 * is one proof hash, its subtree's root; a range of one wanted leaf is nothing; any other range is split at the largest
 * power of two smaller than its size, left before right. wanted[i] says whether leaf i is in the subset; count
 * is 1..MERKLE_BUNDLE_LEAVES_MAX. A whole bundle needs no hashes. */
/* Appends the proof's hashes, 32 bytes each. TRUC_E_ARGUMENT on a bad count, else 0; look at buffer_failed(out). */
int merkle_multiproof_make(const struct sha256_digest *leaves, size_t count, const bool *wanted, struct buffer *out);
/* Root of the bundle from the wanted leaves' hashes (in order) and the proof's hashes. Both must be consumed exactly:
 * TRUC_E_DIGEST when hashes are missing or left over, TRUC_E_ARGUMENT on a bad count. */
int merkle_multiproof_root(size_t count, const bool *wanted, const struct sha256_digest *wanted_leaves,
                           size_t wanted_count, struct bytes proof_hashes, struct sha256_digest *ret_root);

#endif
