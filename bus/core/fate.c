/* fate.c - the ends a message can find at a destination besides being done: dead letter, expiry; and the way back, redriving.
 * Each is a record of the journal, so that recovery and auditors see the same end.
 * Called by deliver.c, settle.c, request.c and operate.c. */
#include "core_internal.h"

static int append_fate(struct core *core, enum record_kind kind, const struct record_fate *fate)
{
    buffer_clear(&core->scratch);
    record_fate_encode(fate, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    core_append(core, kind, buffer_view(&core->scratch), true);
    return 0;
}

int fate_remember_dead(struct core *core, struct destination *destination, const struct record_fate *fate, uint64_t time_ns)
{
    struct dead_letter *letter = calloc(1, sizeof *letter);
    if (letter == NULL)
        return TRUC_E_MEMORY;
    letter->sequence = fate->message;
    letter->time_ns = time_ns;
    letter->attempts = fate->attempts;
    letter->generation = fate->generation;
    letter->code = -(int)fate->code;
    letter->size_bytes = (uint32_t)fate->size_bytes;
    core_copy_text(letter->reason, sizeof letter->reason, fate->reason);
    core_copy_text(letter->text, sizeof letter->text, fate->text);
    core_copy_text(letter->message.sender, sizeof letter->message.sender, fate->sender);
    core_copy_text(letter->message.type, sizeof letter->message.type, fate->type);
    core_copy_text(letter->message.subject, sizeof letter->message.subject, fate->subject);
    core_copy_text(letter->message.id, sizeof letter->message.id, fate->id);
    list_append(&destination->dead, &letter->link);
    destination->dead_count++;
    destination->counts.dead++;
    if (!core->recovering)
        core_log(core, 4, "%s: dead letter at position %llu: %s", destination->system, (unsigned long long)letter->sequence,
                 truc_error_name(letter->code)); /* the receiver's own words may hold personal data */
    return 0;
}

void dead_letter_remove(struct destination *destination, struct dead_letter *letter)
{
    list_remove(&letter->link);
    destination->dead_count--;
    free(letter);
}

void fate_settle(struct destination *destination, struct core_queue_item *item)
{
    if (queue_entry_generation(&item->entry))
        map_remove_number(&destination->generations, item->entry.sequence); /* no later receipt can mean this round */
    queue_settle(&destination->queue, item);
}

int fate_dead(struct core *core, struct destination *destination, struct core_queue_item *item, int code, struct bytes reason,
              struct bytes text)
{
    struct record_fate fate = {.message = item->entry.sequence, .system = bytes_string(destination->system), .code = (uint32_t)-code,
                               .reason = reason, .text = text, .attempts = item->attempts + (item->fetched ? 1 : 0),
                               .generation = queue_entry_generation(&item->entry), .size_bytes = item->entry.size_bytes,
                               .sender = bytes_string(item->summary->sender), .type = bytes_string(item->summary->type),
                               .subject = bytes_string(item->summary->subject), .id = bytes_string(item->summary->id)};
    int result = append_fate(core, RECORD_DEAD, &fate);
    if (result == 0)
        result = fate_remember_dead(core, destination, &fate, core->now_ns);
    if (result == 0)
        fate_settle(destination, item);
    return result;
}

int fate_expired(struct core *core, struct destination *destination, struct core_queue_item *item, int code)
{
    struct record_fate fate = {.message = item->entry.sequence, .system = bytes_string(destination->system), .code = (uint32_t)-code,
                               .attempts = item->attempts, .generation = queue_entry_generation(&item->entry)};
    int result = append_fate(core, RECORD_EXPIRED, &fate);
    destination->counts.expired++;
    if (result == 0)
        fate_settle(destination, item);
    return result;
}

/* A request is nobody's dead letter: its asker is told at once, and the record says why it ended. */
static int end_request(struct core *core, struct destination *destination, struct core_queue_item *item, int code, struct bytes text)
{
    struct open_request *request = request_find(core, item->entry.sequence);
    int result = fate_expired(core, destination, item, code);
    if (result == 0 && request)
        request_failed(core, request, code, bytes_string(truc_error_name(code)), text);
    return result;
}

int fate_give_up(struct core *core, struct destination *destination, struct core_queue_item *item, int code, struct bytes text)
{
    return item->is_request ? end_request(core, destination, item, code, text)
                            : fate_dead(core, destination, item, code, bytes_string(truc_error_name(code)), text);
}

int fate_deadline(struct core *core, struct destination *provider, uint64_t sequence)
{
    struct record_fate fate = {.message = sequence, .system = bytes_string(provider->system), .code = (uint32_t)-TRUC_E_DEADLINE};
    int code = append_fate(core, RECORD_EXPIRED, &fate);
    struct core_queue_item *item = queue_out(&provider->queue, sequence);
    provider->counts.expired++;
    if (code == 0 && item && item->state == ITEM_WAITING)
        fate_settle(provider, item); /* one that is out ends with its settlement, one in the queue when it is fetched */
    return code;
}

int fate_set_generation(struct destination *destination, uint64_t sequence, uint32_t generation)
{
    uint64_t value = sequence << 8 | (generation & 0xff);
    return map_put_number(&destination->generations, sequence, (void *)(uintptr_t)value);
}

int fate_redrive(struct core *core, struct destination *destination, struct dead_letter *letter, struct bytes operator_id, struct bytes reason)
{
    struct record_fate fate = {.message = letter->sequence, .system = bytes_string(destination->system), .operator_id = operator_id,
                               .reason = reason, .generation = letter->generation + 1};
    buffer_clear(&core->scratch);
    record_fate_encode(&fate, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    uint64_t sequence = core_append(core, RECORD_REDRIVEN, buffer_view(&core->scratch), false);
    struct awaiting *awaiting = awaiting_message(core, sequence, letter->size_bytes, 1); /* lists keep the journal's order */
    if (awaiting == NULL || fate_set_generation(destination, letter->sequence, letter->generation + 1) < 0)
        return TRUC_E_MEMORY;
    awaiting->sequence = letter->sequence;
    awaiting->generation = (letter->generation + 1) & 0xff;
    awaiting->destinations[awaiting->destination_count++].destination = destination;
    dead_letter_remove(destination, letter);
    return 0;
}
