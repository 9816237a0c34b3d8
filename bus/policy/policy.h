/* policy.h - the rules in force: who is on the bus, what goes where, under which agreement. Read-only after load.
 * Not: parsing YAML (policy_load.h), nor time, sockets or files: time arrives as an argument.
 * In the flow: authorise and route ask it for every message; a reload swaps one policy for the next. */
#ifndef TRUC_POLICY_H
#define TRUC_POLICY_H

#include "bytes.h"
#include "fault.h"
#include "sha256.h"
#include "words.h"

struct certificate;     /* bus/crypto/certificate.h */
struct issuers;         /* bus/crypto/issuers.h */
struct verify_key;      /* bus/crypto/signing.h */
struct revocation_list; /* bus/crypto/revocation_list.h */
struct schema_set;      /* bus/schema/schema.h */
struct schema_message;  /* bus/schema/schema.h */
struct schema_path;     /* bus/schema/schema.h */

/* The bounds of one configuration. What lies beyond is an error at load, which names the limit. */
enum {
    POLICY_SYSTEMS_MAX = 2048, /* 2,000, their operators, and some room */
    POLICY_ROUTES_MAX = 20480,
    POLICY_AGREEMENTS_MAX = 40960,
    POLICY_LIST_ITEMS_MAX = 256,   /* entries of any one list in a file: from, types, match values, ... */
    POLICY_DESTINATIONS_MAX = 64,  /* systems that one message can go to */
    POLICY_TRANSPORT_KEYS_MAX = 4, /* a system: the present key, the next one, and two spare machines */
    POLICY_SIGNING_KEYS_MAX = 8,   /* a system: present, next, and old ones that still verify evidence */
    POLICY_MATCHES_MAX = 16,       /* predicates of one route; all must hold */
    POLICY_LISTEN_MAX = 8,
    POLICY_OUTSIDE_AUTHORITIES_MAX = 16,
    POLICY_MESSAGE_BYTES_HARD_MAX = 16 * 1024 * 1024,
    POLICY_BUNDLE_MESSAGES_HARD_MAX = 256,
    POLICY_TRANSPORT_KEY_BYTES = 32,
    POLICY_KEY_ID_BYTES = 16,
};

#define POLICY_NEVER UINT64_MAX /* an instant that does not come */

/* The numbers are those of the header's `kind` field on the wire (docs/protocol.md). */
enum policy_kind {
    POLICY_KIND_EVENT = 1,
    POLICY_KIND_COMMAND = 2,
    POLICY_KIND_REQUEST = 3,
    POLICY_KIND_REPLY = 4,
};

/* What a client may do besides sending and receiving by route. */
enum policy_role {
    POLICY_ROLE_SYSTEM,     /* nothing */
    POLICY_ROLE_OPERATOR,   /* operator commands */
    POLICY_ROLE_AUDITOR,    /* reading the journal, proofs */
    POLICY_ROLE_INTEGRATOR, /* looking at what concerns the systems it looks after; no contents in clear, no changes */
    POLICY_ROLES_COUNT,
};

/* Where something was declared. Lines and columns count from 1; line 0: nowhere (a default). */
struct policy_place {
    const char *file; /* relative to the configuration's directory */
    uint32_t line, column;
};

struct policy_signing_key {
    uint8_t key_id[POLICY_KEY_ID_BYTES];
    const struct verify_key *verify_key;   /* owned by the policy */
    const struct certificate *certificate; /* owned by the policy */
    struct bytes certificate_der;
    struct sha256_digest certificate_sha256; /* of the DER */
    uint64_t not_before_ns, not_after_ns;    /* UTC, from the certificate */
    uint64_t revoked_at_ns;            /* by the system's file or an authority's list; POLICY_NEVER: not revoked */
    const struct certificate *outside; /* an outside authority's certificate of the same key; NULL: none */
    struct policy_place place;
};

struct policy_system {
    const char *id, *title;
    const char *contact; /* "" when not given */
    uint32_t index;      /* 0 .. systems_count - 1; valid inside this policy only, ids outlive a reload */
    enum policy_role role;
    const struct policy_system *const
        *looks_after; /* of an integrator: these systems, and no others, are its business */
    uint32_t looks_after_count;
    bool suspended;
    uint8_t transport_keys[POLICY_TRANSPORT_KEYS_MAX][POLICY_TRANSPORT_KEY_BYTES]; /* CURVE public keys, raw */
    uint32_t transport_keys_count;
    const struct policy_signing_key *signing_keys;
    uint32_t signing_keys_count;
    struct policy_place place;
};

/* Who vouches for keys: the bus's own authority, or one outside it, such as a government's. */
struct policy_authority {
    const struct issuers *issuers;             /* owned by the policy; NULL: none is configured */
    const struct revocation_list *revocations; /* owned by the policy; NULL: none is configured */
};

enum policy_order {
    POLICY_ORDER_SUBJECT, /* `dossier` or `subject`: one subject keeps its order, others pass */
    POLICY_ORDER_KEY,     /* `ordering-key`: the header's ordering key; the subject where it is empty */
    POLICY_ORDER_NONE,    /* `none`: every message by itself */
};

struct policy_retry {
    uint64_t first_ns;       /* wait after the first failed attempt */
    uint32_t factor_percent; /* each wait is the one before it * this / 100 */
    uint64_t at_most_ns;     /* longest wait */
    uint64_t for_ns;         /* up-time after which the message is given up */
};

struct policy_match; /* policy_match.h: one predicate on a header or payload field */

struct policy_route {
    const char *name, *title;
    uint32_t index; /* in the order of declaration: files by name, then by line */
    const struct policy_system *const *from;
    uint32_t from_count;
    const char *type;
    const struct schema_message *message; /* the type's payload; owned by the schema set */
    enum policy_kind kind;                /* event, command or request: the schema says it */
    const struct policy_match *matches;   /* all must hold */
    uint32_t matches_count;
    const struct policy_system *const *to; /* exactly one for a request */
    uint32_t to_count;
    const struct policy_system *const *observe; /* get a copy; what becomes of it concerns nobody else */
    uint32_t observe_count;
    enum policy_order order;
    struct policy_retry retry; /* when it gives up the message becomes a dead letter; there is no other end */
    uint64_t within_ns;        /* requests: the answer's deadline; 0 for the other kinds */
    uint64_t expire_ns;        /* undelivered after this it expires; 0: only by the message's own expiry */
    struct policy_place place;
};

enum policy_basis {
    POLICY_BASIS_MANDATORY,     /* `mandatory`: sharing between agencies by law */
    POLICY_BASIS_AGREEMENT,     /* `agreement`: between two agencies */
    POLICY_BASIS_INTERNAL_RULE, /* `internal-rule` */
};

enum { /* policy_agreement.requires: header purpose fields that a message must carry; bits */
       POLICY_REQUIRES_OFFICER = 1,
       POLICY_REQUIRES_DOSSIER = 2,
       POLICY_REQUIRES_PROCEDURE = 4,
       POLICY_REQUIRES_LEGAL_BASIS = 8,
};

struct policy_rate {
    uint32_t count; /* messages a span; 0: no rate */
    uint64_t span_ns;
};

/* Events and commands: the provider is the sender, who shares data. Requests: the provider is the one who answers,
 * the consumer the one who asks; a reply travels under the agreement of its request. With `observes` it covers copies
 * to an observer only, of requests too, and the provider is always the sender. */
struct policy_agreement {
    const char *name;
    uint32_t index;
    const struct policy_system *provider, *consumer;
    const char *const *types;
    const struct schema_message *const *messages; /* one for each of types */
    uint32_t types_count;
    const char *purpose; /* "" when none is stated; never "" where a type carries personal data */
    enum policy_basis basis;
    const char *legal_basis;         /* "" when none is stated */
    uint32_t requires;               /* POLICY_REQUIRES_... bits */
    bool observes;                   /* the consumer gets copies, and neither asks nor answers */
    const char *const *reply_fields; /* dotted paths that may be in a reply; count 0: no restriction */
    uint32_t reply_fields_count;
    const struct schema_path *reply_paths; /* compiled: types_count rows of reply_fields_count */
    struct policy_rate rate_total;       /* over all messages under this agreement; parsed here, counted by the core */
    struct policy_rate rate_per_officer; /* for one header.purpose.officer; likewise */
    uint64_t valid_from_ns;              /* first instant of the first day, GMT+7 */
    uint64_t valid_until_ns;             /* first instant after the last day, GMT+7; POLICY_NEVER: open-ended */
    struct policy_place place;
};

struct policy_limits {
    uint32_t message_bytes_max;   /* header + payload; default 1 MiB, hard 16 MiB */
    uint32_t bundle_messages_max; /* default and hard 256 */
    uint64_t sender_credit_bytes; /* what one sender may have under way; default 16 MiB */
    uint64_t dedupe_window_ns;    /* ids are known for this long; default 30 d */
    uint64_t future_skew_ns;      /* how far ahead of journal time a message may be; default 5 min */
    uint64_t queue_messages_max;  /* waiting for one destination; default 5,000,000 */
    uint64_t queue_bytes_max;     /* of these; default 64 GiB */
    uint32_t blocked_keys_max;    /* begun and not ended at one destination; default 4,096 */
    uint32_t sessions_max;        /* connected clients; default 256 */
    uint32_t requests_open_max;   /* unanswered requests of one asker; default 10,000 */
    uint64_t blob_bytes_max;      /* one attachment; default 1 GiB */
    uint64_t blob_space_bytes;    /* all attachments, unfinished uploads included; default 100 GiB */
    uint32_t blob_uploads_max;    /* unfinished uploads of one system; default 8 */
    uint64_t blob_unfinished_ns;  /* how long an upload may pause; default 1 d */
    uint64_t blob_unnamed_ns;     /* an attachment that no message names stays so long; default 7 d */
};

/* One file of the configuration, whole, so that a past decision can be judged again. */
struct policy_file {
    const char *name; /* relative, '/' between folders */
    struct bytes content;
};

struct policy {
    const char *bus_id, *title;
    bool sandbox; /* takes replayed messages; nobody's real business */
    struct policy_limits limits;
    const char *const *listen; /* ZeroMQ endpoints, "tcp://..." */
    uint32_t listen_count;
    struct sha256_digest hash;       /* over the files: see policy_hash_files() */
    const struct policy_file *files; /* sorted by name */
    uint32_t files_count;
    const struct schema_set *schemas;  /* given to the loader, or read by it; see policy_load.h */
    struct bytes descriptors;          /* the file it was read from, one of `files`; empty when it was given */
    struct policy_authority authority; /* the bus's own */
    const struct policy_authority *outside_authorities;
    uint32_t outside_authorities_count;
    const struct policy_system *systems; /* sorted by id */
    uint32_t systems_count;
    const struct policy_route *routes; /* in the order of declaration */
    uint32_t routes_count;
    const struct policy_agreement *agreements; /* in the order of declaration */
    uint32_t agreements_count;
    struct policy_index *index; /* look-up tables, private to policy.c */
};

/* Frees everything that the policy's pointers reach (the schema set only when the loader read it). NULL is fine. */
void policy_free(struct policy *policy);

/* SHA-256 over, for each file in the order of its name: u32 LE name size, name, u64 LE content size, content. */
struct sha256_digest policy_hash_files(const struct policy_file *files, size_t count);

/* NULL when there is none. */
const struct policy_system *policy_system_by_id(const struct policy *policy, struct bytes id);
const struct policy_system *policy_system_by_transport_key(const struct policy *policy,
                                                           const uint8_t key[POLICY_TRANSPORT_KEY_BYTES]);
const struct policy_signing_key *policy_signing_key(const struct policy_system *system,
                                                    const uint8_t key_id[POLICY_KEY_ID_BYTES]);
/* Whether it is one of these: a route's `from`, `to` or `observe`. */
bool policy_holds_system(const struct policy_system *const *systems, uint32_t count,
                         const struct policy_system *system);
/* Whether that system is one of those that this integrator looks after. */
bool policy_looks_after(const struct policy_system *integrator, struct bytes system_id);
const char *policy_role_text(const struct policy_system *system); /* as the configuration writes it: "operator" */
const struct policy_route *policy_route_by_name(const struct policy *policy, struct bytes name);
const struct policy_agreement *policy_agreement_by_name(const struct policy *policy, struct bytes name);

/* Whether the key may sign at that instant: 0, or TRUC_E_SIGNING_KEY with the reason (not yet, expired, revoked). */
int policy_signing_key_check(const struct policy_signing_key *key, uint64_t now_ns, struct truc_fault *fault);
/* Whether the agreement is in force: 0, or TRUC_E_AGREEMENT_LAPSED with the dates. */
int policy_agreement_check(const struct policy_agreement *agreement, uint64_t now_ns, words_translate *translate,
                           struct truc_fault *fault);

/* The header fields that rules may ask for. Views into the message; empty views where a field is absent. */
struct policy_header_view {
    struct bytes id, source, subject, ordering_key;
    struct bytes data_content_type;
    struct bytes purpose_procedure, purpose_dossier, purpose_officer, purpose_legal_basis;
    uint32_t urgency; /* the number on the wire: 1 Thường, 2 Khẩn, 3 Thượng khẩn, 4 Hỏa tốc */
    bool historical;
};

struct policy_query {
    const struct policy_system *sender;
    struct bytes type;
    enum policy_kind kind; /* event, command or request; replies are not routed */
    struct policy_header_view header;
    struct bytes payload; /* valid by its schema already */
    uint64_t now_ns;      /* journal time, UTC */
};

/* One destination of a message. `outcome` 0: deliver. Otherwise TRUC_E_AGREEMENT_LAPSED or TRUC_E_SUSPENDED: the
 * message is accepted for the others, and this destination gets a dead letter with that reason, never silence.
 * An observer's outcome may be any; the record shows it, and neither sender nor destinations notice. */
struct policy_delivery {
    const struct policy_system *to;
    bool observer;
    const struct policy_route *route;         /* the first declared of those that lead there */
    const struct policy_agreement *agreement; /* the one it travels under */
    int outcome;
};

struct policy_decision {
    const struct schema_message *message;                       /* of the type */
    struct policy_delivery deliveries[POLICY_DESTINATIONS_MAX]; /* distinct systems, in the order of declaration */
    uint32_t deliveries_count;
    uint32_t outcomes_ok; /* destinations of outcome 0, observers not counted; at least 1 when policy_route returns 0 */
};

/* Why each rule did or did not take the message: for `truc route explain`. */
enum policy_note_kind {
    POLICY_NOTE_ROUTE_MATCHES,
    POLICY_NOTE_ROUTE_DIFFERS, /* text: what it lacks */
    POLICY_NOTE_AGREEMENT,     /* taken; text: until when */
    POLICY_NOTE_AGREEMENT_NOT, /* covers it, but not taken; text: why */
};

struct policy_note {
    enum policy_note_kind kind;
    const char *name; /* of the route or agreement */
    struct policy_place place;
    const char *text; /* valid during the call; payload values of personal fields are masked */
};

struct policy_trace {
    void (*note)(void *context, const struct policy_note *note);
    void *context;
    words_translate *translate; /* of the notes' texts and of the fault's; NULL: English */
};

/* Decides. 0 and *ret_decision, or, with the reason in *fault and *ret_decision untouched:
 *   TRUC_E_UNKNOWN_TYPE      no schema has the type; TRUC_E_HEADER when it is of another kind
 *   TRUC_E_NO_ROUTE          no route takes it (routes of its type are named by what they lack)
 *   TRUC_E_AMBIGUOUS         a request is taken by more than one route
 *   TRUC_E_NO_AGREEMENT      a destination is covered by no agreement
 *   TRUC_E_AGREEMENT_LAPSED  no agreement in force covers any of the destinations
 *   TRUC_E_SUSPENDED         the sender, or every destination, is suspended
 *   TRUC_E_PURPOSE           an agreement requires a purpose field which the header lacks: the sender can mend that,
 *                            so the whole message is refused
 *   TRUC_E_LIMIT             more destinations than POLICY_DESTINATIONS_MAX (the loader refuses such rules)
 * Several routes that take an event or command: the union of their destinations; who is a destination is no observer.
 * A request's one destination is deliveries[0]. `trace` may be NULL; it does not
 * change the decision. Without it nothing is allocated; safe from several threads at once. */
int policy_route(const struct policy *policy, const struct policy_query *query, struct policy_decision *ret_decision,
                 const struct policy_trace *trace, struct truc_fault *fault);

/* Asks again, later, for one destination or observer: at delivery, perhaps under a newer policy. 0 with the agreement that covers
 * it now; TRUC_E_NO_AGREEMENT, TRUC_E_AGREEMENT_LAPSED, TRUC_E_SUSPENDED, or TRUC_E_NOT_FOUND when the sender or the
 * destination is no longer on the bus. */
int policy_authorise(const struct policy *policy, struct bytes sender_id, struct bytes destination_id,
                     struct bytes type, bool observer, uint64_t now_ns, const struct policy_agreement **ret_agreement,
                     struct truc_fault *fault);

/* Whether a reply holds only what the agreement lets out: 0, or TRUC_E_REPLY_FIELDS naming the first field too many
 * (its path, never its value). `type` is the request's; the payload is valid by the reply's schema already. */
int policy_reply_check(const struct policy *policy, const struct policy_agreement *agreement, struct bytes type,
                       struct bytes payload, struct truc_fault *fault);

#endif
