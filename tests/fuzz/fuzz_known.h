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
    static struct signing_key *key; /* reachable until the end */
    if (key == NULL)
        key = fuzz_signing_key();
    FUZZ_REQUIRE(note_key_make(bytes_string(FUZZ_BUS), signing_key_public(key), ret_key, NULL) == 0);
}

#endif
