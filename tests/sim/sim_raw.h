/* sim_raw.h - clients that speak the protocol without the SDK: the hostile peer and the operator.
 * They make each frame themselves, right or wrong. Neither handles messages for real.
 * sim_hostile.c and sim_operator.c decide what is said; sim_raw.c says it. */
#ifndef TRUC_SIM_RAW_H
#define TRUC_SIM_RAW_H

#include "buffer.h"
#include "command.h"
#include "list.h"
#include "sha256.h"

enum { SIM_TAKEN_MAX = 32 };

struct sim_raw {
    unsigned client;
    uint64_t peer;   /* 0: none */
    bool is_welcome; /* on this connection */
    uint64_t number; /* of the last publish, or ask */
};

struct sim_hostile {
    struct sim_raw raw;
    struct {
        uint64_t sequence;
        struct sha256_digest leaf;
    } taken[SIM_TAKEN_MAX]; /* delivered on this connection, and not settled */
    size_t taken_count;
    unsigned ids;         /* of messages, so far */
    struct buffer replay; /* a frame that was sent before */
};

struct sim_operator {
    struct sim_raw raw;
    unsigned turn;
};

struct world;

/* ---- sim_raw.c ---- */
void raw_connect(struct world *world, struct sim_raw *raw);
void raw_disconnect(struct world *world, struct sim_raw *raw);
void raw_send(struct world *world, const struct sim_raw *raw, const struct command *command);
void raw_hello(struct world *world, const struct sim_raw *raw, uint64_t credit_bytes, const char *system);
/* What a signature is made over, and with which of the client's keys. */
void raw_sign(const struct world *world, unsigned client, unsigned key, enum statement_kind kind,
              const struct sha256_digest *leaves, size_t count, struct buffer *out);

/* ---- sim_hostile.c, sim_operator.c: events ---- */
void hostile_start(struct world *world);
void hostile_connected(struct world *world, uint64_t peer);
void hostile_lost(struct world *world, uint64_t peer);
void hostile_frame(struct world *world, uint64_t peer, struct bytes frame);
void hostile_acts(struct world *world);
void hostile_free(struct world *world);

void operator_start(struct world *world);
void operator_connected(struct world *world, uint64_t peer);
void operator_lost(struct world *world, uint64_t peer);
void operator_frame(struct world *world, uint64_t peer, struct bytes frame);
void operator_acts(struct world *world);

#endif
