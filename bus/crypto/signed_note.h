/* signed_note.h - texts with signature lines, as transparency logs use them (C2SP signed-note, https://c2sp.org/signed-note).
 * Not the checkpoint inside (the journal writes that) and not trust: the caller brings the keys it believes.
 * The journal signs its checkpoints so; witnesses and auditors read them with their own tools. */
#ifndef TRUC_SIGNED_NOTE_H
#define TRUC_SIGNED_NOTE_H

#include "signing.h"

enum {
    NOTE_KEY_ID_BYTES = 4,
    NOTE_NAME_BYTES_MAX = 128,
    NOTE_SIGNATURES_MAX = 32,
    NOTE_SIGNATURE_BYTES_MAX = 256,
    NOTE_BYTES_MAX = 1024 * 1024,
    NOTE_TYPE_ED25519 = 0x01,
};

/* A verifier: its key string is name+hex8(key id)+base64(0x01, key). Ed25519 only. */
struct note_key {
    char name[NOTE_NAME_BYTES_MAX + 1];
    uint8_t id[NOTE_KEY_ID_BYTES]; /* first bytes of SHA-256(name, 0x0A, 0x01, key) */
    struct verify_key key;         /* Ed25519: owns nothing, need not be cleared */
};

/* One "— name base64(id, signature)" line; `name` points into the note. */
struct note_signature {
    struct bytes name;
    uint8_t id[NOTE_KEY_ID_BYTES];
    uint8_t signature[NOTE_SIGNATURE_BYTES_MAX];
    size_t signature_size;
};

struct note {
    struct bytes text; /* with its closing newline; points into the parsed bytes */
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
    size_t signatures_count;
};

/* TRUC_E_ARGUMENT: a name is 1 to 128 bytes of UTF-8 without space, control character or plus; the key is Ed25519. */
int note_key_make(struct bytes name, const struct verify_key *key, struct note_key *ret_key, struct truc_fault *fault);
int note_key_parse(struct bytes text, struct note_key *ret_key, struct truc_fault *fault); /* also checks the id */
void note_key_append(const struct note_key *key, struct buffer *out);

/* Appends text, empty line and one signature line. `text` is UTF-8 without control characters, ends in a newline. */
int note_sign(struct bytes text, struct bytes name, const struct signing_key *key, struct buffer *out,
              struct truc_fault *fault);
/* Appends one line for a signature made elsewhere (a witness's): to be added behind a signed note. */
int note_append_signature(struct buffer *out, struct bytes name, const uint8_t id[NOTE_KEY_ID_BYTES],
                          struct bytes signature, struct truc_fault *fault);

/* Reads strictly; verifies nothing. `note` must outlive ret_note. TRUC_E_ARGUMENT with the reason, or TRUC_E_LIMIT. */
int note_parse(struct bytes note, struct note *ret_note, struct truc_fault *fault);
/* 0 when the note carries a signature of this key and every one of its signatures verifies; TRUC_E_NOT_FOUND when
 * it carries none; TRUC_E_SIGNATURE when one does not verify. Lines of other keys are not looked at. */
int note_verify(const struct note *note, const struct note_key *key, struct truc_fault *fault);

#endif
