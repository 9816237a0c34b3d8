/* sim_world.h - a seeded world around the real broker and the real SDK sessions: time, events, the trace, the first broken promise.
 * Everything random comes from one seed; the same seed gives the same trace. Nothing here is product code.
 * sim_main.c runs seeds; sim_faults.c does harm; the oracles (sim_oracle.h) say whether what happened was allowed. */
#ifndef TRUC_SIM_WORLD_H
#define TRUC_SIM_WORLD_H

#include "engine.h"
#include "heap.h"
#include "io_clock.h"

#include "sim_account.h"
#include "sim_adapter.h"
#include "sim_bus.h"
#include "sim_disk.h"
#include "sim_network.h"
#include "sim_oracle.h"
#include "sim_random.h"
#include "sim_raw.h"

enum {
    SIM_FAULTS_MS = 20000,     /* faults happen in this part of a run */
    SIM_QUIET_MS_MAX = 240000, /* after it everything must find its end within this */
    SIM_EVENTS_MAX = 1000000,  /* of a run: a hundred times what it takes */
};

enum sim_event_kind {
    SIM_FRAME_TO_BROKER,
    SIM_FRAME_TO_CLIENT,
    SIM_CONNECTED,
    SIM_LOST,           /* the client hears that its connection is no more */
    SIM_BROKER_NOTICES, /* the broker's transport does */
    SIM_ROUND,
    SIM_RESTART_BROKER,
    SIM_RESTART_ADAPTER,
    SIM_FAULT,
    SIM_WORKLOAD,
    SIM_WAKE,
    SIM_HOSTILE,
    SIM_OPERATES,
};

struct sim_event {
    struct heap_node node;
    enum sim_event_kind kind;
    uint64_t subject; /* a peer, or a client's number */
    size_t size;
    uint8_t data[];
};

/* The broker's process, and what stands around it. */
struct sim_broker {
    struct engine *engine; /* NULL: it is down */
    struct transport transport;
    struct list_link arrived; /* frames of the coming round */
    bool round_scheduled;
    uint64_t life;                   /* how often it was started */
    struct io_clock clock;           /* of the process */
    int64_t wall_off_ns;             /* how wrong the machine's wall clock is */
    uint64_t wall_ns, round_wall_ns; /* time as it was last read; at the beginning of the round */
    enum sim_configuration in_force, on_disk;
    unsigned seen, seen_in_life; /* configurations that were in force in this run: bits */
    uint64_t crashes;
};

struct world {
    uint64_t seed, now_ns; /* true time, since the start */
    struct random random;
    struct sim_bus *bus;
    struct heap events;
    bool faults;
    struct sim_disk disk;
    struct sim_network network;
    struct sim_broker broker;
    struct sim_adapter adapters[SIM_HONEST];
    struct sim_hostile hostile;
    struct sim_operator operator;
    struct account account; /* what the journal says became of each message */
    struct sim_observed observed;
    struct sha256 trace;
    enum oracle oracle; /* that was offended first */
    char failure[512];  /* and how; empty: none was */
    bool verbose;
};

/* What became of one seed: `failure` is what the oracle said, `trace` identifies the run. */
struct sim_result {
    enum oracle oracle; /* ORACLE_NONE: all promises held */
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
void world_broken(struct world *world, enum oracle oracle, const char *format, ...)
    __attribute__((format(printf, 3, 4))); /* a promise is broken */
void world_at(struct world *world, uint64_t at_ns, enum sim_event_kind kind, uint64_t subject, struct bytes data);
void world_later(struct world *world, uint64_t delay_ns, enum sim_event_kind kind, uint64_t subject);

/* sim_faults.c */
void faults_happen(struct world *world);
void faults_end(struct world *world);

/* sim_broker.c */
void broker_init(struct world *world);
void broker_start(struct world *world);
enum sim_end { SIM_KILLED, SIM_POWER_CUT, SIM_STOPPED /* cleanly */ };
void broker_stop(struct world *world, enum sim_end end);
void broker_frame(struct world *world, struct sim_event *event); /* takes the event over */
void broker_round(struct world *world);
void broker_reload(struct world *world, enum sim_configuration next);
void broker_free(struct world *world);

#endif
