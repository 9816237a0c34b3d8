/* sim_adapter.h - an honest adapter: the real SDK session, a program that handles at random speed, a durable inbox.
 * Its process crashes too: what it had not settled comes again; what it had not been told is published again.
 * sim_adapter.c is its process, sim_program.c what it does with messages, sim_sender.c what it sends. */
#ifndef TRUC_SIM_ADAPTER_H
#define TRUC_SIM_ADAPTER_H

#include "heap.h"
#include "list.h"
#include "map.h"
#include "session.h"

enum {
    SIM_ITEMS_PER_ADAPTER = 40,
    SIM_ORDER_KEYS = 5,
    SIM_FREE_KEY = 9, /* of messages that keep no order among each other: timed ones, and those that may expire */
    SIM_TIMED_MS_MAX = 5000,
    SIM_RECENT_BYTES = 4096 /* few: others are read back */,
    SIM_IDS_YOUNG_MAX = 5, /* so that most ids are on disk */
    SIM_ANSWER_MS = 20000,
    SIM_WINDOW_BYTES = 32 * 1024,
    SIM_OUTGOING_BYTES_MAX = 1024 * 1024,
};

/* What one adapter wants to send: published again after a restart until it is answered for. */
struct sim_item {
    unsigned adapter, number, key, urgency;
    bool is_request, taken, acknowledged, refused, answered, lost_interest;
    uint64_t time_ns, sequence;
    uint64_t timed_ns, lives_ns; /* delivered not before, and not after, so long after its time; 0: at any time */
    int code;                    /* of the answer, or the refusal */
    unsigned answers;
    size_t payload_bytes;
    char id[48], subject[32];
    const char *type;
};

/* A message handed to an adapter's program. */
struct sim_work {
    struct list_link link;
    uint64_t due_ns;
    struct session_delivery *delivery;
};

struct sim_adapter {
    unsigned index, key;     /* with which signing key this process runs */
    struct session *session; /* NULL: its process is down */
    uint64_t peer;           /* of its present connection; 0: none */
    int64_t wall_off_ns;     /* how wrong its machine's clock is */
    bool is_slow;
    struct list_link work;
    struct sim_item items[SIM_ITEMS_PER_ADAPTER];
    struct map inbox;    /* durable: by message identity → struct sim_effect */
    struct map rejected; /* ever: the same, of what was rejected. It may come again, later than its key's next */
    uint64_t sessions;   /* started so far */
};

/* What came of a message at a receiver, kept outside of everything that crashes. */
struct sim_effect {
    char identity[128]; /* sender/id */
    uint64_t sequence;
    unsigned receiver;
    uint64_t reply_time_ns;
    bool is_request, was_rejected;
};

struct world;
struct session_time adapter_time(const struct world *world, const struct sim_adapter *adapter);

/* sim_adapter.c */
void adapter_start(struct world *world, struct sim_adapter *adapter);
void adapter_stop(struct world *world, struct sim_adapter *adapter);
void adapter_frame(struct world *world, struct sim_adapter *adapter, uint64_t peer, struct bytes frame);
void adapter_connected(struct world *world, struct sim_adapter *adapter);
void adapter_lost(struct world *world, struct sim_adapter *adapter, uint64_t peer);
void adapter_wake(struct world *world, struct sim_adapter *adapter);
void adapter_settle_step(struct world *world, struct sim_adapter *adapter);
void adapter_free(struct sim_adapter *adapter);

/* sim_program.c */
void program_deliver(struct world *world, struct sim_adapter *adapter, struct session_delivery *delivery);
void program_work(struct world *world, struct sim_adapter *adapter);
void program_drop(struct sim_adapter *adapter);
bool program_had(const struct sim_adapter *adapter, const char *identity);

/* sim_sender.c */
void sender_make_items(struct world *world);
void sender_workload(struct world *world, struct sim_adapter *adapter);
void sender_outcome(struct world *world, const struct session_effect *effect);
void sender_answer(struct world *world, const struct session_effect *effect);
void sender_restarted(struct sim_adapter *adapter); /* a new process does not know what the old one had sent */

#endif
