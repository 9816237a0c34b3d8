/* redrive.h - dead letters into their queue once more.
 * At most GENERATION_MAX times for one message and destination.
 * Used by dead_letters.c. */
#ifndef TRUC_REDRIVE_H
#define TRUC_REDRIVE_H

#include "core_state.h"

/* The letter is gone afterwards. MEMORY. */
int redrive(struct core *core, struct destination *destination, struct dead_letter *letter, struct bytes operator_id,
            struct bytes reason);

#endif
