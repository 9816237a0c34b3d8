/* change.h - the arguments of verbs that change one thing: which system, and why (Change in operator.proto).
 * Journaled as they came, and read again from there: recovery believes them.
 * Read by operate.c and queue_pause.c. */
#ifndef TRUC_CHANGE_H
#define TRUC_CHANGE_H

#include "bytes.h"
#include <truc/error.h>

struct change {
    struct bytes system, reason; /* views into the arguments */
};

int change_decode(struct bytes arguments, struct change *ret, struct truc_fault *fault); /* PROTOCOL */

#endif
