/* destination.h - systems as receivers, their dead letters, and the generations of what was redriven to them.
 * All of it is a function of the journal, but for who is connected.
 * Used from publish to recovery. */
#ifndef TRUC_DESTINATION_H
#define TRUC_DESTINATION_H

#include "core_state.h"

struct destination *destination_get(struct core *core, struct bytes system); /* made when new; NULL: no memory */
struct destination *destination_find(const struct core *core, struct bytes system);
int destination_missing(struct bytes system, struct truc_fault *fault); /* NOT_FOUND, said to whoever asked for it */
void destination_free_all(struct core *core);

/* An operator has paused it (queue_pause.h). */
static inline bool destination_is_paused(const struct destination *destination)
{
    return destination->pause.by[0] != '\0';
}

/* Keeps a dead letter as its record says. MEMORY. */
int destination_remember_dead(struct core *core, struct destination *destination, const struct record_fate *fate,
                              uint64_t time_ns);
struct dead_letter *dead_letter_find(const struct destination *destination, uint64_t sequence); /* or NULL */
void dead_letter_remove(struct destination *destination, struct dead_letter *letter);
/* How often a message was queued again there: 1..GENERATION_MAX. MEMORY. */
int destination_set_generation(struct destination *destination, uint64_t sequence, uint32_t generation);
/* The message found its end: leaves the queue, and what is remembered of its redriving goes too. */
void destination_settle(struct destination *destination, struct core_queue_item *item);

#endif
