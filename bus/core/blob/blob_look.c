/* blob_look.c - whether a message that a client names lets it have an attachment: it reads that message's record and asks.
 * No table of who may read what: the accepted record says to whom the message went, whatever became of it there.
 * See blob_look.h. */
#include "blob_look.h"

#include "client.h"
#include "core_emit.h"
#include "destination.h"
#include "fault.h"
#include "header.h"

static int denied(struct truc_fault *fault)
{
    return fault_set(fault, TRUC_E_BLOB_DENIED, "no message at that position names it and was sent to this system");
}

static int refuse(struct core *core, struct client *session, struct transfer *transfer, const struct truc_fault *fault)
{
    const struct record_blob record = {.system = bytes_string(session->system),
                                       .event = transfer->is_get ? RECORD_BLOB_FETCHED : RECORD_BLOB_REFUSED,
                                       .sha256 = sha256_view(&transfer->sha256),
                                       .message = transfer->message,
                                       .offset = transfer->offset,
                                       .code = (uint32_t)-fault->code,
                                       .text = bytes_string(*transfer->reason ? transfer->reason : fault->text)};
    transfer_refuse(core, session, transfer->number, fault);
    int code = transfer_journal_refusal(core, session, &record);
    transfer_end(session, transfer);
    return code;
}

int blob_look(struct core *core, struct client *session, struct transfer *transfer)
{
    struct truc_fault fault = {0};
    if (transfer->message > core->durable_through) {
        denied(&fault);
        return refuse(core, session, transfer, &fault);
    }
    core_effect(core, EFFECT_LOOK)->look = (struct core_look){
        .what = LOOK_BLOB, .peer = session->peer, .number = transfer->number, .sequence = transfer->message - 1};
    transfer->phase = TRANSFER_LOOKING;
    return 0;
}

static bool names(struct bytes header, const struct transfer *transfer)
{
    struct header_attachment attachment;
    size_t offset = 0;
    while (header_attachment_next(header, &offset, &attachment) > 0)
        if (bytes_equal(attachment.sha256, sha256_view(&transfer->sha256)))
            return transfer->is_get || attachment.size_bytes == transfer->size_bytes;
    return false;
}

/* It was put into this system's queue, at once or by an operator who queued it again. */
static bool was_sent(const struct core *core, const struct client *session, const struct record_accepted *accepted,
                     uint64_t sequence, bool *ret_observes)
{
    struct record_destination to;
    size_t offset = 0;
    while (record_destination_next(accepted->destinations, &offset, &to) > 0) {
        if (!bytes_equal_string(to.system, session->system))
            continue;
        *ret_observes = to.observer;
        const struct destination *destination = destination_find(core, to.system);
        return to.outcome == 0 || (destination && map_get_number(&destination->generations, sequence));
    }
    return false;
}

static int authorise(const struct core *core, const struct client *session, const struct header *header, bool observes,
                     struct truc_fault *fault)
{
    const struct policy_agreement *agreement;
    struct bytes sender = header_sender(header), receiver = bytes_string(session->system);
    return header->kind == HEADER_REPLY ? policy_authorise(core->policy, receiver, sender, header_asked_type(header),
                                                           false, core->now_ns, &agreement, fault)
                                        : policy_authorise(core->policy, sender, receiver, header->type, observes,
                                                           core->now_ns, &agreement, fault);
}

static int judge(const struct core *core, const struct client *session, const struct transfer *transfer,
                 const struct core_looked *looked, struct truc_fault *fault)
{
    struct record_accepted accepted;
    struct header header;
    bool observes = false;
    if (looked->code < 0 || looked->kind != RECORD_ACCEPTED ||
        record_accepted_decode(looked->body, &accepted, NULL) < 0 ||
        header_decode(accepted.header, &header, NULL) < 0 || !names(accepted.header, transfer))
        return denied(fault);
    if (session->role != POLICY_ROLE_SYSTEM || bytes_equal_string(header_sender(&header), session->system))
        return 0;
    if (!was_sent(core, session, &accepted, looked->look.sequence, &observes) || header.not_before_ns > core->now_ns)
        return denied(fault);
    return authorise(core, session, &header, observes, fault);
}

int blob_looked(struct core *core, const struct core_looked *looked)
{
    struct truc_fault fault = {0};
    struct client *session = client_of(core, looked->look.peer);
    struct transfer *transfer = session ? transfer_find(session, looked->look.number) : NULL;
    if (transfer == NULL || transfer->phase != TRANSFER_LOOKING)
        return 0; /* it was given up meanwhile */
    if (judge(core, session, transfer, looked, &fault) < 0)
        return refuse(core, session, transfer, &fault);
    transfer_ask_store(core, session, transfer);
    return 0;
}
