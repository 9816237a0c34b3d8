/* core_state.h - what the core remembers: sessions, destinations, ids, open requests, what waits for the disk.
 * Private to bus/core. All of it is a function of the journal, except sessions.
 * Read core.h first; then pipeline.h for the way of a message. */
#ifndef TRUC_CORE_STATE_H
#define TRUC_CORE_STATE_H

#include "command.h"
#include "core.h"
#include "core_queue.h"
#include "dedupe.h"
#include "header.h"
#include "heap.h"
#include "list.h"
#include "map.h"
#include "policy.h"
#include "rate.h"
#include "turned_away.h"

/* One connection that said hello. */
struct client {
    uint64_t peer;
    char system[PROTOCOL_NAME_BYTES_MAX + 1];
    uint8_t transport_key[CORE_TRANSPORT_KEY_BYTES];
    uint8_t id[PROTOCOL_SESSION_BYTES];
    enum policy_role role;
    uint64_t receive_credit_bytes;  /* what it may still be sent */
    uint64_t publish_pending_bytes; /* what it sent and has no answer for */
    uint64_t publish_number;        /* last one received */
    uint64_t heard_up_ns, pinged_up_ns;
    uint64_t sent_bytes, read_bytes;    /* frames to it in all, and those that it has shown to have read */
    uint64_t probe_number, probe_bytes; /* the ping under way that will show it, 0: none; sent_bytes at that time */
    struct destination *destination;    /* NULL for roles that receive nothing */
    bool follows;                       /* an operator's tail */
    uint64_t follow_number;             /* of its ask */
    struct list_link held;              /* publishes held back: struct held_frame */
    size_t held_count, held_bytes;
    struct looked *looked;          /* what the disk was asked, and said, of the first of them: ids_lookup.c */
    struct turned_away turned_away; /* what it published and must send again */
    struct map certificates_sent;   /* by signing key: values are the policy's keys */
    struct list_link transfers;     /* of attachments: blob/transfer.h */
    size_t transfers_count;
    struct blobs_checked *blobs; /* of the first publish held back: blob/blob_check.c */
};

struct held_frame {
    struct list_link link;
    size_t size;
    uint8_t data[];
};

enum { GENERATION_MAX = 255 }; /* how often a message may be queued again: a byte of its queue entry */

/* A dead letter: needs a person. Also found in the journal; kept here so that listing asks no disk. */
struct dead_letter {
    struct list_link link;
    uint64_t sequence, time_ns;
    uint32_t attempts, generation, size_bytes;
    uint32_t lane; /* of its queue: where it goes when it is queued again */
    int code;
    struct core_message_summary message;
    char reason[PROTOCOL_NAME_BYTES_MAX + 1];
    char text[TRUC_FAULT_TEXT_BYTES_MAX];
};

struct destination_counts {
    uint64_t accepted, delivered, done, retried, rejected, expired, dead;
};

/* An operator's word that nothing goes to a destination: queue_pause.h. */
struct operator_pause {
    char by[PROTOCOL_NAME_BYTES_MAX + 1]; /* "": it is not paused */
    char reason[PROTOCOL_TEXT_BYTES_MAX + 1];
    uint64_t since_ns;
};

/* A system as a receiver. */
struct destination {
    uint32_t number;
    char system[PROTOCOL_NAME_BYTES_MAX + 1];
    struct core_queue queue;
    struct client *session; /* NULL: away */
    struct list_link dead;  /* struct dead_letter, oldest first */
    size_t dead_count;
    struct map dead_letters; /* the same, by sequence */
    struct map timed;        /* whose time has not come, by sequence: struct timed_message */
    struct map generations;  /* of messages that were redriven: sequence → sequence << 8 | generation */
    struct destination_counts counts;
    uint64_t awaiting_count, awaiting_bytes; /* messages that join its queue once the disk has them */
    uint64_t away_since_up_ns;
    uint32_t refused_count; /* of its messages, not recorded yet: refusals.c; */
    int refused_code;       /* the last one's reason, */
    uint64_t refused_since_up_ns;
    uint8_t answered_id[PROTOCOL_SESSION_BYTES]; /* the last session whose publish was answered, */
    uint64_t answered_number;                    /* and that publish's number */
    bool fetching;                               /* messages for it are being read from the journal */
    bool paused;                                 /* see deliver.c; logged when it changes */
    struct operator_pause pause;                 /* one of its reasons */
    uint32_t losses;                             /* see quarantine.h */
    size_t suspects;                             /* of a quarantine that are not settled; 0: not quarantined */
    uint32_t requests_open;                      /* it asked and waits for the answer */
};

/* A request that was accepted and neither answered nor ended. */
struct open_request {
    uint64_t sequence;
    uint64_t deadline_ns;       /* wall clock */
    struct heap_node timer;     /* by deadline_ns */
    struct destination *asking; /* counts it */
    char asker[PROTOCOL_NAME_BYTES_MAX + 1];
    char provider[PROTOCOL_NAME_BYTES_MAX + 1];
    char id[PROTOCOL_ID_BYTES_MAX + 1];
    char type[PROTOCOL_TYPE_BYTES_MAX + 1];
    char agreement[PROTOCOL_TYPE_BYTES_MAX + 1];
};

/* What happens when the journal is durable up to `through`: an answer to a sender or to an operator, or a message that
 * joins its queues. */
struct awaiting {
    struct list_link link;
    uint64_t through; /* the record must lie below the durable mark */
    enum { AWAITING_ANSWER, AWAITING_FRAME, AWAITING_MESSAGE, AWAITING_FETCH, AWAITING_REMOVAL } kind;
    /* answer; of a frame the peer, and the frame in place of outcomes; of a fetch the peer and the transfer's number */
    uint64_t peer, number, credit_bytes;
    struct buffer outcomes;
    /* message */
    uint64_t sequence;
    size_t destination_count;
    struct awaiting_destination {
        struct destination *destination;
        uint64_t key_hash;
        uint32_t lane;
    } * destinations;
    struct sha256_digest sha256; /* removal: of a blob */
    uint32_t size_bytes, generation;
    struct buffer notice; /* what followers are shown: encoded operator event, or empty */
};

/* What lies between the broker and a client: in its transport's queues, or read and not yet said so. */
static inline uint64_t client_unread_bytes(const struct client *session)
{
    return session->sent_bytes - session->read_bytes;
}

/* A reload that an operator asked for and that has not ended: one at a time. */
struct asked_reload {
    bool is_open;
    uint64_t peer, number; /* whom to answer, and which ask */
    bool accept_schema_change;
    char operator_id[PROTOCOL_NAME_BYTES_MAX + 1];
    char reason[PROTOCOL_TEXT_BYTES_MAX + 1];
};

struct core_counts {
    uint64_t accepted, refused, repeated, bundles, replies, requests, deadlines;
};

struct core {
    struct core_settings settings;
    const struct policy *policy;
    uint64_t next_sequence, durable_through;
    uint64_t configuration_sequence; /* of the configuration in force */
    uint64_t now_ns, up_ns;          /* of the event being handled */
    bool failed, stopping, blocked, recovering;
    uint64_t earlier_up_ns;   /* how long the bus was up before this start, as the journal tells; never 0 */
    uint64_t recovered_up_ns; /* monotonic, of this start */
    uint64_t replayed_ns;     /* time of the last record replayed; 0: none */
    size_t buried;            /* since the last tick, of messages whose receiver is no longer on the bus: deliver.c */
    bool releasing;           /* what is being taken was held back: its frame lives as long as the effects */
    uint64_t ticked_up_ns;    /* of the last CORE_EVENT_TICK */
    char blocked_text[TRUC_FAULT_TEXT_BYTES_MAX];
    bool indexed; /* somebody fills the search index, and this is how far it is */
    uint64_t index_next, index_behind_ms;
    char index_trouble[TRUC_FAULT_TEXT_BYTES_MAX];
    struct map sessions; /* by peer */
    struct map closed;   /* peers that are closed once the effects are carried out: what they still send is not taken */
    struct map destinations; /* by system id */
    struct destination **destination_table;
    size_t destination_count, destination_capacity;
    struct dedupe dedupe;
    struct rates rates;          /* agreements' totals */
    struct rates guards;         /* what a system may make the journal hold: by its id behind a name of what */
    struct rate_tables officers; /* of each agreement, by officer */
    struct map requests;         /* by sequence */
    struct heap request_timers;
    struct heap timed_timers; /* struct timed_message, by its time */
    struct list_link awaiting;
    struct asked_reload reload;
    struct core_counts counts;
    uint64_t blobs_count, blobs_bytes; /* stored */
    uint64_t blobs_looked_up_ns;       /* when what rests was last looked at */
    uint64_t started_ns;
    struct effects *effects;   /* of the step being taken */
    uint64_t followers;        /* sessions that follow */
    bool out_of_memory;        /* remembered until the step ends, which then fails */
    struct effect lost_effect; /* written to when there is no memory for a real one */
    struct buffer scratch;
    struct parcel_buffers {
        struct buffer deliveries, hashes, proof, parcels;
    } parcel;             /* what is being put together for a receiver: kept, since it is made anew for each */
    struct buffer frame;  /* likewise, the command being sent */
    struct bundle bundle; /* the one being taken: too large for a stack */
    struct dedupe_id ids[PROTOCOL_BUNDLE_MESSAGES_MAX]; /* of its messages, */
    size_t ids_count;                                   /* when they had to be made before it was taken */
};

/* How long the bus has been up in all its life: spans of retries count it, so that they neither begin anew with a restart nor
 * run while nothing can be delivered. */
static inline uint64_t core_bus_up_ns(const struct core *core)
{
    return core->earlier_up_ns + (core->recovering ? 0 : core->up_ns - core->recovered_up_ns);
}

#endif
