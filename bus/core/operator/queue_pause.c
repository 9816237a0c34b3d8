/* queue_pause.c - who paused a destination, since when and why; begun, ended, and read again from the journal.
 * See queue_pause.h. */
#include "queue_pause.h"

#include "deliver.h"
#include "destination.h"
#include "fault.h"
#include "text.h"
#include "words.h"

static void set(struct destination *destination, uint64_t time_ns, struct bytes operator_id, struct bytes reason)
{
    destination->pause = (struct operator_pause){.since_ns = time_ns};
    text_copy(destination->pause.by, sizeof destination->pause.by, operator_id);
    text_copy(destination->pause.reason, sizeof destination->pause.reason, reason);
}

static struct destination *find(const struct core *core, const struct change *change, struct truc_fault *fault)
{
    struct destination *destination = destination_find(core, change->system);
    if (destination == NULL)
        destination_missing(change->system, fault);
    return destination;
}

int queue_pause_begin(struct core *core, const struct change *change, struct bytes operator_id,
                      struct truc_fault *fault)
{
    struct destination *destination = find(core, change, fault);
    if (destination == NULL)
        return TRUC_E_NOT_FOUND;
    if (destination_is_paused(destination)) {
        fault_set(fault, TRUC_E_STATE, "'%s' is paused already, by '%s': %s", destination->system,
                  destination->pause.by, destination->pause.reason);
        return fault_hint(fault, N_("nothing to do; for another reason, resume it first: truc queue resume"));
    }
    set(destination, core->now_ns, operator_id, change->reason);
    return deliver_pump(core, destination); /* says so in the log */
}

int queue_pause_end(struct core *core, const struct change *change, struct truc_fault *fault)
{
    struct destination *destination = find(core, change, fault);
    if (destination == NULL)
        return TRUC_E_NOT_FOUND;
    if (!destination_is_paused(destination)) {
        fault_set(fault, TRUC_E_STATE, "'%s' is not paused", destination->system);
        return fault_hint(fault, N_("nothing to do; truc queue list shows which systems are paused"));
    }
    destination->pause = (struct operator_pause){.since_ns = 0};
    return deliver_pump(core, destination);
}

int queue_pause_replay(struct core *core, uint64_t time_ns, const struct record_operation *operation)
{
    struct change change;
    bool begins = bytes_equal_string(operation->verb, QUEUE_PAUSE_VERB);
    if (operation->code || (!begins && !bytes_equal_string(operation->verb, QUEUE_RESUME_VERB)))
        return 0; /* was refused, or concerns no queue */
    if (change_decode(operation->arguments, &change, NULL) < 0)
        return TRUC_E_JOURNAL_CORRUPT;
    struct destination *destination = destination_get(core, change.system);
    if (destination == NULL)
        return TRUC_E_MEMORY;
    if (begins)
        set(destination, time_ns, operation->operator_id, change.reason);
    else
        destination->pause = (struct operator_pause){.since_ns = 0};
    return 0;
}
