/* daemon_keys.h - the broker's own keys, read from its key directory.
 * Not the systems' keys (the configuration has their public halves).
 * Read once at the start into memory that is locked and wiped. Layout: docs/operations.md, "Keys". */
#ifndef TRUC_DAEMON_KEYS_H
#define TRUC_DAEMON_KEYS_H

#include "curve_key.h"
#include "journal.h"
#include "signing.h"

enum { DAEMON_SYMMETRIC_KEY_BYTES = 32, DAEMON_PERSON_EPOCHS_MAX = 256 };

struct daemon_keys {
    struct curve_key transport;     /* broker.curve */
    struct signing_key *checkpoint; /* checkpoint.key */
    struct journal_checkpoint_key
        old_checkpoints[JOURNAL_CHECKPOINT_KEYS_MAX]; /* checkpoint.old, which may be missing */
    size_t old_checkpoints_count;
    uint8_t journal[DAEMON_SYMMETRIC_KEY_BYTES]; /* journal.key */
    uint8_t persons[DAEMON_SYMMETRIC_KEY_BYTES]; /* persons.key, last line: the nth makes the hashes of epoch n */
    uint32_t person_epoch;
};

/* The keys are the caller's. TRUC_E_CONFIG, TRUC_E_MEMORY and what secret_file_read gives, naming the file; *ret_keys is untouched
 * then. */
int daemon_keys_read(const char *directory, struct daemon_keys **ret_keys, struct truc_fault *fault);
void daemon_keys_free(struct daemon_keys *keys); /* wipes; NULL is fine */

#endif
