/* far_side.h - what a far side is: an id, a store, a handler behind an HTTP server on loopback.
 * The table of kinds is in far_sides.c: a new far side is one file and one line there.
 * Opened by the program, or one by one by the tests. */
#ifndef FAR_SIDE_H
#define FAR_SIDE_H

#include "far_address.h"
#include "far_log.h"
#include "far_server.h"

enum { FAR_SIDES_MAX = 32 };

/* What every far side is given; everything in it outlives the far sides. */
struct far_world {
    const char *directory; /* each has DIRECTORY/ID.db */
    uint64_t seed;
    uint32_t citizens_count;
    uint32_t pace_ms;    /* a clerk's pause between two steps of one dossier */
    unsigned clerks;     /* worker threads of the one-stop desk */
    const char *session; /* the national portal's */
    struct far_address portal_adapter, onestop_adapter;
    struct far_log *log;
};

struct far_side_kind {
    const char *id, *title; /* of the table of systems; the title is Vietnamese */
    int (*open)(const struct far_world *world, void **ret_state, struct truc_fault *fault);
    far_handler handle; /* context: the state */
    void (*close)(void *state);
};

extern const struct far_side_kind far_portal_kind, far_onestop_kind, far_population_kind, far_national_portal_kind;

/* All kinds, in the order of the message's way. */
size_t far_side_kinds_count(void);
const struct far_side_kind *far_side_kind_at(size_t place);     /* NULL past the end */
const struct far_side_kind *far_side_kind_find(const char *id); /* NULL when there is none */

struct far_side {
    const struct far_side_kind *kind; /* NULL: not open */
    void *state;
    struct far_server *server;
};

/* Opens the store, continues what was left undone, listens. Fills `side` on success only; it must stay in its place
 * until it is closed, because its server points to it. */
int far_side_open(const struct far_side_kind *kind, const struct far_world *world, uint16_t port, struct far_side *side,
                  struct truc_fault *fault);
void far_side_close(struct far_side *side); /* harmless on {0} */
void far_side_url(const struct far_side *side, char out[FAR_URL_BYTES_MAX]);

#endif
