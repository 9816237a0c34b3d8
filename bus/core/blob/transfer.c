/* transfer.c - the uploads and downloads of one client: which there are, how far each is, and how its client is told.
 * No bytes of an attachment come here.
 * See transfer.h. */
#include "transfer.h"

#include <stdlib.h>

#include "client.h"
#include "core_emit.h"
#include "fault.h"
#include "guard.h"
#include "time_text.h"

struct transfer *transfer_begin(struct core *core, struct client *session, uint64_t number, struct bytes sha256)
{
    struct truc_fault fault = {0};
    if (number == 0 || sha256.size != SHA256_BYTES || transfer_find(session, number)) {
        client_end(core, session, TRUC_E_PROTOCOL,
                   "a transfer's number is 0 or in use, or its sha256 has not 32 bytes");
        return NULL;
    }
    if (session->transfers_count >= CORE_BLOB_TRANSFERS_MAX) {
        fault_set(&fault, TRUC_E_LIMIT, "%d transfers of this client are open", CORE_BLOB_TRANSFERS_MAX);
        transfer_refuse(core, session, number, &fault);
        return NULL;
    }
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL) {
        core->out_of_memory = true;
        return NULL;
    }
    transfer->number = number;
    transfer->touched_up_ns = core->up_ns;
    memcpy(transfer->sha256.bytes, sha256.data, SHA256_BYTES);
    list_append(&session->transfers, &transfer->link);
    session->transfers_count++;
    return transfer;
}

void transfer_fill_state(const struct transfer *transfer, bool complete, struct command *ret)
{
    *ret = (struct command){.kind = COMMAND_BLOB_STATE};
    ret->blob_state = (struct command_blob_state){.number = transfer->number,
                                                  .offset = transfer->offset,
                                                  .size_bytes = transfer->size_bytes,
                                                  .complete = complete,
                                                  .through = transfer->is_get ? 0 : transfer->through,
                                                  .chunk_bytes = PROTOCOL_BLOB_CHUNK_BYTES};
}

void transfer_say(struct core *core, const struct client *session, const struct transfer *transfer, bool complete)
{
    struct command command;
    transfer_fill_state(transfer, complete, &command);
    core_send(core, session->peer, &command);
}

void transfer_refuse(struct core *core, const struct client *session, uint64_t number, const struct truc_fault *fault)
{
    struct command command = {.kind = COMMAND_BLOB_STATE};
    command.blob_state = (struct command_blob_state){.number = number,
                                                     .code = (uint32_t)-fault->code,
                                                     .text = bytes_string(fault->text),
                                                     .hint = bytes_string(fault->hint)};
    core_send(core, session->peer, &command);
}

int transfer_journal(struct core *core, const struct record_blob *record, bool lazy)
{
    buffer_clear(&core->scratch);
    record_blob_encode(record, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    core_append(core, RECORD_BLOB, buffer_view(&core->scratch), lazy);
    return 0;
}

int transfer_journal_refusal(struct core *core, const struct client *session, const struct record_blob *record)
{
    return guard_take(core, "blob refused", session->system, CORE_BLOB_REFUSALS_A_MINUTE, 60 * TIME_NS_PER_S)
               ? transfer_journal(core, record, true)
               : 0;
}

/* ---- what the store is asked ---- */

void transfer_ask_store(struct core *core, const struct client *session, struct transfer *transfer)
{
    /* A message lets its receiver read it, whoever holds it; so does the reason of an operator or auditor. */
    bool must_hold = !transfer->is_get || (session->role == POLICY_ROLE_SYSTEM && transfer->message == 0);
    enum effect_kind kind = transfer->is_get    ? EFFECT_BLOB_FIND
                            : transfer->message ? EFFECT_BLOB_HOLD
                                                : EFFECT_BLOB_OPEN;
    struct effect *effect = core_effect(core, kind);
    effect->blob_open.peer = session->peer;
    effect->blob_open.number = transfer->number;
    effect->blob_open.system =
        must_hold ? (const char *)core_keep(core, bytes_of(session->system, sizeof session->system)).data : NULL;
    effect->blob_open.sha256 = transfer->sha256;
    effect->blob_open.size_bytes = transfer->size_bytes;
    effect->blob_open.stored_bytes = core->blobs_bytes;
    effect->blob_open.space_bytes = core->policy->limits.blob_space_bytes;
    effect->blob_open.uploads_max = core->policy->limits.blob_uploads_max;
    transfer->phase = TRANSFER_OPENING;
}

void transfer_send(struct core *core, uint64_t peer, uint64_t number)
{
    struct client *session = client_of(core, peer);
    struct transfer *transfer = session ? transfer_find(session, number) : NULL;
    if (transfer == NULL || !transfer->is_get)
        return; /* gone: the journal says that it asked */
    bool is_empty = transfer->offset == transfer->size_bytes;
    transfer_say(core, session, transfer, is_empty);
    if (is_empty) {
        transfer_end(session, transfer);
        return;
    }
    transfer->phase = TRANSFER_OPEN;
    struct effect *effect = core_effect(core, EFFECT_BLOB_READ);
    effect->blob_read.peer = peer;
    effect->blob_read.number = number;
    effect->blob_read.offset = transfer->offset;
    effect->blob_read.through = transfer->through;
}
