/* policy_index.h - the inside of a policy: its memory and its look-up tables.
 * Private to bus/policy: policy_build fills a policy and calls policy_index_build last.
 * In the flow: every look-up of policy.h goes through these tables. */
#ifndef TRUC_POLICY_INDEX_H
#define TRUC_POLICY_INDEX_H

#include "arena.h"
#include "certificate.h"
#include "map.h"
#include "issuers.h"
#include "policy.h"
#include "revocation_list.h"
#include "schema.h"

enum { POLICY_MEMORY_BYTES_MAX = 256 * 1024 * 1024 }; /* of one configuration, files included */

/* The rules of one message type, or those of them that concern one sender of it, in the order of declaration. */
struct policy_type_rules {
    const char *type;
    uint32_t number;                      /* of the type; of a sender's rules 0 */
    const struct policy_type_rules *none; /* the rules of a sender that has none; of a sender's rules NULL */
    const struct policy_route **routes;
    uint32_t routes_count;
    const struct policy_agreement **agreements;
    uint32_t agreements_count;
};

struct policy_index {
    struct arena arena; /* everything but what libraries own */
    struct map systems_by_id, systems_by_key, routes_by_name, agreements_by_name, types;
    struct map senders;               /* policy_type_rules by the numbers of a type and of a system */
    struct certificate *certificates; /* owned: the systems' */
    uint32_t certificates_count;
    struct issuers *issuers; /* owned: the authorities' */
    uint32_t issuers_count;
    struct revocation_list *revocation_lists; /* owned */
    uint32_t revocation_lists_count;
    struct schema_set *schemas_owned; /* when the loader read them */
};

static inline uint64_t policy_sender_key(const struct policy_type_rules *rules, const struct policy_system *sender)
{
    return (uint64_t)rules->number << 32 | sender->index;
}

/* Builds the tables from the policy's arrays. 0 or TRUC_E_MEMORY. */
int policy_index_build(struct policy *policy);
const struct policy_type_rules *policy_rules_of_type(const struct policy *policy, struct bytes type);
/* Of these the routes that take from `sender`, and the agreements that it gives or takes by: few, however many others have.
 * Without any: no rules. NULL: the type has none for anybody. */
const struct policy_type_rules *policy_rules_of_sender(const struct policy *policy, struct bytes type,
                                                       const struct policy_system *sender);

/* From whom to whom, and how: a request's sender is the consumer, who asks; an observer gets a copy of either. */
struct policy_way {
    const struct policy_system *sender, *to;
    bool request, observer;
};

/* Whether the agreement is one for that way; its types are not asked. */
bool policy_agreement_covers(const struct policy_agreement *agreement, const struct policy_way *way);

#endif
