/* journal_keys.h - what keeps payloads secret and erasable: segment keys under the master key, payloads under segment
 * keys. No disk: bytes in, bytes out. Randomness is an argument. Used when a segment is started, a payload appended,
 * read or verified; specified in docs/journal-format.md, "Keys". */
#ifndef TRUC_JOURNAL_KEYS_H
#define TRUC_JOURNAL_KEYS_H

#include "journal_format.h"

enum { SEGMENT_KEY_BYTES = 32, SEGMENT_KEY_NONCE_BYTES = 12, SEGMENT_KEY_FILE_BYTES = 96 };

struct segment_keys {
    uint8_t key[SEGMENT_KEY_BYTES];  /* message keys come from it */
    struct sha256_digest mask_key;   /* salts are masked with it: they must not outlive the key */
    uint8_t id[FORMAT_KEY_ID_BYTES]; /* names the key in the segment's header, tells nothing about it */
};

/* An AES-256-GCM context that is made once and used for every payload. */
struct payload_cipher;
struct payload_cipher *payload_cipher_new(void); /* NULL: out of memory */
void payload_cipher_free(struct payload_cipher *cipher);

void segment_keys_derive(const uint8_t key[SEGMENT_KEY_BYTES], struct segment_keys *ret_keys);
void segment_keys_wipe(struct segment_keys *keys);

/* The content of keys/<first sequence>.key. */
int segment_key_wrap(struct payload_cipher *cipher, const uint8_t master_key[JOURNAL_MASTER_KEY_BYTES],
                     const char *bus_id, uint64_t first_sequence, const uint8_t key[SEGMENT_KEY_BYTES],
                     const uint8_t nonce[SEGMENT_KEY_NONCE_BYTES], uint8_t out[SEGMENT_KEY_FILE_BYTES],
                     struct truc_fault *fault);
/* TRUC_E_JOURNAL_CORRUPT when the file is damaged, TRUC_E_JOURNAL_VERSION when newer, TRUC_E_JOURNAL_KEY when the
 * master key is not the one that wrapped it. */
int segment_key_unwrap(struct payload_cipher *cipher, const uint8_t master_key[JOURNAL_MASTER_KEY_BYTES],
                       const char *bus_id, uint64_t first_sequence, struct bytes file, struct segment_keys *ret_keys,
                       struct truc_fault *fault);

/* Writes a whole blob into `out`: blob_stored_bytes(payload.size), zeroed. */
int payload_seal(struct payload_cipher *cipher, const struct segment_keys *keys, const char *bus_id, uint64_t sequence,
                 const uint8_t salt[JOURNAL_SALT_BYTES], struct bytes payload, uint8_t *out, struct truc_fault *fault);
/* `content` is ciphertext and tag. Appends the payload to `out`. TRUC_E_JOURNAL_CORRUPT when it is not authentic. */
int payload_open(struct payload_cipher *cipher, const struct segment_keys *keys, const char *bus_id,
                 const struct blob_header *blob, struct bytes content, uint8_t ret_salt[JOURNAL_SALT_BYTES],
                 struct buffer *out, struct truc_fault *fault);

#endif
