/* sim_model.h - the tiny model of the policy: who may get what from whom, in which configuration, and whose key counts.
 * Written from what the bus is meant to do, without a look at its routes and agreements (sim_bus.c) or at bus/policy.
 * The oracles ask it. */
#ifndef TRUC_SIM_MODEL_H
#define TRUC_SIM_MODEL_H

#include "bytes.h"

enum sim_client {
    SIM_ALPHA,
    SIM_BETA,
    SIM_GAMMA,
    SIM_DELTA,
    SIM_HONEST, /* so many are honest; the next is not */
    SIM_MALLORY = SIM_HONEST,
    SIM_SYSTEMS, /* the next is no system, but an operator */
    SIM_OPERATOR = SIM_SYSTEMS,
    SIM_CLIENTS
};

enum sim_configuration {
    SIM_BASE,
    SIM_LAPSING,   /* beta may tell gamma, and alpha may ask delta, only until SIM_LAPSE_NS */
    SIM_SUSPENDED, /* gamma is */
    SIM_REMOVED,   /* there is no gamma */
    SIM_REROUTED,  /* gamma is a destination of alpha's where it else observes */
    SIM_REVOKED,   /* beta's first key is, since before the run */
    SIM_CONFIGURATIONS
};

#define SIM_START_NS 1795021192000000000ull      /* 2026-11-18 23:59:52 in Vietnam */
#define SIM_LAPSE_NS (SIM_START_NS + 8000000000) /* the midnight after */

int sim_client_of(struct bytes name); /* -1: none */
extern const char *const sim_names[SIM_CLIENTS];

bool model_allows(enum sim_configuration configuration, uint64_t wall_ns, struct bytes sender, struct bytes type,
                  enum sim_client receiver);
/* Each system has two keys; mallory's second was revoked before the run. */
bool model_key_counts(enum sim_configuration configuration, enum sim_client client, unsigned key);

#endif
