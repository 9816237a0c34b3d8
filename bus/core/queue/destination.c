/* destination.c - the systems that receive: made when first named, with a queue, dead letters and counts.
 * Knows nothing of connections or policies.
 * See destination.h. */
#include "destination.h"

#include <stdlib.h>

#include "core_emit.h"
#include "fault.h"
#include "guard.h"
#include "text.h"
#include "time_text.h"
#include "timed.h"
#include "words.h"

enum { DEAD_LINES_A_MINUTE = 60 }; /* of one destination: the journal has them all */

struct destination *destination_find(const struct core *core, struct bytes system)
{
    return map_get_bytes(&core->destinations, system);
}

int destination_missing(struct bytes system, struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_NOT_FOUND, "nothing is delivered to a system '%.*s'", BYTES_PRINTF(system));
    return fault_hint(fault, N_("truc queue list shows the systems that get messages"));
}

struct destination *destination_get(struct core *core, struct bytes system)
{
    struct destination *destination = destination_find(core, system);
    if (destination || system.size > PROTOCOL_NAME_BYTES_MAX)
        return destination;
    if (core->destination_count == core->destination_capacity) {
        size_t capacity = core->destination_capacity ? core->destination_capacity * 2 : 32;
        struct destination **table = realloc(core->destination_table, capacity * sizeof(struct destination *));
        if (table == NULL)
            return NULL;
        core->destination_table = table;
        core->destination_capacity = capacity;
    }
    destination = calloc(1, sizeof *destination);
    if (destination == NULL)
        return NULL;
    memcpy(destination->system, system.data, system.size);
    destination->number = (uint32_t)core->destination_count;
    destination->away_since_up_ns = core->up_ns;
    list_init(&destination->dead);
    queue_init(&destination->queue, core->recovering);
    memcpy(destination->queue.keys.hash_key, core->settings.hash_key, sizeof core->settings.hash_key);
    if (map_put_bytes(&core->destinations, bytes_string(destination->system), destination) < 0) {
        free(destination);
        return NULL;
    }
    core->destination_table[core->destination_count++] = destination;
    return destination;
}

/* ---- what a message leaves behind ---- */

int destination_remember_dead(struct core *core, struct destination *destination, const struct record_fate *fate,
                              uint64_t time_ns)
{
    struct dead_letter *letter = calloc(1, sizeof *letter);
    if (letter == NULL)
        return TRUC_E_MEMORY;
    letter->sequence = fate->message;
    letter->time_ns = time_ns;
    letter->attempts = fate->attempts;
    letter->generation = fate->generation;
    letter->lane = fate->lane < CORE_LANES ? fate->lane : 0;
    letter->code = -(int)fate->code;
    letter->size_bytes = (uint32_t)fate->size_bytes;
    text_copy(letter->reason, sizeof letter->reason, fate->reason);
    text_copy(letter->text, sizeof letter->text, fate->text);
    text_copy(letter->message.sender, sizeof letter->message.sender, fate->sender);
    text_copy(letter->message.type, sizeof letter->message.type, fate->type);
    text_copy(letter->message.subject, sizeof letter->message.subject, fate->subject);
    text_copy(letter->message.id, sizeof letter->message.id, fate->id);
    if (map_put_number(&destination->dead_letters, letter->sequence, letter) < 0) {
        free(letter);
        return TRUC_E_MEMORY;
    }
    list_append(&destination->dead, &letter->link);
    destination->dead_count++;
    destination->counts.dead++;
    if (!core->recovering && guard_take(core, "dead log", destination->system, DEAD_LINES_A_MINUTE, 60 * TIME_NS_PER_S))
        core_log(core, 4, "%s: dead letter at position %llu: %s", destination->system,
                 (unsigned long long)letter->sequence,
                 truc_error_name(letter->code)); /* the receiver's own words may hold personal data */
    return 0;
}

struct dead_letter *dead_letter_find(const struct destination *destination, uint64_t sequence)
{
    return map_get_number(&destination->dead_letters, sequence);
}

void dead_letter_remove(struct destination *destination, struct dead_letter *letter)
{
    list_remove(&letter->link);
    map_remove_number(&destination->dead_letters, letter->sequence);
    destination->dead_count--;
    free(letter);
}

int destination_set_generation(struct destination *destination, uint64_t sequence, uint32_t generation)
{
    uint64_t value = sequence << 8 | (generation & 0xff);
    return map_put_number(&destination->generations, sequence, (void *)(uintptr_t)value);
}

void destination_settle(struct destination *destination, struct core_queue_item *item)
{
    if (queue_entry_generation(&item->entry))
        map_remove_number(&destination->generations, item->entry.sequence); /* no later receipt can mean this round */
    queue_settle(&destination->queue, item);
}

/* ---- the end ---- */

static void destination_free(struct core *core, struct destination *destination)
{
    timed_free_all(core, destination);
    list_each(link, &destination->dead)
        free(list_element(link, struct dead_letter, link));
    map_free(&destination->dead_letters);
    map_free(&destination->generations);
    queue_free(&destination->queue);
    free(destination);
}

void destination_free_all(struct core *core)
{
    for (size_t i = 0; i < core->destination_count; i++)
        destination_free(core, core->destination_table[i]);
    free(core->destination_table);
    core->destination_table = NULL;
    core->destination_count = core->destination_capacity = 0;
    map_free(&core->destinations);
    heap_free(&core->timed_timers);
}
