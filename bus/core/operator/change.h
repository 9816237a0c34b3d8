/* change.h - the arguments of verbs that change one thing: which system, and why (Change in operator.proto).
 * Journaled as they came, and read again from there: recovery believes them.
 * Read by operate.c and queue_pause.c. */
#ifndef TRUC_CHANGE_H
#define TRUC_CHANGE_H

#include "bytes.h"
#include <truc/error.h>

#define RELOAD_VERB       "reload"
#define QUEUE_PAUSE_VERB  "queue-pause"
#define QUEUE_RESUME_VERB "queue-resume"

struct change {
    struct bytes system, reason; /* views into the arguments */
    bool accept_schema_change;
};

/* Whether a verb's arguments are these. */
bool change_is_of(struct bytes verb);
int change_decode(struct bytes arguments, struct change *ret, struct truc_fault *fault); /* PROTOCOL */

#endif
