/* outgoing.c - every message is asked about again before it leaves: expired, or no longer allowed, it finds its end by name.
 * The route it was accepted under gives retry and expiry; the agreements in force decide.
 * See outgoing.h. */
#include "outgoing.h"

#include <stdlib.h>

#include "destination.h"
#include "fate.h"
#include "fault.h"
#include "open_request.h"
#include "text.h"

static const struct policy_retry retry_default = {
    .first_ns = 1000000000, .factor_percent = 200, .at_most_ns = 300000000000, .for_ns = 86400000000000};

static const struct policy_route *route_of(const struct core *core, const struct outgoing *outgoing, const char *system)
{
    struct record_destination destination;
    size_t offset = 0;
    while (record_destination_next(outgoing->accepted.destinations, &offset, &destination) > 0)
        if (bytes_equal_string(destination.system, system))
            return policy_route_by_name(core->policy, destination.route);
    return NULL;
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
    const struct policy_route *route = route_of(core, outgoing, destination->system);
    outgoing->item->retry = route ? route->retry : retry_default;
    outgoing->expire_ns = route ? route->expire_ns : 0;
    outgoing->item->is_request = outgoing->header.kind == HEADER_REQUEST;
    outgoing->item->leaf = message_leaf(outgoing->accepted.header);
    return summarise(outgoing->item, &outgoing->header);
}

/* When a message is no longer worth delivering; 0: never. A redriven one was asked for by a person: its route's span is over. */
static uint64_t expiry_of(const struct outgoing *outgoing)
{
    uint64_t expires = outgoing->accepted.deadline_ns ? outgoing->accepted.deadline_ns : outgoing->header.expires_ns;
    if (outgoing->expire_ns == 0 || queue_entry_generation(&outgoing->item->entry))
        return expires;
    uint64_t by_route = outgoing->fetched->time_ns + outgoing->expire_ns;
    return expires && expires < by_route ? expires : by_route;
}

int outgoing_judge(struct core *core, struct destination *destination, struct outgoing *outgoing)
{
    const struct header *header = &outgoing->header;
    const struct policy_agreement *agreement;
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
    else if (header->kind != HEADER_REPLY &&
             policy_authorise(core->policy, header_sender(header), bytes_string(destination->system), header->type,
                              core->now_ns, &agreement, &fault) < 0)
        code = fate_give_up(core, destination, outgoing->item, fault.code, bytes_string(fault.text));
    else
        return 0;
    return code < 0 ? code : 1;
}
