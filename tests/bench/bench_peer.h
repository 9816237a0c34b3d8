/* bench_peer.h - what a bus or broker must offer to be measured: to start and to stop, and clients that send and receive.
 * The driver (bench_publish.c, bench_consume.c, bench_run.c) is the same for all; a peer only speaks its own protocol.
 * One file a peer in peers/; Trục itself is peers/peer_truc.c. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit_bus.h"

enum bench_way {
    BENCH_FLOOD,    /* as fast as the window allows */
    BENCH_PACED,    /* at a fixed rate, whatever happens */
    BENCH_ASK,      /* one question after the other */
    BENCH_EXCHANGE, /* flood, and receive in the same process */
    BENCH_RECEIVE,  /* settle and answer what comes */
    BENCH_WAYS
};

struct bench_work {
    const char *settings, *shared, *inbox; /* inbox: of libtruc; NULL: as in the settings */
    enum bench_way way;
    uint32_t slot;
    uint32_t size_bytes; /* of a payload */
    uint32_t count;      /* a sender's messages; for the receiver, of all senders */
    uint32_t rate;       /* a second, for BENCH_PACED */
    uint32_t window;     /* messages under way, for BENCH_FLOOD and BENCH_EXCHANGE */
    uint32_t keys;       /* ordering keys a sender */
    uint32_t spread;     /* contents in turn, which routing tells apart: 1 or, for BENCH_EXCHANGE, up to 3 receivers */
};

/* What a client tells the driver, only inside of send, step and drain. */
struct bench_events {
    void *context;
    void (*answered)(void *context, uint32_t number, int code, const char *why); /* accepted or, asking, answered */
    void (*arrived)(void *context, uint64_t from_ns); /* monotonic: when it was due, or offered */
};

struct bench_client; /* a peer's own */

/* A running broker. Peers other than Trục use of `bus` the folder, the log, the endpoint and the process. */
struct bench_place {
    const char *parent; /* of its temporary folder; NULL: TMPDIR, /tmp */
    const char *config; /* of Trục; NULL: the bench's own */
    struct kit_bus bus;
    struct child helper; /* a second process, for peers that have one */
};

struct bench_peer {
    const char *name;    /* an argument of the worker, and a row */
    const char *promise; /* what it does before it acknowledges, in a few words */
    const char *inbox;   /* libtruc's, of the receiver; NULL: the file of its settings */
    /* Why it can't be measured on this machine, or NULL. NULL itself: it always can. */
    const char *(*unable)(void);
    int (*start)(struct bench_place *place, struct truc_fault *fault); /* until it serves */
    int (*stop)(struct bench_place *place, struct truc_fault *fault);  /* in order; everything, also after a fault */
    int (*settings)(const struct bench_place *place, const char *system, char out[KIT_PATH_BYTES],
                    struct truc_fault *fault); /* what a client of it is told */

    int (*open)(const struct bench_work *work, const struct bench_events *events, struct bench_client **ret_client,
                struct truc_fault *fault);
    bool (*ready)(const struct bench_client *client); /* connected, and what it receives will be sent to it */
    /* Message or question `number`. TRUC_E_LIMIT: nothing more can be taken now. */
    int (*send)(struct bench_client *client, uint32_t number, uint64_t from_ns, struct truc_fault *fault);
    int (*step)(struct bench_client *client, uint64_t until_ns,
                struct truc_fault *fault);                               /* waits at most until then */
    int (*drain)(struct bench_client *client, struct truc_fault *fault); /* until what it settled is with the broker */
    void (*close)(struct bench_client *client);
};

/* ---- for the files of peers ---- */

enum { BENCH_PAYLOAD_BYTES_MIN = 64, BENCH_ANSWER_BYTES = 64 };

/* Waits for `descriptor` at most until then. Negative: a fault. */
int bench_wait(int descriptor, short events, uint64_t until_ns, struct truc_fault *fault);
/* The first bytes of a payload say when it was due, and which it is. */
void bench_body_write(uint8_t *body, uint64_t from_ns, uint32_t number);
uint64_t bench_body_from_ns(const void *body, size_t size); /* 0: too short */
uint32_t bench_body_number(const void *body, size_t size);

#endif
