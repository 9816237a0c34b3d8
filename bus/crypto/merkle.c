/* merkle.c - the Merkle tree of RFC 6962: roots, growing trees, proofs of inclusion and of consistency, bundle
 * multiproofs. Pure computation over SHA-256; stores nothing and signs nothing. Under the journal's checkpoints, the
 * bundles of the protocol, the SDK's receipts and the auditor's proofs. */
#include "merkle.h"

#include <truc/error.h>

struct sha256_digest merkle_leaf_hash(struct bytes data)
{
    static const uint8_t prefix = 0x00;
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, bytes_of(&prefix, 1));
    sha256_add(&hash, data);
    return sha256_end(&hash);
}

struct sha256_digest merkle_node_hash(const struct sha256_digest *left, const struct sha256_digest *right)
{
    uint8_t node[1 + 2 * SHA256_BYTES];
    node[0] = 0x01;
    memcpy(node + 1, left->bytes, SHA256_BYTES);
    memcpy(node + 1 + SHA256_BYTES, right->bytes, SHA256_BYTES);
    return sha256_of(bytes_of(node, sizeof(node)));
}

struct sha256_digest merkle_root(const struct sha256_digest *leaves, size_t count)
{
    struct merkle_frontier frontier;
    frontier.size = 0;
    for (size_t i = 0; i < count; i++)
        merkle_frontier_append(&frontier, &leaves[i]);
    return merkle_frontier_root(&frontier);
}

size_t merkle_frontier_count(uint64_t size)
{
    return (size_t)__builtin_popcountll(size);
}

/* Like adding one in binary: equal subtrees merge as bits carry. */
size_t merkle_frontier_append_completed(struct merkle_frontier *frontier, const struct sha256_digest *leaf,
                                        struct sha256_digest completed[MERKLE_LEVELS_MAX])
{
    size_t count = merkle_frontier_count(frontier->size), level = 0;
    completed[0] = *leaf;
    for (uint64_t bits = frontier->size; bits & 1; bits >>= 1, level++)
        completed[level + 1] = merkle_node_hash(&frontier->hashes[--count], &completed[level]);
    frontier->hashes[count] = completed[level];
    frontier->size++;
    return level + 1;
}

void merkle_frontier_append(struct merkle_frontier *frontier, const struct sha256_digest *leaf)
{
    struct sha256_digest completed[MERKLE_LEVELS_MAX];
    merkle_frontier_append_completed(frontier, leaf, completed);
}

struct sha256_digest merkle_frontier_root(const struct merkle_frontier *frontier)
{
    size_t count = merkle_frontier_count(frontier->size);
    if (count == 0)
        return sha256_of(BYTES_EMPTY);
    struct sha256_digest root = frontier->hashes[--count];
    while (count > 0)
        root = merkle_node_hash(&frontier->hashes[--count], &root);
    return root;
}

void merkle_frontier_write(const struct merkle_frontier *frontier, struct buffer *out)
{
    buffer_append_le64(out, frontier->size);
    buffer_append(out, frontier->hashes, merkle_frontier_count(frontier->size) * SHA256_BYTES);
}

int merkle_frontier_read(struct bytes data, struct merkle_frontier *ret_frontier)
{
    if (data.size < 8)
        return TRUC_E_ARGUMENT;
    uint64_t size = load_le64(data.data);
    size_t hashes_bytes = merkle_frontier_count(size) * SHA256_BYTES;
    if (data.size != 8 + hashes_bytes)
        return TRUC_E_ARGUMENT;
    ret_frontier->size = size;
    memcpy(ret_frontier->hashes, data.data + 8, hashes_bytes);
    return 0;
}

/* The largest power of two smaller than size (size >= 2): where RFC 6962 splits a tree. */
static uint64_t split_of(uint64_t size)
{
    return 1ull << (63 - __builtin_clzll(size - 1));
}

static int leaves_hash(void *context, unsigned level, uint64_t index, struct sha256_digest *ret_hash)
{
    const struct merkle_leaves *leaves = context;
    uint64_t width = 1ull << level;
    if (index >= leaves->count >> level)
        return TRUC_E_ARGUMENT;
    *ret_hash = merkle_root(leaves->leaves + index * width, (size_t)width);
    return 0;
}

struct merkle_source merkle_source_of(struct merkle_leaves *leaves)
{
    return (struct merkle_source){leaves_hash, leaves};
}

/* Root of the leaves [begin, begin + size), where begin is a multiple of the largest power of two <= size: folds the
 * complete subtrees from the right, so at most 64 hashes are read. */
static int range_root(const struct merkle_source *source, uint64_t begin, uint64_t size, struct sha256_digest *ret_root)
{
    struct sha256_digest root = {{0}};
    uint64_t end = begin + size;
    bool first = true;
    for (unsigned level = 0; level < MERKLE_LEVELS_MAX; level++) {
        if (!(size >> level & 1))
            continue;
        struct sha256_digest hash;
        end -= 1ull << level;
        int code = source->hash(source->context, level, end >> level, &hash);
        if (code < 0)
            return code;
        root = first ? hash : merkle_node_hash(&hash, &root);
        first = false;
    }
    *ret_root = root;
    return 0;
}

int merkle_source_root(const struct merkle_source *source, uint64_t size, struct sha256_digest *ret_root)
{
    if (size > 0)
        return range_root(source, 0, size, ret_root);
    *ret_root = sha256_of(BYTES_EMPTY);
    return 0;
}

/* Ranges are met from the root down, proofs are listed from the leaf up. */
static void proof_reverse(struct merkle_proof *proof)
{
    for (size_t low = 0, high = proof->count; low + 1 < high; low++) {
        struct sha256_digest swapped = proof->hashes[low];
        proof->hashes[low] = proof->hashes[--high];
        proof->hashes[high] = swapped;
    }
}

int merkle_inclusion_make(const struct merkle_source *source, uint64_t index, uint64_t size,
                          struct merkle_proof *ret_proof)
{
    if (index >= size)
        return TRUC_E_ARGUMENT;
    struct merkle_proof proof;
    proof.count = 0;
    for (uint64_t begin = 0; size > 1;) {
        uint64_t split = split_of(size);
        bool goes_left = index - begin < split;
        int code = goes_left ? range_root(source, begin + split, size - split, &proof.hashes[proof.count])
                             : range_root(source, begin, split, &proof.hashes[proof.count]);
        if (code < 0)
            return code;
        proof.count++;
        begin = goes_left ? begin : begin + split;
        size = goes_left ? split : size - split;
    }
    proof_reverse(&proof);
    *ret_proof = proof;
    return 0;
}

int merkle_consistency_make(const struct merkle_source *source, uint64_t old_size, uint64_t new_size,
                            struct merkle_proof *ret_proof)
{
    if (old_size > new_size)
        return TRUC_E_ARGUMENT;
    struct merkle_proof proof;
    proof.count = 0;
    if (old_size == 0 || old_size == new_size) {
        *ret_proof = proof;
        return 0;
    }
    /* SUBPROOF(m, D[n], b) of RFC 6962: `whole` says that the old tree's root is known to the verifier. */
    uint64_t begin = 0, old_left = old_size, size = new_size;
    bool whole = true;
    int code = 0;
    while (old_left != size) {
        uint64_t split = split_of(size);
        bool goes_left = old_left <= split;
        code = goes_left ? range_root(source, begin + split, size - split, &proof.hashes[proof.count])
                         : range_root(source, begin, split, &proof.hashes[proof.count]);
        if (code < 0)
            return code;
        proof.count++;
        begin = goes_left ? begin : begin + split;
        old_left = goes_left ? old_left : old_left - split;
        size = goes_left ? split : size - split;
        whole = whole && goes_left;
    }
    if (!whole) {
        code = range_root(source, begin, size, &proof.hashes[proof.count]);
        if (code < 0)
            return code;
        proof.count++;
    }
    proof_reverse(&proof);
    *ret_proof = proof;
    return 0;
}

/* RFC 9162 section 2.1.3.2. */
int merkle_inclusion_verify(const struct sha256_digest *leaf, uint64_t index, uint64_t size,
                            const struct sha256_digest *hashes, size_t count, const struct sha256_digest *root)
{
    if (index >= size)
        return TRUC_E_DIGEST;
    uint64_t node = index, last = size - 1;
    struct sha256_digest hash = *leaf;
    for (size_t i = 0; i < count; i++) {
        if (last == 0)
            return TRUC_E_DIGEST;
        if ((node & 1) || node == last) {
            hash = merkle_node_hash(&hashes[i], &hash);
            while (!(node & 1) && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = merkle_node_hash(&hash, &hashes[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && sha256_equal(&hash, root) ? 0 : TRUC_E_DIGEST;
}

/* RFC 9162 section 2.1.4.2, the loop: rebuilds both roots side by side. */
static int consistency_fold(uint64_t node, uint64_t last, const struct sha256_digest *start,
                            const struct sha256_digest *hashes, size_t count, struct sha256_digest *ret_old,
                            struct sha256_digest *ret_new)
{
    struct sha256_digest old_hash = *start, new_hash = *start;
    for (size_t i = 0; i < count; i++) {
        if (last == 0)
            return TRUC_E_DIGEST;
        if ((node & 1) || node == last) {
            old_hash = merkle_node_hash(&hashes[i], &old_hash);
            new_hash = merkle_node_hash(&hashes[i], &new_hash);
            while (!(node & 1) && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = merkle_node_hash(&new_hash, &hashes[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    *ret_old = old_hash;
    *ret_new = new_hash;
    return last == 0 ? 0 : TRUC_E_DIGEST;
}

int merkle_consistency_verify(uint64_t old_size, const struct sha256_digest *old_root, uint64_t new_size,
                              const struct sha256_digest *new_root, const struct sha256_digest *hashes, size_t count)
{
    struct sha256_digest empty = sha256_of(BYTES_EMPTY), old_hash, new_hash;
    if (old_size > new_size)
        return TRUC_E_DIGEST;
    if (old_size == new_size)
        return count == 0 && sha256_equal(old_root, new_root) ? 0 : TRUC_E_DIGEST;
    if (old_size == 0)
        return count == 0 && sha256_equal(old_root, &empty) ? 0 : TRUC_E_DIGEST;
    uint64_t node = old_size - 1, last = new_size - 1;
    while (node & 1) {
        node >>= 1;
        last >>= 1;
    }
    /* An old tree that is one complete subtree is its own first hash (RFC 9162: prepend first_hash). */
    bool old_is_complete = (old_size & (old_size - 1)) == 0;
    if (!old_is_complete && count == 0)
        return TRUC_E_DIGEST;
    size_t skipped = old_is_complete ? 0 : 1;
    int code = consistency_fold(node, last, old_is_complete ? old_root : &hashes[0], hashes + skipped, count - skipped,
                                &old_hash, &new_hash);
    if (code < 0)
        return code;
    return sha256_equal(&old_hash, old_root) && sha256_equal(&new_hash, new_root) ? 0 : TRUC_E_DIGEST;
}

/* No leaf of [begin, end) is wanted. */
static bool range_is_bare(const bool *wanted, size_t begin, size_t end)
{
    while (begin < end && !wanted[begin])
        begin++;
    return begin == end;
}

static void multiproof_walk(const struct sha256_digest *leaves, size_t begin, size_t end, const bool *wanted,
                            struct buffer *out)
{
    if (range_is_bare(wanted, begin, end)) {
        struct sha256_digest root = merkle_root(leaves + begin, end - begin);
        buffer_append(out, root.bytes, SHA256_BYTES);
        return;
    }
    if (end - begin == 1)
        return;
    size_t middle = begin + (size_t)split_of(end - begin);
    multiproof_walk(leaves, begin, middle, wanted, out);
    multiproof_walk(leaves, middle, end, wanted, out);
}

int merkle_multiproof_make(const struct sha256_digest *leaves, size_t count, const bool *wanted, struct buffer *out)
{
    if (count == 0 || count > MERKLE_BUNDLE_LEAVES_MAX)
        return TRUC_E_ARGUMENT;
    multiproof_walk(leaves, 0, count, wanted, out);
    return 0;
}

struct multiproof_reader {
    const bool *wanted;
    const struct sha256_digest *leaves;
    size_t leaves_left;
    struct bytes hashes; /* what is left of the proof */
};

static int multiproof_fold(struct multiproof_reader *reader, size_t begin, size_t end, struct sha256_digest *ret_root)
{
    if (range_is_bare(reader->wanted, begin, end)) {
        if (reader->hashes.size < SHA256_BYTES)
            return TRUC_E_DIGEST;
        memcpy(ret_root->bytes, reader->hashes.data, SHA256_BYTES);
        reader->hashes = bytes_of(reader->hashes.data + SHA256_BYTES, reader->hashes.size - SHA256_BYTES);
        return 0;
    }
    if (end - begin == 1) {
        if (reader->leaves_left == 0)
            return TRUC_E_DIGEST;
        *ret_root = *reader->leaves++;
        reader->leaves_left--;
        return 0;
    }
    struct sha256_digest left, right;
    size_t middle = begin + (size_t)split_of(end - begin);
    int code = multiproof_fold(reader, begin, middle, &left);
    if (code == 0)
        code = multiproof_fold(reader, middle, end, &right);
    if (code == 0)
        *ret_root = merkle_node_hash(&left, &right);
    return code;
}

int merkle_multiproof_root(size_t count, const bool *wanted, const struct sha256_digest *wanted_leaves,
                           size_t wanted_count, struct bytes proof_hashes, struct sha256_digest *ret_root)
{
    if (count == 0 || count > MERKLE_BUNDLE_LEAVES_MAX)
        return TRUC_E_ARGUMENT;
    struct multiproof_reader reader = {wanted, wanted_leaves, wanted_count, proof_hashes};
    struct sha256_digest root;
    int code = multiproof_fold(&reader, 0, count, &root);
    if (code < 0)
        return code;
    if (reader.leaves_left != 0 || reader.hashes.size != 0)
        return TRUC_E_DIGEST;
    *ret_root = root;
    return 0;
}
