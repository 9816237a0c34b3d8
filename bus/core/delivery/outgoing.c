/* outgoing.c - every message is asked about again before it leaves: expired, or no longer allowed, it finds its end by name.
 * The route it was accepted under gives retry and expiry; the agreements in force decide.
 * See outgoing.h. */
#include "outgoing.h"

#include <stdlib.h>

#include "core_emit.h"
#include "destination.h"
#include "fate.h"
#include "fault.h"
#include "open_request.h"
#include "text.h"

static const struct policy_retry retry_default = {
    .first_ns = 1000000000, .factor_percent = 200, .at_most_ns = 300000000000, .for_ns = 86400000000000};

/* What the record says of that system; all zero when it says nothing, as of a reply's asker. */
static struct record_destination recorded(const struct outgoing *outgoing, const char *system)
{
    struct record_destination destination;
    size_t offset = 0;
    while (record_destination_next(outgoing->accepted.destinations, &offset, &destination) > 0)
        if (bytes_equal_string(destination.system, system))
            return destination;
    return (struct record_destination){0};
}

static int summarise(struct core_queue_item *item, const struct header *header)
{
    if (item->summary == NULL && (item->summary = calloc(1, sizeof *item->summary)) == NULL)
        return TRUC_E_MEMORY;
    text_copy(item->summary->sender, sizeof item->summary->sender, header_sender(header));
    text_copy(item->summary->type, sizeof item->summary->type, header->type);
    text_copy(item->summary->subject, sizeof item->summary->subject, header->subject);
    text_copy(item->summary->id, sizeof item->summary->id, header->id);
    return 0;
}

int outgoing_decode(const struct core *core, struct destination *destination, struct outgoing *outgoing)
{
    if (record_accepted_decode(outgoing->fetched->accepted, &outgoing->accepted, NULL) < 0 ||
        record_bundle_decode(outgoing->fetched->bundle, &outgoing->bundle, NULL) < 0 ||
        header_decode(outgoing->accepted.header, &outgoing->header, NULL) < 0)
        return TRUC_E_JOURNAL_CORRUPT;
    const struct record_destination accepted_for = recorded(outgoing, destination->system);
    const struct policy_route *route = policy_route_by_name(core->policy, accepted_for.route);
    outgoing->item->retry = route ? route->retry : retry_default;
    outgoing->expire_ns = route ? route->expire_ns : 0;
    outgoing->agreement = accepted_for.agreement;
    outgoing->item->is_copy = accepted_for.observer;
    outgoing->item->is_request = outgoing->header.kind == HEADER_REQUEST && !accepted_for.observer;
    outgoing->item->leaf = message_leaf(outgoing->accepted.header);
    return summarise(outgoing->item, &outgoing->header);
}

/* When a message is no longer worth delivering; 0: never. Who observes a question wants to know that it was asked, also
 * when nobody waits for its answer any more. A redriven one was asked for by a person: its route's span is over. */
static uint64_t expiry_of(const struct outgoing *outgoing)
{
    uint64_t expires = outgoing->accepted.deadline_ns ? outgoing->accepted.deadline_ns : outgoing->header.expires_ns;
    if (outgoing->item->is_copy && outgoing->header.kind == HEADER_REQUEST)
        return 0;
    if (outgoing->expire_ns == 0 || queue_entry_generation(&outgoing->item->entry))
        return expires;
    uint64_t since = outgoing->header.not_before_ns > outgoing->fetched->time_ns ? outgoing->header.not_before_ns
                                                                                 : outgoing->fetched->time_ns;
    uint64_t by_route = since + outgoing->expire_ns;
    return expires && expires < by_route ? expires : by_route;
}

/* Whether the agreements in force let it go on. A reply goes where its question was allowed to be asked. */
static int authorise(const struct core *core, const struct destination *destination, const struct outgoing *outgoing,
                     struct truc_fault *fault)
{
    const struct header *header = &outgoing->header;
    const struct policy_agreement *agreement;
    struct bytes sender = header_sender(header), receiver = bytes_string(destination->system);
    return header->kind == HEADER_REPLY ? policy_authorise(core->policy, receiver, sender, header_asked_type(header),
                                                           false, core->now_ns, &agreement, fault)
                                        : policy_authorise(core->policy, sender, receiver, header->type,
                                                           outgoing->item->is_copy, core->now_ns, &agreement, fault);
}

/* Whether what it was signed with counts still. A key's time of compromise is often known only later: what was accepted since then
 * waits for a person; what was accepted before stays good. */
static int check_signing_key(const struct core *core, const struct outgoing *outgoing, struct truc_fault *fault)
{
    const struct policy_system *sender = policy_system_by_id(core->policy, header_sender(&outgoing->header));
    const struct policy_signing_key *key = sender ? policy_signing_key(sender, outgoing->bundle.key_id.data) : NULL;
    if (key == NULL)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the key it was signed with is none of its sender's any more");
    if (key->revoked_at_ns <= outgoing->fetched->time_ns)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the key it was signed with was revoked when it was accepted");
    return 0;
}

/* The question that a stopped reply answered was closed when it was accepted: its asker is told here. */
static void tell_asker(struct core *core, const struct destination *asker, const struct header *reply,
                       const struct truc_fault *fault)
{
    struct command command = {.kind = COMMAND_FAILED};
    command.failed = (struct command_failed){.request_id = reply->correlation_id,
                                             .sequence = reply->in_reply_to - 1,
                                             .code = (uint32_t)-fault->code,
                                             .reason = bytes_string(truc_error_name(fault->code)),
                                             .text = bytes_string(fault->text)};
    if (asker->session)
        core_send(core, asker->session->peer, &command);
}

int outgoing_judge(struct core *core, struct destination *destination, struct outgoing *outgoing)
{
    const struct header *header = &outgoing->header;
    struct truc_fault fault = {0};
    uint64_t expires = expiry_of(outgoing);
    int code = 0;
    if (outgoing->item->is_request && request_find(core, outgoing->item->entry.sequence) == NULL) {
        destination_settle(destination, outgoing->item); /* its end is journaled already */
        return 1;
    }
    if (expires && expires <= core->now_ns)
        code = outgoing->item->is_request ? fate_give_up(core, destination, outgoing->item, TRUC_E_DEADLINE,
                                                         bytes_string(truc_error_meaning(TRUC_E_DEADLINE)))
                                          : fate_expired(core, destination, outgoing->item, TRUC_E_EXPIRED);
    else if (outgoing->fetched->code)
        code = fate_give_up(core, destination, outgoing->item, outgoing->fetched->code,
                            bytes_string(truc_error_meaning(outgoing->fetched->code)));
    else if (authorise(core, destination, outgoing, &fault) < 0 || check_signing_key(core, outgoing, &fault) < 0) {
        if (header->kind == HEADER_REPLY)
            tell_asker(core, destination, header, &fault);
        code = fate_give_up(core, destination, outgoing->item, fault.code, bytes_string(fault.text));
    } else
        return 0;
    return code < 0 ? code : 1;
}
