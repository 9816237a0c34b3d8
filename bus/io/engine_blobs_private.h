/* engine_blobs_private.h - what the engine holds of attachments between rounds.
 * Private to engine_blobs.c and engine_blob_names.c.
 * See engine.h for the flow. */
#ifndef TRUC_ENGINE_BLOBS_PRIVATE_H
#define TRUC_ENGINE_BLOBS_PRIVATE_H

#include "blob_store.h"
#include "engine_private.h"

enum { ENGINE_BLOB_SWEEP_EVERY_S = 3600, ENGINE_LOG_ERROR = 3 /* of syslog */ };

/* One upload or download that is open. */
struct engine_transfer {
    struct list_link link;
    uint64_t peer, number;
    struct blob_upload *upload;
    uint64_t size_bytes;
    bool is_opened;      /* the core was told how far it is */
    uint64_t told_bytes; /* and last so far */
    struct blob_reader *reader;
    uint64_t offset, through;
};

struct engine_blobs {
    struct blob_store *store;
    struct list_link transfers; /* the one that waited longest first */
    struct buffer frame, plain;
    struct buffer names; /* for which there was no room: blob_name's, in order */
    uint64_t names_next_up_ns;
    struct blob_sweep *sweep;
    uint64_t sweep_next_up_ns;
    uint64_t settled_below;
    size_t going; /* found unused and not removed yet */
};

void engine_blobs_say(const struct engine *engine, int level, const char *what, const struct truc_fault *fault);
/* Once a round: names for which there was no room, and a step of the sweep. */
int engine_blob_names_step(struct engine *engine, struct truc_fault *fault);

static inline uint64_t engine_now_ns(const struct engine *engine)
{
    return engine->options.clock.now_ns(engine->options.clock.context);
}

static inline uint64_t engine_up_ns(const struct engine *engine)
{
    return engine->options.clock.up_ns(engine->options.clock.context);
}

#endif
