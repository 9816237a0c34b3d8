/* judged.c - see judged.h. The query is made from the header as it was signed, as the broker makes it.
 * A reply is not routed: it goes to who asked, so callers leave replies out.
 * In the flow: see judged.h. */
#include "judged.h"

#include "cli_words.h"
#include "header_view.h"
#include "policy_match.h"
#include "schema.h"

int judged_decode(const struct journal_record *record, struct judged *ret_judged, struct truc_fault *fault)
{
    struct judged judged = {.sequence = record->sequence,
                            .time_ns = record->time_ns,
                            .has_payload = record->payload_is_read,
                            .payload = record->payload};
    int code = record_accepted_decode(record->body, &judged.accepted, fault);
    if (code == 0)
        code = header_decode(judged.accepted.header, &judged.header, fault);
    if (code < 0)
        return code;
    if (judged.accepted.payload_bytes == 0) /* an empty payload needs no key */
        judged.has_payload = true;
    *ret_judged = judged;
    return 0;
}

int judged_query(const struct judged *judged, const struct policy *policy, uint64_t now_ns,
                 struct policy_query *ret_query, struct truc_fault *fault)
{
    const struct header *header = &judged->header;
    struct bytes sender = header_sender(header);
    struct policy_query query = {.sender = policy_system_by_id(policy, sender),
                                 .type = header->type,
                                 .kind = (enum policy_kind)header->kind,
                                 .header = header_view(header),
                                 .payload = judged->has_payload ? judged->payload : BYTES_EMPTY,
                                 .now_ns = now_ns};
    if (query.sender == NULL)
        return fault_set(fault, TRUC_E_NOT_FOUND, _("the sender %.*s is not on the bus"), BYTES_PRINTF(sender));
    if (schema_set_find_type(policy->schemas, header->type) == NULL)
        return fault_set(fault, TRUC_E_UNKNOWN_TYPE, _("no schema has the type '%.*s'"), BYTES_PRINTF(header->type));
    *ret_query = query;
    return 0;
}

int judged_route(const struct judged *judged, const struct policy *policy, uint64_t now_ns,
                 struct policy_decision *ret_decision, struct truc_fault *fault)
{
    struct policy_query query;
    int code = judged_query(judged, policy, now_ns, &query, fault);
    if (code == 0 && judged->has_payload)
        code = schema_validate(schema_set_find_type(policy->schemas, query.type), query.payload, NULL, fault);
    return code < 0 ? code : policy_route(policy, &query, ret_decision, NULL, fault);
}

bool judged_asks_payload(const struct judged *judged, const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->routes_count; i++) {
        const struct policy_route *route = &policy->routes[i];
        if (!bytes_equal_string(judged->header.type, route->type))
            continue;
        for (uint32_t m = 0; m < route->matches_count; m++)
            if (!route->matches[m].in_header)
                return true;
    }
    return false;
}
