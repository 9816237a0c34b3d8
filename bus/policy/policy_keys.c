/* policy_keys.c - the configuration language, key by key: name, type, bounds and one line of explanation.
 * Not: code. Reading, did-you-mean, `truc explain` and the editors' schema all come from these tables.
 * In the flow: see policy_keys.h. */
#include "policy_keys.h"

#include "policy.h"

#include <stddef.h>

#define SPAN_S 1000000000ull
#define SPAN_MS 1000000ull
#define SPAN_DAY (86400 * SPAN_S)
#define MEBIBYTE (1024ull * 1024)
#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))

static const struct yaml_key limits_keys[] = {
    {.name = "message-bytes", .type = TYPED_SIZE, .offset = offsetof(struct raw_limits, message_bytes), .least = 1024,
     .most = POLICY_MESSAGE_BYTES_HARD_MAX, .explanation = "largest message, header and payload; larger content travels as attachments"},
    {.name = "bundle-messages", .type = TYPED_COUNT, .offset = offsetof(struct raw_limits, bundle_messages), .least = 1,
     .most = POLICY_BUNDLE_MESSAGES_HARD_MAX, .explanation = "most messages under one signature"},
    {.name = "sender-credit", .type = TYPED_SIZE, .offset = offsetof(struct raw_limits, sender_credit), .least = 64 * 1024,
     .most = 1024 * MEBIBYTE, .explanation = "bytes one sender may have under way"},
    {.name = "dedupe-window", .type = TYPED_SPAN, .offset = offsetof(struct raw_limits, dedupe_window), .least = 3600 * SPAN_S,
     .most = 400 * SPAN_DAY, .explanation = "how long a message's id is known; what is older is refused as too old"},
    {.name = "future-skew", .type = TYPED_SPAN, .offset = offsetof(struct raw_limits, future_skew), .least = SPAN_S,
     .most = SPAN_DAY, .explanation = "how far a message's time may be ahead of the bus's clock"},
    {.name = "queue-messages", .type = TYPED_COUNT, .offset = offsetof(struct raw_limits, queue_messages), .least = 1000,
     .most = 1000000000, .explanation = "messages that may wait for one destination"},
    {.name = "queue-bytes", .type = TYPED_SIZE, .offset = offsetof(struct raw_limits, queue_bytes), .least = MEBIBYTE,
     .most = 1024ull * 1024 * MEBIBYTE, .explanation = "bytes that may wait for one destination"},
    {.name = "blocked-keys", .type = TYPED_COUNT, .offset = offsetof(struct raw_limits, blocked_keys), .least = 1,
     .most = 1000000, .explanation = "dossiers of one destination that may wait for a retry; beyond it the destination pauses"},
    {.name = "sessions", .type = TYPED_COUNT, .offset = offsetof(struct raw_limits, sessions), .least = 1, .most = 4096,
     .explanation = "clients connected at a time"},
    {.name = "requests-open", .type = TYPED_COUNT, .offset = offsetof(struct raw_limits, requests_open), .least = 1,
     .most = 1000000, .explanation = "unanswered requests of one asker"},
};
static const struct yaml_object limits_object = {"limits map", limits_keys, COUNT_OF(limits_keys), sizeof(struct raw_limits), false};

static const struct yaml_key bus_keys[] = {
    {.name = "bus", .type = TYPED_ID, .required = true, .offset = offsetof(struct raw_bus, bus),
     .explanation = "the bus's id, part of every signature: never change it"},
    {.name = "title", .type = TYPED_TEXT, .required = true, .offset = offsetof(struct raw_bus, title),
     .explanation = "its name for people"},
    {.name = "listen", .type = TYPED_TEXTS, .required = true, .offset = offsetof(struct raw_bus, listen),
     .explanation = "where adapters connect: tcp://ADDRESS:PORT"},
    {.name = "ca", .type = TYPED_FILE, .offset = offsetof(struct raw_bus, authority),
     .explanation = "certificate of the authority that issued the systems' signing certificates (PEM)"},
    {.name = "schemas", .type = TYPED_FILE, .required = true, .offset = offsetof(struct raw_bus, schemas),
     .explanation = "descriptor set of the message schemas"},
    {.name = "limits", .type = TYPED_OBJECT, .object = &limits_object, .offset = offsetof(struct raw_bus, limits),
     .explanation = "bounds of messages, queues and clients; every one has a default"},
};
const struct yaml_object policy_bus_file = {"bus file", bus_keys, COUNT_OF(bus_keys), sizeof(struct raw_bus), false};

static const struct yaml_key certificate_keys[] = {
    {.name = "file", .type = TYPED_FILE, .required = true, .offset = offsetof(struct raw_certificate, file),
     .explanation = "the certificate (PEM)"},
    {.name = "revoked", .type = TYPED_INSTANT, .offset = offsetof(struct raw_certificate, revoked),
     .explanation = "from when on its signatures are not accepted; earlier ones stay provable"},
};
static const struct yaml_object certificate_object = {"certificate", certificate_keys, COUNT_OF(certificate_keys),
                                                      sizeof(struct raw_certificate), true};

static const char *const role_words[] = {"system", "operator", "auditor", "integrator", NULL}; /* enum policy_role */
static const struct yaml_key system_keys[] = {
    {.name = "id", .type = TYPED_ID, .required = true, .offset = offsetof(struct raw_system, id),
     .explanation = "the system's id; the file is named after it"},
    {.name = "title", .type = TYPED_TEXT, .required = true, .offset = offsetof(struct raw_system, title),
     .explanation = "its name for people"},
    {.name = "contact", .type = TYPED_TEXT, .offset = offsetof(struct raw_system, contact),
     .explanation = "whom to call when it is out of order"},
    {.name = "role", .type = TYPED_WORD, .words = role_words, .offset = offsetof(struct raw_system, role),
     .explanation = "what it may do besides sending and receiving by route; system when not given"},
    {.name = "suspended", .type = TYPED_BOOL, .offset = offsetof(struct raw_system, suspended),
     .explanation = "true: nothing from it is taken and nothing is delivered to it"},
    {.name = "transport-keys", .type = TYPED_TEXTS, .required = true, .offset = offsetof(struct raw_system, transport_keys),
     .explanation = "public keys of its connections: 40 characters of Z85 in quotes, or a file name ending in .pub"},
    {.name = "certificates", .type = TYPED_OBJECTS, .object = &certificate_object,
     .offset = offsetof(struct raw_system, certificates),
     .explanation = "signing certificates: the present one, the next, and old ones for evidence"},
};
const struct yaml_object policy_system_file = {"system", system_keys, COUNT_OF(system_keys), sizeof(struct raw_system), false};

static const struct yaml_key retry_keys[] = {
    {.name = "first", .type = TYPED_SPAN, .offset = offsetof(struct raw_retry, first), .least = 10 * SPAN_MS,
     .most = SPAN_DAY, .explanation = "wait after the first failed attempt; 1s when not given"},
    {.name = "factor", .type = TYPED_FACTOR, .offset = offsetof(struct raw_retry, factor), .least = 100, .most = 1000,
     .explanation = "each wait is the one before times this; 2 when not given"},
    {.name = "at-most", .type = TYPED_SPAN, .offset = offsetof(struct raw_retry, at_most), .least = 10 * SPAN_MS,
     .most = SPAN_DAY, .explanation = "the longest wait; 5m when not given"},
    {.name = "for", .type = TYPED_SPAN, .offset = offsetof(struct raw_retry, give_up_after), .least = 10 * SPAN_MS,
     .most = 90 * SPAN_DAY, .explanation = "how long it is tried before it waits for a person; 24h when not given"},
};
static const struct yaml_object retry_object = {"retry map", retry_keys, COUNT_OF(retry_keys), sizeof(struct raw_retry), false};

static const char *const order_words[] = {"dossier", "subject", "ordering-key", "none", NULL};
static const char *const then_words[] = {"dead-letter", NULL};
static const struct yaml_key route_keys[] = {
    {.name = "name", .type = TYPED_ID, .required = true, .offset = offsetof(struct raw_route, name),
     .explanation = "the route's name in records and explanations"},
    {.name = "title", .type = TYPED_TEXT, .offset = offsetof(struct raw_route, title), .explanation = "its name for people"},
    {.name = "from", .type = TYPED_IDS, .required = true, .offset = offsetof(struct raw_route, from),
     .explanation = "the systems whose messages it takes"},
    {.name = "type", .type = TYPED_TYPE, .required = true, .offset = offsetof(struct raw_route, type),
     .explanation = "the message type it takes"},
    {.name = "match", .type = TYPED_FREE, .offset = offsetof(struct raw_route, match),
     .explanation = "what must hold too: body.FIELD or header.FIELD with a value, a list of values, or {agency-under: CODE}"},
    {.name = "to", .type = TYPED_IDS, .required = true, .offset = offsetof(struct raw_route, to),
     .explanation = "where it goes; a request has exactly one destination"},
    {.name = "order-by", .type = TYPED_WORD, .words = order_words, .offset = offsetof(struct raw_route, order_by),
     .explanation = "what keeps its order: dossier (the subject), ordering-key, or none; dossier when not given"},
    {.name = "retry", .type = TYPED_OBJECT, .object = &retry_object, .offset = offsetof(struct raw_route, retry),
     .explanation = "when a failed delivery is tried again"},
    {.name = "then", .type = TYPED_WORD, .words = then_words, .offset = offsetof(struct raw_route, then),
     .explanation = "what happens when the retries end: it waits for a person"},
    {.name = "within", .type = TYPED_SPAN, .offset = offsetof(struct raw_route, within), .least = 10 * SPAN_MS,
     .most = SPAN_DAY, .explanation = "requests: the answer, or a named error, comes in this time"},
    {.name = "expire", .type = TYPED_SPAN, .offset = offsetof(struct raw_route, expire), .least = SPAN_S,
     .most = 400 * SPAN_DAY, .explanation = "what is not delivered after this expires; never when not given"},
    {.name = "observe", .type = TYPED_NOT_ENFORCED, .explanation = "systems that get a copy without delaying the delivery"},
};
static const struct yaml_object route_object = {"route", route_keys, COUNT_OF(route_keys), sizeof(struct raw_route), false};

static const struct yaml_key routes_keys[] = {
    {.name = "routes", .type = TYPED_OBJECTS, .required = true, .object = &route_object,
     .offset = offsetof(struct raw_routes, routes), .explanation = "the routes of this file"},
};
const struct yaml_object policy_routes_file = {"routes file", routes_keys, COUNT_OF(routes_keys), sizeof(struct raw_routes), false};

static const struct yaml_key rate_keys[] = {
    {.name = "total", .type = TYPED_RATE, .offset = offsetof(struct raw_rate, total),
     .explanation = "messages under this agreement"},
    {.name = "per-officer", .type = TYPED_RATE, .offset = offsetof(struct raw_rate, per_officer),
     .explanation = "messages for one officer of the header's purpose"},
};
static const struct yaml_object rate_object = {"rate map", rate_keys, COUNT_OF(rate_keys), sizeof(struct raw_rate), false};

static const struct yaml_key valid_keys[] = {
    {.name = "from", .type = TYPED_DATE, .required = true, .offset = offsetof(struct raw_valid, from),
     .explanation = "its first day, from 00:00 GMT+7"},
    {.name = "until", .type = TYPED_DATE, .offset = offsetof(struct raw_valid, until),
     .explanation = "its last day, to the end of it, GMT+7; open-ended when not given"},
};
static const struct yaml_object valid_object = {"valid map", valid_keys, COUNT_OF(valid_keys), sizeof(struct raw_valid), false};

static const char *const basis_words[] = {"mandatory", "agreement", "internal-rule", NULL};            /* enum policy_basis */
static const char *const requires_words[] = {"officer", "dossier", "procedure", "legal-basis", NULL}; /* POLICY_REQUIRES_ */
static const struct yaml_key agreement_keys[] = {
    {.name = "name", .type = TYPED_ID, .required = true, .offset = offsetof(struct raw_agreement, name),
     .explanation = "the agreement's name in records and explanations"},
    {.name = "provider", .type = TYPED_ID, .required = true, .offset = offsetof(struct raw_agreement, provider),
     .explanation = "who shares data: the sender of events and commands, the one who answers requests"},
    {.name = "consumer", .type = TYPED_ID, .required = true, .offset = offsetof(struct raw_agreement, consumer),
     .explanation = "who gets it: the receiver of events and commands, the one who asks"},
    {.name = "types", .type = TYPED_TYPES, .required = true, .offset = offsetof(struct raw_agreement, types),
     .explanation = "the message types it covers"},
    {.name = "purpose", .type = TYPED_TEXT, .offset = offsetof(struct raw_agreement, purpose),
     .explanation = "what the data may be used for; required where a type carries personal data"},
    {.name = "basis", .type = TYPED_WORD, .words = basis_words, .required = true,
     .offset = offsetof(struct raw_agreement, basis), .explanation = "why it may be shared: by law, by agreement of two agencies, by an internal rule"},
    {.name = "legal-basis", .type = TYPED_TEXT, .offset = offsetof(struct raw_agreement, legal_basis),
     .explanation = "the law or decree; required with basis mandatory"},
    {.name = "requires", .type = TYPED_WORDS, .words = requires_words, .offset = offsetof(struct raw_agreement, requires),
     .explanation = "purpose fields that every message must fill"},
    {.name = "reply-fields", .type = TYPED_TEXTS, .offset = offsetof(struct raw_agreement, reply_fields),
     .explanation = "the only fields that may leave in a reply; all when not given"},
    {.name = "rate", .type = TYPED_OBJECT, .object = &rate_object, .offset = offsetof(struct raw_agreement, rate),
     .explanation = "how many messages may pass"},
    {.name = "valid", .type = TYPED_OBJECT, .required = true, .object = &valid_object,
     .offset = offsetof(struct raw_agreement, valid), .explanation = "its first and last day"},
};
static const struct yaml_object agreement_object = {"agreement", agreement_keys, COUNT_OF(agreement_keys),
                                                    sizeof(struct raw_agreement), false};

static const struct yaml_key agreements_keys[] = {
    {.name = "agreements", .type = TYPED_OBJECTS, .required = true, .object = &agreement_object,
     .offset = offsetof(struct raw_agreements, agreements), .explanation = "the agreements of this file"},
};
const struct yaml_object policy_agreements_file = {"agreements file", agreements_keys, COUNT_OF(agreements_keys),
                                                   sizeof(struct raw_agreements), false};
