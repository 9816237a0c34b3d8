/* demo_province.h - the processes of a province on one machine: far sides, broker, adapters, and their addresses.
 * Starts them in the order in which each needs the other's address; stops them in the reverse order of the flow.
 * Driven by demo_main.c, looked at by demo_view.c. */
#ifndef TRUC_DEMO_PROVINCE_H
#define TRUC_DEMO_PROVINCE_H

#include <jansson.h>

#include "demo_child.h"

enum { PROVINCE_ADAPTERS = 5, PROVINCE_PATH_BYTES = 512 };

struct province_options {
    const char *state;    /* directory to make */
    const char *source;   /* checkout: config/, adapters/systems/ */
    const char *programs; /* directory of trucd, truc, truc-http, truc-deadlines, truc-sandbox */
    const char *descriptors;
    const char *algorithm;                          /* of signing keys, as `truc init` names it */
    const char *rate, *span, *count, *seed, *wrong; /* of the traffic; NULL: not given */
};

struct province {
    struct province_options options;
    char endpoint[64];
    char bus[PROVINCE_PATH_BYTES]; /* the broker's state directory */
    struct child broker, sandbox, follow;
    struct child adapters[PROVINCE_ADAPTERS];
};

int province_start(struct province *province, const struct province_options *options, struct truc_fault *fault);
/* The broker's status as `truc status` tells it; owned by the caller; NULL with the reason. */
json_t *province_status(const struct province *province, struct truc_fault *fault);
/* The first process that ended though it should run, or NULL. The sandbox ends by itself. */
const char *province_fallen(struct province *province);
/* The sandbox's account of the traffic; owned by the caller; NULL with the reason. */
json_t *province_account(const struct province *province, struct truc_fault *fault);
/* Adapters, then broker; every one that had to be killed or ended badly is a fault. */
int province_stop(struct province *province, struct truc_fault *fault);

#endif
