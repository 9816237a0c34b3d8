/* key_rotation.h - puts a new key in the place of one of the broker's own, so that everything the old one did stays good.
 * Not: systems' keys (system rotate-key) nor the certificate authority.
 * In the flow: keys/ and journal/ → here → the same, for the next start of trucd. */
#ifndef TRUC_KEY_ROTATION_H
#define TRUC_KEY_ROTATION_H

#include "cli_file.h"

struct key_rotation {
    const char *keys, *journal; /* folders */
    uint64_t now_ns;
};

/* Each of them: TRUC_E_STATE when the broker runs or the step is not due; TRUC_E_CONFIG, TRUC_E_IO, what the journal says. Interrupted,
 * the same call goes on. */

/* A line more: hashes of persons are made with it from the next start on. *ret_epoch is its number. */
int key_rotate_persons(const struct key_rotation *rotation, unsigned *ret_epoch, struct truc_fault *fault);
/* Segment keys are wrapped anew. The old key's file, which copies of the journal need, is named in `old`. */
int key_rotate_journal(const struct key_rotation *rotation, uint64_t *ret_segments, char old[CLI_PATH_BYTES],
                       struct truc_fault *fault);
/* A last checkpoint by the old key, and a new one from there on; the old verifier goes into checkpoint.old with that size. */
int key_rotate_checkpoint(const struct key_rotation *rotation, uint64_t *ret_through, struct buffer *verifier,
                          struct truc_fault *fault);
/* The next transport key, made and not in force: appends its public half. Called again it says the same. */
int key_prepare_broker(const struct key_rotation *rotation, struct buffer *public_key, struct truc_fault *fault);
/* Puts it in the place of the present one. */
int key_take_broker(const struct key_rotation *rotation, struct truc_fault *fault);

#endif
