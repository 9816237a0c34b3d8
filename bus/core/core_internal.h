/* core_internal.h - what the core remembers: sessions, destinations, ids, open requests, answers that wait for the disk.
 * Private to bus/core. All of it is a function of the journal, except sessions.
 * Read core.h first; then pipeline.h for the way of a message. */
#ifndef TRUC_CORE_INTERNAL_H
#define TRUC_CORE_INTERNAL_H

#include <stdlib.h>

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
    struct destination *destination; /* NULL for roles that receive nothing */
    bool follows;                    /* an operator's tail */
    uint64_t follow_number;          /* of its ask */
    struct list_link held;           /* publishes held back: struct held_frame */
    size_t held_count, held_bytes;
    struct map certificates_sent;    /* by signing key: values are the policy's keys */
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
    int code;
    struct core_message_summary message;
    char reason[PROTOCOL_NAME_BYTES_MAX + 1];
    char text[TRUC_FAULT_TEXT_BYTES_MAX];
};

struct destination_counts {
    uint64_t accepted, delivered, done, retried, rejected, expired, dead;
};

/* A system as a receiver. */
struct destination {
    uint32_t number;
    char system[PROTOCOL_NAME_BYTES_MAX + 1];
    struct core_queue queue;
    struct client *session; /* NULL: away */
    struct list_link dead;   /* struct dead_letter, oldest first */
    size_t dead_count;
    struct map generations;  /* of messages that were redriven: sequence → sequence << 8 | generation */
    struct destination_counts counts;
    uint64_t away_since_up_ns;
    bool paused;             /* see deliver.c; logged when it changes */
    uint32_t requests_open;  /* it asked and waits for the answer */
};

/* A request that was accepted and neither answered nor ended. */
struct open_request {
    uint64_t sequence;
    uint64_t deadline_ns; /* wall clock */
    struct heap_node timer; /* by deadline_ns */
    struct destination *asking; /* counts it */
    char asker[PROTOCOL_NAME_BYTES_MAX + 1];
    char provider[PROTOCOL_NAME_BYTES_MAX + 1];
    char id[PROTOCOL_ID_BYTES_MAX + 1];
    char type[PROTOCOL_TYPE_BYTES_MAX + 1];
    char agreement[PROTOCOL_TYPE_BYTES_MAX + 1];
};

/* What happens when the journal is durable up to `through`: an answer to a sender, or a message that joins its queues. */
struct awaiting {
    struct list_link link;
    uint64_t through; /* the record must lie below the durable mark */
    enum { AWAITING_ANSWER, AWAITING_MESSAGE } kind;
    /* answer */
    uint64_t peer, number, credit_bytes;
    struct buffer outcomes;
    /* message */
    uint64_t sequence;
    size_t destination_count;
    struct awaiting_destination { struct destination *destination; uint64_t key_hash; } *destinations;
    uint32_t size_bytes, generation;
    struct buffer notice; /* what followers are shown: encoded operator event, or empty */
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
    bool releasing;                  /* what is being taken was held back: its frame lives as long as the effects */
    uint64_t ticked_up_ns;           /* of the last CORE_EVENT_TICK */
    char blocked_text[TRUC_FAULT_TEXT_BYTES_MAX];
    struct map sessions;             /* by peer */
    struct map destinations;         /* by system id */
    struct destination **destination_table;
    size_t destination_count, destination_capacity;
    struct dedupe dedupe;
    struct rates rates;
    struct map requests;             /* by sequence */
    struct heap request_timers;
    struct list_link awaiting;
    struct core_counts counts;
    uint64_t started_ns;
    struct effects *effects;         /* of the step being taken */
    uint64_t followers;              /* sessions that follow */
    bool out_of_memory;              /* remembered until the step ends, which then fails */
    struct effect lost_effect;       /* written to when there is no memory for a real one */
    struct buffer scratch;
    struct bundle bundle;            /* the one being taken: too large for a stack */
};

/* core.c */
struct effect *core_effect(struct core *core, enum effect_kind kind);  /* appended; never NULL */
struct bytes core_keep(struct core *core, struct bytes view);           /* a copy that lives as long as the effects */
uint64_t core_append(struct core *core, enum record_kind kind, struct bytes body, bool lazy); /* returns its sequence */
uint64_t core_append_message(struct core *core, struct bytes body, struct bytes salt, struct bytes payload);
void core_send(struct core *core, uint64_t peer, const struct command *command);
void core_log(struct core *core, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct destination *core_destination(struct core *core, struct bytes system); /* made when new; NULL: no memory */
struct destination *core_find_destination(const struct core *core, struct bytes system);

/* awaiting.c */
int awaiting_answer(struct core *core, const struct client *session, uint64_t number, uint64_t credit_bytes, struct buffer *outcomes);
struct awaiting *awaiting_message(struct core *core, uint64_t sequence, uint32_t size_bytes, size_t destination_count);
int awaiting_durable(struct core *core, uint64_t through); /* runs everything below the mark */
void awaiting_free_all(struct core *core);

/* core_session.c */
int client_frame(struct core *core, uint64_t peer, const uint8_t *transport_key, struct bytes frame);
void client_gone(struct core *core, uint64_t peer);
void client_end(struct core *core, struct client *session, int code, const char *text); /* with an error to the peer */
int client_tick(struct core *core);
struct client *client_of(const struct core *core, uint64_t peer);
int client_release_held(struct core *core);
void client_check_all(struct core *core); /* after a new configuration: ends those that no longer belong */
void client_send_permissions(struct core *core);
void client_notice_all(struct core *core, int code, const char *text); /* code positive, 0 ends the state */
void client_stop_all(struct core *core);
void client_free_all(struct core *core);

/* publish.c */
int publish_take(struct core *core, struct client *session, const struct command_publish *publish);
uint64_t publish_key_hash(const struct header *header, uint32_t order); /* of its queue entry; order: enum policy_order */

/* deliver.c */
int deliver_pump(struct core *core, struct destination *destination);
int deliver_pump_all(struct core *core);
int deliver_page(struct core *core, uint32_t destination, uint64_t index, const struct queue_entry *entries, size_t count);
int deliver_fetched(struct core *core, uint32_t destination, const struct core_fetched *messages, size_t count);
int deliver_enqueue(struct core *core, struct destination *destination, const struct queue_entry *entry);

/* settle.c */
int settle_take(struct core *core, struct client *session, const struct command_settle *settle);
int fate_dead(struct core *core, struct destination *destination, struct core_queue_item *item, int code, struct bytes reason,
              struct bytes text);
/* The message found its end: leaves the queue, and what is remembered of its redriving goes too. */
void fate_settle(struct destination *destination, struct core_queue_item *item);
/* A dead letter; for a request an answer to its asker instead. The text is the receiver's or the policy's. */
int fate_give_up(struct core *core, struct destination *destination, struct core_queue_item *item, int code, struct bytes text);
int fate_expired(struct core *core, struct destination *destination, struct core_queue_item *item, int code);
/* A request's deadline passed: ends it at the provider unless it is out there (then its settlement ends it). */
int fate_deadline(struct core *core, struct destination *provider, uint64_t sequence);
int fate_remember_dead(struct core *core, struct destination *destination, const struct record_fate *fate, uint64_t time_ns);
/* Copies text into a fixed array, cut to fit, 0-terminated. */
void core_copy_text(char *to, size_t size, struct bytes from);
int fate_set_generation(struct destination *destination, uint64_t sequence, uint32_t generation);
int fate_redrive(struct core *core, struct destination *destination, struct dead_letter *letter, struct bytes operator_id, struct bytes reason);
void dead_letter_remove(struct destination *destination, struct dead_letter *letter);

/* request.c */
int request_open(struct core *core, uint64_t sequence, uint64_t deadline_ns, struct bytes asker, struct bytes provider, struct bytes id,
                 struct bytes type, struct bytes agreement);
struct open_request *request_find(const struct core *core, uint64_t sequence);
void request_close(struct core *core, struct open_request *request);
void request_failed(struct core *core, struct open_request *request, int code, struct bytes reason, struct bytes text); /* tells the asker, closes */
int request_tick(struct core *core);
void request_free_all(struct core *core);
size_t request_open_count(const struct core *core, struct bytes asker);

/* operate.c */
int operate_take(struct core *core, struct client *session, const struct command_ask *ask);
/* Shows an event to followers: `destinations` names them with commas. */
void operate_notice(struct core *core, struct bytes encoded_event);
void operate_describe(struct core *core, const struct header *header, struct bytes destinations, uint64_t sequence, int code,
                      struct bytes text, struct buffer *out);

#endif
