/* journal_tree.c - index/tree: every hash of the journal's Merkle tree, in the order in which subtrees become complete.
 * Not the truth: never synced except before a snapshot, checked against roots wherever it is used, rebuilt when it is
 * lost. Makes inclusion and consistency proofs cost a few reads instead of reading the journal. */
#include "fault.h"
#include "journal_private.h"

enum { TREE_HEADER_BYTES = 32 };
static const char tree_magic[8] = {'T', 'R', 'U', 'C', 'T', 'R', 'E', '\n'};

/* How many hashes a tree of `leaves` leaves has stored: leaf n brings one, and one for each subtree it completes. */
static uint64_t stored_count(uint64_t leaves)
{
    uint64_t count = 0;
    for (; leaves > 0; leaves >>= 1)
        count += leaves;
    return count;
}

static uint64_t stored_offset(unsigned level, uint64_t index)
{
    uint64_t last_leaf = ((index + 1) << level) - 1;
    return TREE_HEADER_BYTES + (stored_count(last_leaf) + level) * SHA256_BYTES;
}

int tree_flush(struct tree *tree)
{
    if (!tree->is_usable || tree->pending.size == 0)
        return 0;
    uint64_t end = TREE_HEADER_BYTES + stored_count(tree->leaves) * SHA256_BYTES;
    int error = disk_write_at(tree->file, end - tree->pending.size, tree->pending.data, tree->pending.size);
    buffer_clear(&tree->pending);
    if (error < 0)
        tree->is_usable = false;
    return error;
}

int tree_sync(struct tree *tree)
{
    int error = tree_flush(tree);
    if (error == 0 && tree->is_usable)
        error = disk_sync(tree->file);
    if (error < 0)
        tree->is_usable = false;
    return error;
}

void tree_add(struct tree *tree, const struct sha256_digest *completed, size_t count)
{
    if (!tree->is_usable)
        return;
    buffer_append(&tree->pending, completed, count * SHA256_BYTES);
    tree->leaves++;
    if (buffer_failed(&tree->pending) != 0)
        tree->is_usable = false;
    else if (tree->pending.size >= TREE_BUFFER_BYTES)
        tree_flush(tree); /* a failure makes it unusable: proofs then read the journal */
}

int tree_hash(struct tree *tree, unsigned level, uint64_t index, struct sha256_digest *ret_hash)
{
    if (!tree->is_usable || index >= tree->leaves >> level || tree_flush(tree) < 0)
        return TRUC_E_NOT_FOUND;
    int64_t got = disk_read_at(tree->file, stored_offset(level, index), ret_hash->bytes, SHA256_BYTES);
    return got == SHA256_BYTES ? 0 : TRUC_E_NOT_FOUND;
}

void tree_close(struct journal *journal)
{
    struct tree *tree = &journal->tree;
    tree_flush(tree);
    disk_close(tree->file);
    buffer_free(&tree->pending);
    *tree = (struct tree){0};
}

/* The stored subtrees that make up the frontier are the frontier's hashes. */
static bool tree_fits(struct tree *tree, const struct merkle_frontier *frontier)
{
    uint64_t end = frontier->size;
    size_t at = merkle_frontier_count(end);
    for (unsigned level = 0; level < MERKLE_LEVELS_MAX && at > 0; level++) {
        if (!(frontier->size >> level & 1))
            continue;
        struct sha256_digest hash;
        end -= 1ull << level;
        if (tree_hash(tree, level, end >> level, &hash) < 0 || !sha256_equal(&hash, &frontier->hashes[--at]))
            return false;
    }
    return true;
}

static bool tree_header_fits(struct tree *tree, const struct journal *journal, bool *ret_is_empty)
{
    uint8_t header[TREE_HEADER_BYTES];
    int64_t got = disk_read_at(tree->file, 0, header, sizeof(header));
    *ret_is_empty = got == 0;
    return got == TREE_HEADER_BYTES && memcmp(header, tree_magic, sizeof(tree_magic)) == 0 &&
           load_le32(header + 8) == FORMAT_VERSION && journal->segment_count > 0;
}

/* Empties the file and starts over. */
static bool tree_start(struct tree *tree)
{
    uint8_t header[TREE_HEADER_BYTES] = {0};
    memcpy(header, tree_magic, sizeof(tree_magic));
    store_le32(header + 8, FORMAT_VERSION);
    buffer_clear(&tree->pending);
    tree->leaves = 0;
    return disk_truncate(tree->file, 0) == 0 && disk_write_at(tree->file, 0, header, sizeof(header)) == 0;
}

void tree_open(struct journal *journal)
{
    struct tree *tree = &journal->tree;
    struct file_path path = file_path_in(journal->directory, "index", "tree");
    unsigned flags = journal->is_read_only ? DISK_READ : DISK_READ | DISK_WRITE | DISK_CREATE;
    bool is_empty = false;
    if (disk_open(journal->disk, path.text, flags, &tree->file) < 0)
        return;
    tree->leaves = journal->frontier.size;
    tree->is_usable = true;
    if (tree_header_fits(tree, journal, &is_empty) && tree_fits(tree, &journal->frontier)) {
        uint64_t end = TREE_HEADER_BYTES + stored_count(tree->leaves) * SHA256_BYTES;
        if (journal->is_read_only)
            tree->leaves =
                UINT64_MAX; /* the writer's file grows: what it holds is there, what it doesn't reads short */
        else
            tree->is_usable = disk_truncate(tree->file, end) == 0;
        return;
    }
    tree->is_usable = !journal->is_read_only && journal->frontier.size == 0 && tree_start(tree);
}

int tree_restart(struct journal *journal)
{
    struct tree *tree = &journal->tree;
    tree->is_usable = !journal->is_read_only && tree->file != NULL && tree_start(tree);
    return tree->is_usable ? 0 : TRUC_E_IO;
}

void journal_add_leaf(struct journal *journal, const struct sha256_digest *leaf)
{
    struct sha256_digest completed[MERKLE_LEVELS_MAX];
    size_t count = merkle_frontier_append_completed(&journal->frontier, leaf, completed);
    if (!journal->is_read_only)
        tree_add(&journal->tree, completed, count);
}
