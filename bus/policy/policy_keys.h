/* policy_keys.h - the configuration files as structs of typed values: what may be written, key by key.
 * Not: what it means together (policy_build.h, policy_check.h).
 * In the flow: yaml_typed fills these by the tables of policy_keys.c. */
#ifndef TRUC_POLICY_KEYS_H
#define TRUC_POLICY_KEYS_H

#include "yaml_typed.h"

struct raw_limits {
    const struct yaml_node *node;
    struct typed_value message_bytes, bundle_messages, sender_credit, dedupe_window, future_skew, queue_messages,
        queue_bytes, blocked_keys, sessions, requests_open, blob_bytes, blob_space, blob_uploads, blob_unfinished,
        blob_unnamed;
};

struct raw_bus {
    const struct yaml_node *node;
    struct typed_value bus, title, sandbox, listen, authority, authority_revocations, outside_authorities, schemas,
        limits; /* outside_authorities: raw_authority[]; limits: raw_limits */
};

struct raw_authority {
    const struct yaml_node *node;
    struct typed_value file, revocations;
};

struct raw_certificate {
    const struct yaml_node *node;
    struct typed_value file, revoked, outside;
};

struct raw_system {
    const struct yaml_node *node;
    struct typed_value id, title, contact, role, systems, suspended, transport_keys,
        certificates; /* raw_certificate[] */
};

struct raw_retry {
    const struct yaml_node *node;
    struct typed_value first, factor, at_most, give_up_after;
};

struct raw_route {
    const struct yaml_node *node;
    struct typed_value name, title, from, type, match, to, order_by, retry, then, within, expire,
        observe; /* retry: raw_retry */
};

struct raw_routes {
    const struct yaml_node *node;
    struct typed_value routes; /* raw_route[] */
};

struct raw_rate {
    const struct yaml_node *node;
    struct typed_value total, per_officer;
};

struct raw_valid {
    const struct yaml_node *node;
    struct typed_value from, until;
};

struct raw_agreement {
    const struct yaml_node *node;
    struct typed_value name, provider, consumer, types, purpose, basis, legal_basis, requires, reply_fields, rate,
        valid, observes; /* raw_rate, raw_valid */
};

struct raw_agreements {
    const struct yaml_node *node;
    struct typed_value agreements; /* raw_agreement[] */
};

/* What a route's `match` may ask of a field, besides a value or a list of values. */
enum policy_operator {
    POLICY_OPERATOR_AGENCY_UNDER,
    POLICY_OPERATOR_PREFIX,
    POLICY_OPERATOR_AT_LEAST,
    POLICY_OPERATOR_AT_MOST,
    POLICY_OPERATOR_EXISTS,
    POLICY_OPERATOR_NOT,
    POLICY_OPERATORS_COUNT,
};
struct policy_operator_key {
    const char *name;
    const char *example;     /* as written: "{prefix: A}" */
    const char *explanation; /* one line, for people */
};
extern const struct policy_operator_key policy_operators[POLICY_OPERATORS_COUNT];

extern const struct yaml_object policy_bus_file, policy_system_file, policy_routes_file, policy_agreements_file;

#endif
