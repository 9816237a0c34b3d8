/* awaiting.c - what may only happen once the journal is durable: answers to senders, and messages joining their queues.
 * The one place that makes "acknowledge only after the sync" true: nothing else answers a publish or queues a message.
 * Filled by publish.c in the order of sequences, run by CORE_EVENT_DURABLE. */
#include "awaiting.h"

#include <stdlib.h>

#include "client.h"
#include "core_emit.h"
#include "deliver.h"
#include "followers.h"
#include "transfer.h"

static struct awaiting *awaiting_new(struct core *core, uint64_t through)
{
    struct awaiting *awaiting = calloc(1, sizeof *awaiting);
    if (awaiting == NULL)
        return NULL;
    awaiting->through = through;
    list_append(&core->awaiting, &awaiting->link);
    return awaiting;
}

static void awaiting_free(struct awaiting *awaiting)
{
    list_remove(&awaiting->link);
    buffer_free(&awaiting->outcomes);
    buffer_free(&awaiting->notice);
    free(awaiting->destinations);
    free(awaiting);
}

void awaiting_free_all(struct core *core)
{
    list_each(link, &core->awaiting)
        awaiting_free(list_element(link, struct awaiting, link));
}

int awaiting_answer(struct core *core, const struct client *session, uint64_t number, uint64_t credit_bytes,
                    struct buffer *outcomes)
{
    struct awaiting *awaiting = awaiting_new(core, core->next_sequence);
    if (awaiting == NULL)
        return TRUC_E_MEMORY;
    awaiting->kind = AWAITING_ANSWER;
    awaiting->peer = session->peer;
    awaiting->number = number;
    awaiting->credit_bytes = credit_bytes;
    awaiting->outcomes = *outcomes;
    *outcomes = (struct buffer){0};
    return core->durable_through >= core->next_sequence ? awaiting_durable(core, core->durable_through) : 0;
}

int awaiting_frame(struct core *core, const struct client *session, const struct command *command)
{
    struct awaiting *awaiting = awaiting_new(core, core->next_sequence);
    if (awaiting == NULL)
        return TRUC_E_MEMORY;
    awaiting->kind = AWAITING_FRAME;
    awaiting->peer = session->peer;
    command_encode(command, &awaiting->outcomes);
    return buffer_failed(&awaiting->outcomes);
}

int awaiting_fetch(struct core *core, const struct client *session, uint64_t number)
{
    struct awaiting *awaiting = awaiting_new(core, core->next_sequence);
    if (awaiting == NULL)
        return TRUC_E_MEMORY;
    awaiting->kind = AWAITING_FETCH;
    awaiting->peer = session->peer;
    awaiting->number = number;
    return 0;
}

int awaiting_removal(struct core *core, const struct sha256_digest *sha256)
{
    struct awaiting *awaiting = awaiting_new(core, core->next_sequence);
    if (awaiting == NULL)
        return TRUC_E_MEMORY;
    awaiting->kind = AWAITING_REMOVAL;
    awaiting->sha256 = *sha256;
    return 0;
}

struct awaiting *awaiting_message(struct core *core, uint64_t sequence, uint32_t size_bytes, size_t destination_count)
{
    struct awaiting *awaiting = awaiting_new(core, sequence + 1);
    if (awaiting == NULL)
        return NULL;
    awaiting->kind = AWAITING_MESSAGE;
    awaiting->sequence = sequence;
    awaiting->size_bytes = size_bytes;
    awaiting->destinations = calloc(destination_count ? destination_count : 1, sizeof *awaiting->destinations);
    if (awaiting->destinations == NULL) {
        awaiting_free(awaiting);
        return NULL;
    }
    return awaiting;
}

void awaiting_add(struct awaiting *awaiting, const struct awaiting_destination *destination)
{
    awaiting->destinations[awaiting->destination_count++] = *destination;
    destination->destination->awaiting_count++;
    destination->destination->awaiting_bytes += awaiting->size_bytes;
}

static void answer(struct core *core, const struct awaiting *awaiting)
{
    struct client *session = client_of(core, awaiting->peer);
    if (session == NULL)
        return; /* gone: it sends again after it reconnects, and is told it is a repeat */
    session->publish_pending_bytes -= awaiting->credit_bytes;
    memcpy(session->destination->answered_id, session->id, sizeof session->id);
    session->destination->answered_number = awaiting->number;
    struct command command = {.kind = COMMAND_OUTCOMES};
    command.outcomes = (struct command_outcomes){.number = awaiting->number,
                                                 .outcomes = buffer_view(&awaiting->outcomes),
                                                 .credit_bytes = awaiting->credit_bytes};
    core_send(core, awaiting->peer, &command);
}

static void send_frame(struct core *core, const struct awaiting *awaiting)
{
    if (client_of(core, awaiting->peer) == NULL)
        return; /* gone: the journal says what was done */
    core_send_frame(core, awaiting->peer, buffer_view(&awaiting->outcomes));
}

static int enqueue(struct core *core, const struct awaiting *awaiting)
{
    for (size_t i = 0; i < awaiting->destination_count; i++) {
        struct queue_entry entry = {.sequence = awaiting->sequence,
                                    .key_hash = awaiting->destinations[i].key_hash,
                                    .size_bytes = awaiting->size_bytes,
                                    .flags = awaiting->generation};
        struct destination *destination = awaiting->destinations[i].destination;
        destination->counts.accepted++;
        destination->awaiting_count--;
        destination->awaiting_bytes -= awaiting->size_bytes;
        int code = deliver_enqueue(core, destination, awaiting->destinations[i].lane, &entry);
        if (code < 0)
            return code;
    }
    if (awaiting->notice.size)
        followers_show(core, buffer_view(&awaiting->notice));
    return 0;
}

int awaiting_durable(struct core *core, uint64_t through)
{
    struct list_link *link;
    bool enqueued = false;
    while ((link = list_first(&core->awaiting))) {
        struct awaiting *awaiting = list_element(link, struct awaiting, link);
        if (awaiting->through > through)
            break;
        int code = 0;
        if (awaiting->kind == AWAITING_ANSWER)
            answer(core, awaiting);
        else if (awaiting->kind == AWAITING_FRAME)
            send_frame(core, awaiting);
        else if (awaiting->kind == AWAITING_FETCH)
            transfer_send(core, awaiting->peer, awaiting->number);
        else if (awaiting->kind == AWAITING_REMOVAL)
            core_effect(core, EFFECT_BLOB_REMOVE)->blob_remove.sha256 = awaiting->sha256;
        else
            code = enqueue(core, awaiting);
        enqueued |= awaiting->kind == AWAITING_MESSAGE;
        awaiting_free(awaiting);
        if (code < 0)
            return code;
    }
    return enqueued ? deliver_pump_all(core) : 0;
}
