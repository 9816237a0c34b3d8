/* sim_world.h - a seeded world around the real broker and the real SDK sessions: clock, network, disk, crashes, workload.
 * Everything random comes from one seed; the same seed gives the same trace. Nothing here is product code.
 * sim_main.c runs seeds; sim_oracle.c says whether what happened was allowed. */
#ifndef TRUC_SIM_WORLD_H
#define TRUC_SIM_WORLD_H

#include "engine.h"
#include "heap.h"
#include "list.h"
#include "map.h"
#include "memory_disk.h"
#include "session.h"

#include "sim_bus.h"

enum {
    SIM_ITEMS_PER_ADAPTER = 40,
    SIM_KEYS = 5,
    SIM_TIMED_KEY = 9, /* of timed messages: they keep no order */
    SIM_TIMED_MS_MAX = 5000,
    SIM_IDS_YOUNG_MAX = 5,     /* so that most ids are on disk */
    SIM_FAULTS_MS = 20000,     /* faults happen in this part of a run */
    SIM_QUIET_MS_MAX = 180000, /* after it everything must find its end within this */
};

struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t limit); /* 0 .. limit - 1 */
bool random_chance(struct random *random, unsigned percent);

/* What one adapter wants to send: published again after a restart until it is acknowledged. */
struct sim_item {
    unsigned adapter, number, key, urgency;
    bool is_request, taken, acknowledged, answered, lost_interest;
    uint64_t time_ns, sequence;
    uint64_t timed_ns; /* delivered not before so long after its time; 0: at once */
    int answer_code;
    unsigned answers;
    char id[48], subject[32];
    const char *type;
};

/* A message handed to an adapter's program. */
struct sim_work {
    struct list_link link;
    struct heap_node due;
    unsigned adapter;
    struct session_delivery *delivery;
};

struct sim_adapter {
    unsigned index;
    struct session *session; /* NULL: its process is down */
    uint64_t peer;           /* of its present connection; 0: none */
    struct list_link work;
    struct sim_item items[SIM_ITEMS_PER_ADAPTER];
    struct map inbox;  /* durable: by message identity → struct sim_effect */
    uint64_t sessions; /* started so far */
};

/* What came of a message at a receiver, kept outside of everything that crashes. */
struct sim_effect {
    char identity[128]; /* sender/id */
    uint64_t sequence;
    unsigned receiver;
    int outcome; /* SETTLED_DONE or SETTLED_REJECT */
    uint64_t reply_time_ns;
    bool is_request;
};

enum sim_event_kind {
    SIM_FRAME_TO_BROKER,
    SIM_FRAME_TO_ADAPTER,
    SIM_CONNECTED,
    SIM_CONNECTION_LOST,
    SIM_ROUND,
    SIM_RESTART_BROKER,
    SIM_RESTART_ADAPTER,
    SIM_FAULT,
    SIM_WORKLOAD,
    SIM_WAKE
};

struct sim_event {
    struct heap_node node;
    enum sim_event_kind kind;
    unsigned adapter;
    uint64_t peer;
    size_t size;
    uint8_t data[];
};

struct world {
    uint64_t seed, now_ns;
    struct random random;
    struct sim_bus *bus;
    struct heap events;
    struct memory_disk *disk;
    struct engine *engine; /* NULL: the broker is down */
    struct transport transport;
    uint64_t next_peer, to_broker_ns[SIM_SYSTEMS], to_adapter_ns[SIM_SYSTEMS]; /* a connection keeps its order */
    struct list_link arrived;                                                  /* frames of the coming round */
    bool round_scheduled, faults;
    struct sim_adapter adapters[SIM_SYSTEMS];
    struct sha256 trace;
    uint64_t crashes, lines;
    char failure[512]; /* the first broken promise; empty: none */
    uint64_t delivered, acknowledged, effects;
    uint64_t last_sequence[SIM_SYSTEMS][SIM_SYSTEMS]
                          [SIM_KEYS]; /* receiver, sender, key: of the last effect, plus one */
    bool verbose;
    struct memory_disk_faults armed;
};

/* What became of one seed: `failure` is what the oracle said, `trace` identifies the run. */
struct sim_result {
    bool failed;
    char failure[512];
    struct sha256_digest trace;
    uint64_t crashes, delivered, acknowledged, effects;
};
void world_run(struct sim_bus *bus, uint64_t seed, bool verbose, struct sim_result *ret_result);

/* ---- between the files of the simulation ---- */
void world_note(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* a line of the trace */
void world_tell(const struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* only with --verbose, no part of the trace */
void world_broken(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* a promise is broken */
void world_later(struct world *world, uint64_t delay_ns, enum sim_event_kind kind, unsigned adapter, uint64_t peer,
                 struct bytes data);
void world_at(struct world *world, uint64_t at_ns, enum sim_event_kind kind, unsigned adapter, uint64_t peer,
              struct bytes data);
uint64_t world_latency(struct world *world);

/* sim_broker.c */
void broker_start(struct world *world);
void broker_stop(struct world *world, bool power_cut);
void broker_frame(struct world *world, struct sim_event *event); /* takes the event over */
void broker_round(struct world *world);
void broker_drop_arrived(struct world *world); /* frames that no round has taken yet */
void broker_lost(struct world *world, uint64_t peer);

/* sim_adapter.c */
void adapter_start(struct world *world, struct sim_adapter *adapter);
void adapter_stop(struct world *world, struct sim_adapter *adapter);
void adapter_frame(struct world *world, struct sim_adapter *adapter, uint64_t peer, struct bytes frame);
void adapter_connected(struct world *world, struct sim_adapter *adapter);
void adapter_lost(struct world *world, struct sim_adapter *adapter, uint64_t peer);
void adapter_wake(struct world *world, struct sim_adapter *adapter);
void adapter_workload(struct world *world, struct sim_adapter *adapter);
void adapter_free(struct sim_adapter *adapter);

/* sim_oracle.c */
void oracle_sent(struct world *world, unsigned receiver, struct bytes frame); /* the broker sent this */
void oracle_acknowledged(struct world *world, struct sim_item *item, uint64_t sequence);
void oracle_effect(struct world *world, const struct sim_effect *effect, struct bytes sender, struct bytes subject);
bool oracle_is_quiet(const struct world *world); /* everything found its end */
void oracle_end(struct world *world);

#endif
