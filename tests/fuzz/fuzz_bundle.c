/* fuzz_bundle.c - any bytes as a bundle, and the proof of any part of one (docs/protocol.md, "Bundles").
 * A proof of a part gives the bundle's root; with one bit changed in it, never.
 * A fuzz target, see fuzz.h. */
#include "bundle.h"
#include "fuzz.h"
#include "merkle.h"

enum { WANTED_BYTES = MERKLE_BUNDLE_LEAVES_MAX / 8 };

static void prove_part(struct bytes choice, const struct sha256_digest *leaves, size_t count)
{
    struct sha256_digest wanted_leaves[MERKLE_BUNDLE_LEAVES_MAX], root = merkle_root(leaves, count), got;
    bool wanted[MERKLE_BUNDLE_LEAVES_MAX] = {false};
    BUFFER_CLEANUP struct buffer proof = {0};
    size_t wanted_count = 0;
    for (size_t i = 0; i < count; i++) {
        wanted[i] = i / 8 < choice.size && (choice.data[i / 8] >> i % 8 & 1) != 0;
        if (wanted[i])
            wanted_leaves[wanted_count++] = leaves[i];
    }
    FUZZ_REQUIRE(merkle_multiproof_make(leaves, count, wanted, &proof) == 0 && buffer_failed(&proof) == 0);
    int code = merkle_multiproof_root(count, wanted, wanted_leaves, wanted_count, buffer_view(&proof), &got);
    FUZZ_REQUIRE(code == 0 && sha256_equal(&got, &root));
    code = merkle_multiproof_root(count, wanted, wanted_leaves, wanted_count, choice, &got);
    FUZZ_REQUIRE(code != 0 || !sha256_equal(&got, &root) || bytes_equal(choice, buffer_view(&proof)));
    if (proof.size == 0)
        return;
    proof.data[choice.data[0] % proof.size] ^= (uint8_t)(1 << choice.data[choice.size - 1] % 8);
    code = merkle_multiproof_root(count, wanted, wanted_leaves, wanted_count, buffer_view(&proof), &got);
    FUZZ_REQUIRE(code != 0 || !sha256_equal(&got, &root));
}

/* The first bytes choose how many leaves and which; the rest is a bundle. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bundle bundle, again;
    struct sha256_digest leaves[MERKLE_BUNDLE_LEAVES_MAX];
    struct truc_fault fault;
    if (size <= WANTED_BYTES)
        return 0;
    size_t count = (size_t)data[0] + 1;
    for (size_t i = 0; i < count; i++)
        leaves[i] = message_leaf(bytes_of(&i, sizeof i));
    prove_part(bytes_of(data + 1, WANTED_BYTES), leaves, count);
    if (bundle_decode(bytes_of(data + 1 + WANTED_BYTES, size - 1 - WANTED_BYTES), &bundle, &fault) != 0)
        return 0;
    BUFFER_CLEANUP struct buffer first = {0}, second = {0};
    bundle_encode(&bundle, &first);
    FUZZ_REQUIRE(first.size == bundle_size(&bundle));
    FUZZ_REQUIRE(bundle_decode(buffer_view(&first), &again, &fault) == 0 && again.count == bundle.count);
    bundle_encode(&again, &second);
    FUZZ_REQUIRE(bytes_equal(buffer_view(&first), buffer_view(&second)));
    for (size_t i = 0; i < bundle.count; i++)
        FUZZ_REQUIRE(bytes_equal(bundle.messages[i].payload, again.messages[i].payload));
    return 0;
}
