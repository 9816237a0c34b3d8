/* fuzz_known.h - the key and the text that the corpora of signed things are made with. */
#ifndef TRUC_FUZZ_KNOWN_H
#define TRUC_FUZZ_KNOWN_H

#include "fuzz.h"
#include "signed_note.h"

#define FUZZ_BUS        "test-bus"
#define FUZZ_CHECKPOINT "test-bus/journal\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

static inline struct signing_key *fuzz_signing_key(void)
{
    static const uint8_t seed[ED25519_SEED_BYTES] = "a key for fuzz targets, no other";
    struct signing_key *key = NULL;
    FUZZ_REQUIRE(signing_key_from_seed(bytes_of(seed, sizeof seed), &key, NULL) == 0);
    return key;
}

static inline void fuzz_note_key(struct note_key *ret_key)
{
    static struct verify_key public_key; /* without its secret: locked memory is not searched for leaks */
    static bool is_made;
    if (!is_made) {
        struct signing_key *key = fuzz_signing_key();
        FUZZ_REQUIRE(verify_key_copy(signing_key_public(key), &public_key) == 0);
        signing_key_free(key);
        is_made = true;
    }
    FUZZ_REQUIRE(note_key_make(bytes_string(FUZZ_BUS), &public_key, ret_key, NULL) == 0);
}

#endif
