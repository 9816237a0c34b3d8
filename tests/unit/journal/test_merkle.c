/* test_merkle.c - the tree gives the roots and proofs of RFC 6962, and believes no other.
 * Vectors: the eight leaves and roots that certificate-transparency implementations share.
 * A naive recursive tree is the second opinion for every size up to 70. */
#include "cmocka_start.h"

#include <stdlib.h>
#include <truc/error.h>

#include "encode.h"
#include "merkle.h"

enum { LEAVES_MAX = 70 };

static struct sha256_digest digest_of_hex(const char *text)
{
    BUFFER_CLEANUP struct buffer bytes = {0};
    struct sha256_digest digest;
    assert_int_equal(hex_decode(bytes_string(text), &bytes), 0);
    assert_int_equal(bytes.size, SHA256_BYTES);
    memcpy(digest.bytes, bytes.data, SHA256_BYTES);
    return digest;
}

static const char *const vector_leaves[8] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
};
static const char *const vector_roots[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void vector_leaf_hashes(struct sha256_digest out[8])
{
    for (size_t i = 0; i < 8; i++) {
        BUFFER_CLEANUP struct buffer leaf = {0};
        assert_int_equal(hex_decode(bytes_string(vector_leaves[i]), &leaf), 0);
        out[i] = merkle_leaf_hash(buffer_view(&leaf));
    }
}

static void roots_are_those_of_the_published_vectors(void **state)
{
    (void)state;
    struct sha256_digest leaves[8];
    vector_leaf_hashes(leaves);
    for (size_t count = 0; count <= 8; count++) {
        struct sha256_digest expected = digest_of_hex(vector_roots[count]), root = merkle_root(leaves, count);
        assert_true(sha256_equal(&root, &expected));
    }
}

static void inclusion_proofs_are_those_of_the_published_vectors(void **state)
{
    (void)state;
    struct sha256_digest hashes[8];
    vector_leaf_hashes(hashes);
    struct merkle_leaves leaves = {hashes, 8};
    struct merkle_source source = merkle_source_of(&leaves);
    struct merkle_proof proof;
    assert_int_equal(merkle_inclusion_make(&source, 5, 8, &proof), 0);
    static const char *const expected[3] = {
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    };
    assert_int_equal(proof.count, 3);
    for (size_t i = 0; i < 3; i++) {
        struct sha256_digest hash = digest_of_hex(expected[i]);
        assert_true(sha256_equal(&proof.hashes[i], &hash));
    }
    assert_int_equal(merkle_consistency_make(&source, 6, 8, &proof), 0);
    static const char *const consistent[3] = {
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    };
    assert_int_equal(proof.count, 3);
    for (size_t i = 0; i < 3; i++) {
        struct sha256_digest hash = digest_of_hex(consistent[i]);
        assert_true(sha256_equal(&proof.hashes[i], &hash));
    }
}

/* RFC 6962 section 2.1, word for word. */
static struct sha256_digest naive_root(const struct sha256_digest *leaves, size_t count)
{
    if (count == 1)
        return leaves[0];
    size_t split = 1;
    while (split * 2 < count)
        split *= 2;
    struct sha256_digest left = naive_root(leaves, split), right = naive_root(leaves + split, count - split);
    return merkle_node_hash(&left, &right);
}

static void some_leaves(struct sha256_digest out[LEAVES_MAX])
{
    for (size_t i = 0; i < LEAVES_MAX; i++) {
        uint8_t byte = (uint8_t)i;
        out[i] = merkle_leaf_hash(bytes_of(&byte, 1));
    }
}

static void every_way_to_a_root_agrees(void **state)
{
    (void)state;
    struct sha256_digest hashes[LEAVES_MAX];
    some_leaves(hashes);
    struct merkle_leaves leaves = {hashes, LEAVES_MAX};
    struct merkle_source source = merkle_source_of(&leaves);
    struct merkle_frontier frontier = {0};
    for (size_t count = 1; count <= LEAVES_MAX; count++) {
        merkle_frontier_append(&frontier, &hashes[count - 1]);
        struct sha256_digest expected = naive_root(hashes, count), root = merkle_root(hashes, count), from_source;
        struct sha256_digest grown = merkle_frontier_root(&frontier);
        assert_int_equal(merkle_source_root(&source, count, &from_source), 0);
        assert_true(sha256_equal(&root, &expected));
        assert_true(sha256_equal(&grown, &expected));
        assert_true(sha256_equal(&from_source, &expected));
    }
}

static void a_frontier_survives_being_written(void **state)
{
    (void)state;
    struct sha256_digest hashes[LEAVES_MAX];
    some_leaves(hashes);
    struct merkle_frontier frontier = {0}, read;
    for (size_t count = 0; count < LEAVES_MAX; count++) {
        BUFFER_CLEANUP struct buffer bytes = {0};
        merkle_frontier_write(&frontier, &bytes);
        assert_int_equal(merkle_frontier_read(buffer_view(&bytes), &read), 0);
        struct sha256_digest root = merkle_frontier_root(&read), expected = merkle_frontier_root(&frontier);
        assert_true(sha256_equal(&root, &expected));
        buffer_append_byte(&bytes, 0);
        assert_int_equal(merkle_frontier_read(buffer_view(&bytes), &read), TRUC_E_ARGUMENT);
        merkle_frontier_append(&frontier, &hashes[count]);
    }
}

static void inclusion_holds_for_its_leaf_and_no_other(void **state)
{
    (void)state;
    struct sha256_digest hashes[LEAVES_MAX];
    some_leaves(hashes);
    struct merkle_leaves leaves = {hashes, LEAVES_MAX};
    struct merkle_source source = merkle_source_of(&leaves);
    struct merkle_proof proof;
    for (size_t size = 1; size <= LEAVES_MAX; size++) {
        struct sha256_digest root = merkle_root(hashes, size);
        for (size_t index = 0; index < size; index++) {
            assert_int_equal(merkle_inclusion_make(&source, index, size, &proof), 0);
            assert_int_equal(merkle_inclusion_verify(&hashes[index], index, size, proof.hashes, proof.count, &root), 0);
            assert_int_equal(merkle_inclusion_verify(&hashes[(index + 1) % LEAVES_MAX], index, size, proof.hashes,
                                                     proof.count, &root),
                             TRUC_E_DIGEST);
            proof.hashes[proof.count] = root;
            assert_int_equal(merkle_inclusion_verify(&hashes[index], index, size, proof.hashes, proof.count + 1, &root),
                             TRUC_E_DIGEST);
            if (proof.count > 0)
                assert_int_equal(
                    merkle_inclusion_verify(&hashes[index], index, size, proof.hashes, proof.count - 1, &root),
                    TRUC_E_DIGEST);
        }
        assert_int_equal(merkle_inclusion_make(&source, size, size, &proof), TRUC_E_ARGUMENT);
    }
}

static void consistency_holds_for_prefixes_only(void **state)
{
    (void)state;
    struct sha256_digest hashes[LEAVES_MAX], other = merkle_leaf_hash(bytes_string("other"));
    some_leaves(hashes);
    struct merkle_leaves leaves = {hashes, LEAVES_MAX};
    struct merkle_source source = merkle_source_of(&leaves);
    struct merkle_proof proof;
    for (size_t new_size = 1; new_size <= LEAVES_MAX; new_size++) {
        struct sha256_digest new_root = merkle_root(hashes, new_size);
        for (size_t old_size = 0; old_size <= new_size; old_size++) {
            struct sha256_digest old_root = merkle_root(hashes, old_size);
            assert_int_equal(merkle_consistency_make(&source, old_size, new_size, &proof), 0);
            assert_int_equal(
                merkle_consistency_verify(old_size, &old_root, new_size, &new_root, proof.hashes, proof.count), 0);
            assert_int_equal(
                merkle_consistency_verify(old_size, &other, new_size, &new_root, proof.hashes, proof.count),
                TRUC_E_DIGEST);
            if (old_size > 0)
                assert_int_equal(
                    merkle_consistency_verify(old_size, &old_root, new_size, &other, proof.hashes, proof.count),
                    TRUC_E_DIGEST);
            if (proof.count > 0) {
                proof.hashes[proof.count - 1].bytes[0] ^= 1;
                assert_int_equal(
                    merkle_consistency_verify(old_size, &old_root, new_size, &new_root, proof.hashes, proof.count),
                    TRUC_E_DIGEST);
            }
        }
    }
}

static void any_subset_of_a_bundle_proves_its_root(void **state)
{
    (void)state;
    struct sha256_digest hashes[LEAVES_MAX], root;
    some_leaves(hashes);
    uint32_t random = 1;
    for (size_t count = 1; count <= 40; count++) {
        struct sha256_digest expected = merkle_root(hashes, count);
        for (size_t round = 0; round < 20; round++) {
            bool wanted[LEAVES_MAX] = {false};
            struct sha256_digest chosen[LEAVES_MAX];
            size_t chosen_count = 0;
            BUFFER_CLEANUP struct buffer proof = {0};
            for (size_t i = 0; i < count; i++) {
                random = random * 1664525 + 1013904223;
                wanted[i] = round == 0 || random >> 31;
                if (wanted[i])
                    chosen[chosen_count++] = hashes[i];
            }
            assert_int_equal(merkle_multiproof_make(hashes, count, wanted, &proof), 0);
            assert_int_equal(merkle_multiproof_root(count, wanted, chosen, chosen_count, buffer_view(&proof), &root),
                             0);
            assert_true(sha256_equal(&root, &expected));
            if (round == 0)
                assert_int_equal(proof.size, 0);
            buffer_append(&proof, root.bytes, SHA256_BYTES);
            assert_int_equal(merkle_multiproof_root(count, wanted, chosen, chosen_count, buffer_view(&proof), &root),
                             TRUC_E_DIGEST);
            if (proof.size > SHA256_BYTES)
                assert_int_equal(merkle_multiproof_root(count, wanted, chosen, chosen_count,
                                                        bytes_of(proof.data, proof.size - 2 * SHA256_BYTES), &root),
                                 TRUC_E_DIGEST);
        }
    }
}

static void bundles_have_a_bound(void **state)
{
    (void)state;
    static struct sha256_digest hashes[MERKLE_BUNDLE_LEAVES_MAX + 1];
    static bool wanted[MERKLE_BUNDLE_LEAVES_MAX + 1];
    struct sha256_digest root;
    BUFFER_CLEANUP struct buffer proof = {0};
    assert_int_equal(merkle_multiproof_make(hashes, MERKLE_BUNDLE_LEAVES_MAX + 1, wanted, &proof), TRUC_E_ARGUMENT);
    assert_int_equal(merkle_multiproof_make(hashes, 0, wanted, &proof), TRUC_E_ARGUMENT);
    assert_int_equal(merkle_multiproof_make(hashes, MERKLE_BUNDLE_LEAVES_MAX, wanted, &proof), 0);
    assert_int_equal(merkle_multiproof_root(0, wanted, hashes, 0, BYTES_EMPTY, &root), TRUC_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_the_published_vectors),
        cmocka_unit_test(inclusion_proofs_are_those_of_the_published_vectors),
        cmocka_unit_test(every_way_to_a_root_agrees),
        cmocka_unit_test(a_frontier_survives_being_written),
        cmocka_unit_test(inclusion_holds_for_its_leaf_and_no_other),
        cmocka_unit_test(consistency_holds_for_prefixes_only),
        cmocka_unit_test(any_subset_of_a_bundle_proves_its_root),
        cmocka_unit_test(bundles_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
