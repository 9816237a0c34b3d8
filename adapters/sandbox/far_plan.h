/* far_plan.h - the ways a dossier goes through the one-stop desk: steps, and which dossier takes which way.
 * Pure tables: nothing is sent or stored here. Every status 2..10 lies on some way.
 * The clerks (far_clerk.c) walk them; far_event.c writes each step's body. */
#ifndef FAR_PLAN_H
#define FAR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum far_step {
    FAR_STEP_END,
    FAR_STEP_VERIFY,     /* ask whether the citizen exists */
    FAR_STEP_RECEIVED,   /* 2 */
    FAR_STEP_REFUSED,    /* 3, by the desk's own judgement */
    FAR_STEP_NO_CITIZEN, /* 3, because the check said no */
    FAR_STEP_WORK,       /* 4 */
    FAR_STEP_SUPPLEMENT, /* 5 */
    FAR_STEP_RESUMED,    /* 4 again, after 5 */
    FAR_STEP_FEE,        /* 6 */
    FAR_STEP_PAID,       /* 4 again, after 6 */
    FAR_STEP_WITHDRAWN,  /* 7 */
    FAR_STEP_STOPPED,    /* 8 */
    FAR_STEP_READY,      /* 9 */
    FAR_STEP_DELIVERED,  /* 10 */
    FAR_STEPS,
};

struct far_step_kind {
    const char *name;    /* of the event, and part of its message id */
    const char *path;    /* below the adapter's URL */
    int status;          /* 0: none, a request */
    const char *content; /* NoiDungXuLy; different for each step, so that two steps are never the same event */
};

const struct far_step_kind *far_step_kind_of(enum far_step step);

enum far_plan {
    FAR_PLAN_STRAIGHT,
    FAR_PLAN_SUPPLEMENT,
    FAR_PLAN_FEE,
    FAR_PLAN_WITHDRAWN,
    FAR_PLAN_STOPPED,
    FAR_PLAN_REFUSED,
    FAR_PLAN_NO_CITIZEN, /* only entered when the check says no */
    FAR_PLANS,
};

enum { FAR_PLAN_STEPS_MAX = 8 };

/* The plan of the arrival-th dossier (from 0): fixed, so that twenty dossiers already show every status. */
enum far_plan far_plan_of_arrival(uint64_t arrival);
enum far_step far_plan_step(enum far_plan plan, unsigned place); /* END past the last */
const char *far_plan_name(enum far_plan plan);

#endif
