/* deliver.h - queues, pages and fetched messages.
 * Lists on disk and messages are asked for by effects, and come back as events.
 * Used by everything that makes something deliverable. */
#ifndef TRUC_DELIVER_H
#define TRUC_DELIVER_H

#include "core_state.h"

int deliver_enqueue(struct core *core, struct destination *destination, uint32_t lane, const struct queue_entry *entry);
int deliver_pump(struct core *core, struct destination *destination);
/* Why nothing, or nothing but retries, is sent to it though it may be there; NULL: nothing holds it back. */
const char *deliver_pause(const struct core *core, const struct destination *destination);
int deliver_pump_all(struct core *core);
int deliver_page(struct core *core, uint32_t list, uint64_t index, const struct queue_entry *entries, size_t count);
int deliver_fetched(struct core *core, uint32_t destination, const struct core_fetched *messages, size_t count);

#endif
