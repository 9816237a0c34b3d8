/* far_traffic.h - citizens at the portal: submits synthetic dossiers to its adapter at a steady rate.
 * Not the portal's server. A submission is written into the portal's store before it is posted, its answer after.
 * The summary (far_summary.h) reads what is written there. */
#ifndef FAR_TRAFFIC_H
#define FAR_TRAFFIC_H

#include "far_dossier.h"
#include "far_side.h"
#include "far_store.h"

enum {
    FAR_RATE_MAX = 5000,                 /* dossiers a second */
    FAR_SENDERS = 4,                     /* threads that post */
    FAR_SUBMISSIONS_WAITING_MAX = 20000, /* past this the citizens wait: nothing new until some are answered */
};

struct far_traffic_plan {
    struct far_mix mix;
    double rate;     /* dossiers a second, 0 < rate <= FAR_RATE_MAX */
    uint64_t count;  /* 0: no bound */
    uint64_t for_ms; /* 0: no bound */
    uint64_t first;  /* number of the first dossier of an empty ledger */
};

struct far_traffic;

/* Starts; takes up submissions of an earlier run that got no answer. `portal` and `world` outlive the traffic. */
int far_traffic_start(struct far_store *portal, const struct far_world *world, const struct far_traffic_plan *plan,
                      struct far_traffic **ret_traffic, struct truc_fault *fault);
/* No new dossiers from now on; what was begun is still posted. From any thread. */
void far_traffic_end(struct far_traffic *traffic);
/* Whether new dossiers still come. */
bool far_traffic_runs(struct far_traffic *traffic);
/* Why it ended before its time, or NULL. */
const char *far_traffic_failure(struct far_traffic *traffic);
/* Stops posting, frees; NULL is fine. */
void far_traffic_stop(struct far_traffic *traffic);

#endif
