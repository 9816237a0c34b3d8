/* bench_worker.h - the adapters that are measured: senders of documents or questions, and their receiver.
 * Ordinary programs over libtruc. They judge nothing; they write times into the shared page.
 * truc-bench starts itself again as one of these. */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <truc/truc.h>

#include "bench_shared.h"

enum bench_way {
    BENCH_FLOOD, /* as fast as the window allows */
    BENCH_PACED, /* at a fixed rate, whatever happens */
    BENCH_ASK,   /* one question after the other */
};

struct bench_work {
    const char *settings, *shared, *inbox; /* inbox NULL: as in the settings */
    enum bench_way way;
    uint32_t slot;
    uint32_t size_bytes; /* of a payload */
    uint32_t count;      /* a sender's messages; for the receiver, of all senders */
    uint32_t rate;       /* a second, for BENCH_PACED */
    uint32_t window;     /* messages under way, for BENCH_FLOOD */
    uint32_t keys;       /* ordering keys a sender */
};

struct bench_adapter {
    const struct bench_work *work;
    truc_adapter *adapter;
    struct bench_shared *shared;
    struct bench_slot *slot;
    uint64_t cpu_before_ns;
};

enum { BENCH_BEGIN_IN_NS = 200000000, BENCH_PAYLOAD_BYTES_MIN = 64, BENCH_PAYLOAD_BYTES_MAX = 512 * 1024 };

int bench_send(const struct bench_work *work);    /* exit status */
int bench_receive(const struct bench_work *work); /* exit status */

/* ---- shared by both */
int bench_adapter_open(struct bench_adapter *bench, const struct bench_work *work, struct truc_fault *fault);
/* Connects, says so, and steps until all shall begin. */
int bench_adapter_begin(struct bench_adapter *bench, struct truc_fault *fault);
int bench_adapter_step(struct bench_adapter *bench, uint64_t until_ns,
                       struct truc_fault *fault); /* waits at most until then */
int bench_adapter_end(struct bench_adapter *bench, int code, const struct truc_fault *fault); /* closes; exit status */
uint64_t bench_wall_ns(void);

#endif
