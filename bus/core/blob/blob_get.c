/* blob_get.c - downloads: who may have an attachment, the record that says who asked, and only then its bytes.
 * Access to documents is evidence: the first byte leaves when the record is durable, and what was denied is recorded, too.
 * See blob_get.h. */
#include "blob_get.h"

#include "awaiting.h"
#include "blob_look.h"
#include "client.h"
#include "core_emit.h"
#include "fault.h"
#include "guard.h"
#include "text.h"
#include "time_text.h"

static int judge(struct core *core, const struct client *session, const struct command_blob_get *get,
                 struct truc_fault *fault)
{
    if (session->role == POLICY_ROLE_INTEGRATOR)
        return fault_set(fault, TRUC_E_BLOB_DENIED, "an integrator sees no contents");
    if (session->role != POLICY_ROLE_SYSTEM && get->reason.size == 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "a reason is required: it is journaled");
    if (!guard_take(core, "blob", session->system, CORE_BLOB_BEGINS_A_MINUTE, 60 * TIME_NS_PER_S))
        return fault_set(fault, TRUC_E_RATE, "more than %d transfers a minute", CORE_BLOB_BEGINS_A_MINUTE);
    return core->stopping ? fault_set(fault, TRUC_E_SHUTTING_DOWN, "the broker is stopping") : 0;
}

int blob_get_take(struct core *core, struct client *session, const struct command_blob_get *get)
{
    struct truc_fault fault = {0};
    if (judge(core, session, get, &fault) < 0) {
        transfer_refuse(core, session, get->number, &fault);
        return 0;
    }
    struct transfer *transfer = transfer_begin(core, session, get->number, get->sha256);
    if (transfer == NULL)
        return 0;
    transfer->is_get = true;
    transfer->message = get->message;
    transfer->offset = get->offset;
    transfer->through = get->through;
    text_copy(transfer->reason, sizeof transfer->reason, get->reason);
    if (get->message)
        return blob_look(core, session, transfer);
    transfer_ask_store(core, session, transfer);
    return 0;
}

void blob_get_more(struct core *core, struct client *session, const struct command_blob_more *more)
{
    struct transfer *transfer = transfer_find(session, more->number);
    if (transfer == NULL || !transfer->is_get || more->through <= transfer->through)
        return; /* it has ended meanwhile */
    transfer->through = more->through;
    if (transfer->phase != TRANSFER_OPEN)
        return;
    struct effect *effect = core_effect(core, EFFECT_BLOB_MORE);
    effect->blob_read.peer = session->peer;
    effect->blob_read.number = transfer->number;
    effect->blob_read.through = transfer->through;
}

/* ---- what the store says ---- */

static int journal(struct core *core, const struct client *session, const struct transfer *transfer, int code,
                   const char *text)
{
    const struct record_blob record = {.system = bytes_string(session->system),
                                       .event = RECORD_BLOB_FETCHED,
                                       .sha256 = sha256_view(&transfer->sha256),
                                       .size_bytes = transfer->size_bytes,
                                       .message = transfer->message,
                                       .offset = transfer->offset,
                                       .code = (uint32_t)-code,
                                       .text = bytes_string(*transfer->reason ? transfer->reason : text)};
    return code ? transfer_journal_refusal(core, session, &record) : transfer_journal(core, &record, false);
}

static int failed(struct core *core, struct client *session, struct transfer *transfer, const struct truc_fault *fault)
{
    transfer_refuse(core, session, transfer->number, fault);
    int code = journal(core, session, transfer, fault->code, fault->text);
    transfer_end(session, transfer);
    return code;
}

static int found(struct core *core, struct client *session, struct transfer *transfer, uint64_t size_bytes)
{
    struct truc_fault fault = {0};
    transfer->size_bytes = size_bytes;
    if (transfer->offset > size_bytes) {
        fault_set(&fault, TRUC_E_BLOB_BEYOND, "from %llu on, and the attachment has %llu bytes",
                  (unsigned long long)transfer->offset, (unsigned long long)size_bytes);
        return failed(core, session, transfer, &fault);
    }
    int code = journal(core, session, transfer, 0, "");
    transfer->phase = TRANSFER_ENDING;
    return code < 0 ? code : awaiting_fetch(core, session, transfer->number);
}

int blob_get_told(struct core *core, struct client *session, struct transfer *transfer,
                  const struct core_blob_told *told)
{
    struct truc_fault fault = {0};
    switch (told->news) {
    case BLOB_FOUND:
        return found(core, session, transfer, told->size_bytes);
    case BLOB_SENT:
        transfer->offset = told->offset;
        core_count_sent(core, session->peer, told->frame_bytes);
        if (transfer->offset < transfer->size_bytes)
            return 0;
        transfer_say(core, session, transfer, true);
        transfer_end(session, transfer);
        return 0;
    case BLOB_FAILED:
        fault_set(&fault, told->code, "%s", told->text);
        return failed(core, session, transfer, &fault);
    default:
        return TRUC_E_INTERNAL;
    }
}
