/* quarantine.c - counts losses, names the suspects, and gives up a message that its receiver does not survive alone.
 * See quarantine.h. */
#include "quarantine.h"

#include <stdio.h>

#include "core_emit.h"
#include "fate.h"

enum { SUSPECTS_NAMED_MAX = 8, NUMBER_TEXT_BYTES = 24 };

/* "12, 15, 17 …" */
static void name_suspects(struct core_queue_item *const *items, size_t count, char *out, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < count && i < SUSPECTS_NAMED_MAX && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%llu", i ? ", " : "",
                               (unsigned long long)items[i]->entry.sequence);
    if (count > SUSPECTS_NAMED_MAX && at < size)
        (void)snprintf(out + at, size - at, " …");
}

static void enter(struct core *core, struct destination *destination, struct core_queue_item *const *items,
                  size_t count)
{
    char names[SUSPECTS_NAMED_MAX * NUMBER_TEXT_BYTES + 8] = "";
    name_suspects(items, count, names, sizeof names);
    destination->suspects = count;
    core_log(core, 4,
             "%s: quarantined: %d connections were lost one after the other with messages out (%s); one at a time now",
             destination->system, CORE_QUARANTINE_LOSSES, names);
}

static void leave(struct core *core, struct destination *destination, size_t count)
{
    if (destination->suspects == 0)
        return;
    destination->suspects -= count < destination->suspects ? count : destination->suspects;
    if (destination->suspects == 0)
        core_log(core, 5, "%s: no longer quarantined", destination->system);
}

/* It was out alone. */
static void suspect(struct core *core, struct destination *destination, struct core_queue_item *item)
{
    if (++item->losses_alone < CORE_QUARANTINE_ALONE_MAX)
        return;
    if (fate_give_up(core, destination, item, TRUC_E_HANDLER,
                     bytes_string("its receiver's connection was lost each time with this message alone")) < 0)
        core->out_of_memory = true;
    leave(core, destination, 1);
}

void quarantine_lost(struct core *core, struct destination *destination)
{
    struct core_queue_item *items[SUSPECTS_NAMED_MAX];
    size_t count = queue_delivered(&destination->queue, items, SUSPECTS_NAMED_MAX);
    if (count == 0)
        return; /* nothing of ours can be the reason */
    destination->losses++;
    if (destination->suspects && count == 1)
        suspect(core, destination, items[0]);
    else if (destination->suspects == 0 && destination->losses >= CORE_QUARANTINE_LOSSES)
        enter(core, destination, items, count);
}

void quarantine_settled(struct core *core, struct destination *destination, size_t count)
{
    destination->losses = 0;
    leave(core, destination, count);
}
