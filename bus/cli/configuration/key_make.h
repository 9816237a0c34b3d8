/* key_make.h - new secrets as the files of keys/ hold them: a line of hexadecimal digits, a key of checkpoints with its verifier.
 * Not: where they go (init_keys.c, key_rotation.c); what was made is the caller's to wipe.
 * In the flow: the system's random numbers → here → a file of keys/. */
#ifndef TRUC_KEY_MAKE_H
#define TRUC_KEY_MAKE_H

#include "buffer.h"
#include "fault.h"

/* Appends 32 bytes nobody can guess, in hexadecimal, and a newline. `name` is for the fault. */
int key_make_secret(const char *name, struct buffer *out, struct truc_fault *fault);
/* An Ed25519 key as PEM, and the line that verifies its notes, without a newline: C2SP notes know no other algorithm here. */
int key_make_checkpoint(const char *bus, struct buffer *pem, struct buffer *verifier, struct truc_fault *fault);
/* The verifier's line of a key that is there. */
int key_make_verifier(const char *bus, struct bytes pem, struct buffer *verifier, struct truc_fault *fault);
/* Frees it and leaves nothing of it in memory. */
void key_make_wipe(struct buffer *secret);
#define KEY_MAKE_CLEANUP __attribute__((cleanup(key_make_wipe)))

#endif
