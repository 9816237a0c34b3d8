/* queue_unseen.c - two tables that are filled while the journal is replayed, and emptied as entries are loaded.
 * What is left when all lists were looked at names no entry, and is forgotten (core_queue.c).
 * See queue_unseen.h. */
#include "queue_unseen.h"

#include <stdlib.h>

#include <truc/error.h>

void unseen_free(struct queue_unseen *unseen)
{
    size_t at = 0;
    struct queue_trial *trial;
    while ((trial = map_next(&unseen->trials, &at)))
        free(trial);
    map_free(&unseen->trials);
    map_free(&unseen->settled);
}

bool unseen_is_empty(const struct queue_unseen *unseen)
{
    return unseen->settled.count == 0 && unseen->trials.count == 0;
}

int unseen_settle(struct queue_unseen *unseen, uint64_t sequence, uint32_t generation)
{
    uint64_t key = queue_settled_key(sequence, generation);
    free(map_remove_number(&unseen->trials, sequence));
    return map_put_number(&unseen->settled, key, (void *)(uintptr_t)key);
}

bool unseen_take_settled(struct queue_unseen *unseen, const struct queue_entry *entry)
{
    uint64_t key = queue_settled_key(entry->sequence, queue_entry_generation(entry));
    return map_remove_number(&unseen->settled, key) != NULL;
}

static struct queue_trial *trial_of(struct queue_unseen *unseen, uint64_t sequence)
{
    struct queue_trial *trial = map_get_number(&unseen->trials, sequence);
    if (trial || (trial = calloc(1, sizeof *trial)) == NULL)
        return trial;
    trial->sequence = sequence;
    if (map_put_number(&unseen->trials, sequence, trial) == 0)
        return trial;
    free(trial);
    return NULL;
}

int unseen_set_trial(struct queue_unseen *unseen, const struct queue_trial *trial)
{
    struct queue_trial *kept = trial_of(unseen, trial->sequence);
    if (kept == NULL)
        return TRUC_E_MEMORY;
    *kept = *trial;
    return 0;
}

int unseen_note_attempt(struct queue_unseen *unseen, uint64_t sequence)
{
    struct queue_trial *trial = trial_of(unseen, sequence);
    if (trial == NULL)
        return TRUC_E_MEMORY;
    trial->attempts++;
    return 0;
}

int unseen_note_failed(struct queue_unseen *unseen, uint64_t sequence, uint64_t up_ns)
{
    struct queue_trial *trial = trial_of(unseen, sequence);
    if (trial == NULL)
        return TRUC_E_MEMORY;
    trial->retries++;
    if (trial->first_failed_ns == 0)
        trial->first_failed_ns = up_ns;
    return 0;
}

struct queue_trial unseen_take_trial(struct queue_unseen *unseen, uint64_t sequence)
{
    struct queue_trial *kept = map_remove_number(&unseen->trials, sequence);
    struct queue_trial trial = kept ? *kept : (struct queue_trial){.sequence = sequence};
    free(kept);
    return trial;
}
