/* permissions.h - what the agreements in force let this system send and receive, as the broker's welcome told it last.
 * Advice: routes come on top, and the broker decides about each message. No clock: instants are brought.
 * Between the session's welcome and truc_permitted; what changes or nears its end is told to the log. */
#ifndef TRUC_PERMISSIONS_H
#define TRUC_PERMISSIONS_H

#include "command.h"

enum { PERMISSIONS_MAX = 4096 }; /* of a welcome; those past it are not kept, and that is told */
#define PERMISSIONS_FOREVER UINT64_MAX

struct permitted {
    char type[PROTOCOL_TYPE_BYTES_MAX + 1], peer[PROTOCOL_NAME_BYTES_MAX + 1], agreement[PROTOCOL_TYPE_BYTES_MAX + 1];
    uint32_t direction;
    uint64_t valid_until_ns; /* PERMISSIONS_FOREVER: open-ended */
    unsigned told_days;      /* the shortest remaining span that was told */
};

struct permissions {
    struct permitted *entries;
    size_t count;
    bool is_known; /* a welcome came */
};

/* Who hears of changes and ends: level as syslog's. */
struct permissions_listener {
    void (*tell)(void *context, int level, const char *text);
    void *context;
};

/* Takes a welcome's permissions in place of what was known. TRUC_E_MEMORY: nothing changed. */
int permissions_replace(struct permissions *permissions, struct bytes elements,
                        const struct permissions_listener *listener);
/* Tells once each that an agreement lapses within 90, 30 and 7 days, and that it has lapsed. */
void permissions_watch(struct permissions *permissions, uint64_t now_ns, const struct permissions_listener *listener);
/* 0 and the last instant it is good for; TRUC_E_AGREEMENT_LAPSED; TRUC_E_NO_AGREEMENT; TRUC_E_DISCONNECTED: nothing is known yet.
 * `peer` NULL: any. */
int permissions_find(const struct permissions *permissions, const char *type, uint32_t direction, const char *peer,
                     uint64_t now_ns, uint64_t *ret_until_ns);
void permissions_free(struct permissions *permissions); /* leaves {0} */

#endif
