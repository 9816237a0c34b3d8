/* judged.h - a message of the journal as a rule sees it: to be judged again, under that time's rules or others.
 * Not: evidence; signatures are journal verify's. Refused messages are not kept, so they can't be judged again.
 * In the flow: truc route explain --position, truc config diff --journal. */
#ifndef TRUC_CLI_JUDGED_H
#define TRUC_CLI_JUDGED_H

#include "header.h"
#include "journal.h"
#include "policy.h"
#include "record.h"

/* Views into the record it was decoded from. */
struct judged {
    uint64_t sequence, time_ns;
    struct record_accepted accepted;
    struct header header;
    bool has_payload; /* it could be read: the key is there, and it is not erased */
    struct bytes payload;
};

/* Of an accepted record, read with JOURNAL_WITH_PAYLOAD. TRUC_E_JOURNAL_CORRUPT. */
int judged_decode(const struct journal_record *record, struct judged *ret_judged, struct truc_fault *fault);
/* What the policy is asked. 0, or TRUC_E_NOT_FOUND (the sender is no system of it) or TRUC_E_UNKNOWN_TYPE. */
int judged_query(const struct judged *judged, const struct policy *policy, uint64_t now_ns,
                 struct policy_query *ret_query, struct truc_fault *fault);
/* Decides as the broker would at that instant: sender, schema, route and agreement; not signature, rate or room. */
int judged_route(const struct judged *judged, const struct policy *policy, uint64_t now_ns,
                 struct policy_decision *ret_decision, struct truc_fault *fault);
/* Whether a route of the policy asks for a payload field of such a message: then its payload must be readable. */
bool judged_asks_payload(const struct judged *judged, const struct policy *policy);

#endif
