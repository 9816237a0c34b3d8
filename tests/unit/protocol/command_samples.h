/* command_samples.h - one command of each kind with every field set to something of its own.
 * Test support only.
 * Used by test_command_*.c: what holds for each sample holds for each command. */
#ifndef TRUC_TEST_COMMAND_SAMPLES_H
#define TRUC_TEST_COMMAND_SAMPLES_H

#include "command.h"

/* Appends the frame of the sample of that kind. */
void sample_encode(enum command_kind kind, struct buffer *out);
/* A header with every field set, its encoding appended. */
void sample_header(struct buffer *out);

#endif
