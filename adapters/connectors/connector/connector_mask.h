/* connector_mask.h - what a far side says in words, made fit for a log: no identity numbers, no control characters.
 * Runs of 12 digits (căn cước) and of 9 (the older number) keep their last three, as everywhere on the bus.
 * In the flow: a program's standard error, a reason's text -> this -> log, settlement. */
#ifndef TRUC_CONNECTOR_MASK_H
#define TRUC_CONNECTOR_MASK_H

#include "buffer.h"

/* Appends @text, with U+FFFD for what is not UTF-8. */
void connector_mask_append(struct buffer *out, struct bytes text);

#endif
