/* sim_bus.h - the bus of the simulation: its configuration, keys and certificates, made once for all seeds.
 * Four systems: alpha and beta send to each other and to gamma; alpha and beta ask delta.
 * The oracle's table of what is allowed is written apart from the configuration on purpose. */
#ifndef TRUC_SIM_BUS_H
#define TRUC_SIM_BUS_H

#include "keyring.h"
#include "policy.h"
#include "schema.h"

enum sim_system { SIM_ALPHA, SIM_BETA, SIM_GAMMA, SIM_DELTA, SIM_SYSTEMS };

struct sim_bus {
    struct schema_set *schemas;
    struct policy *policy;
    struct signing_key *checkpoint_key;
    struct keyring keyrings[SIM_SYSTEMS];
    uint8_t transport_keys[SIM_SYSTEMS][32];
};

extern const char *const sim_names[SIM_SYSTEMS];
#define SIM_START_NS 1795000000000000000ull /* 2026-11-18: inside every certificate and agreement */

int sim_bus_make(const char *descriptors_path, struct sim_bus *ret_bus, struct truc_fault *fault);
void sim_bus_free(struct sim_bus *bus);
/* The tiny model: may `type` go from `sender` to `receiver`? Knows nothing of routes. */
bool sim_allowed(struct bytes sender, struct bytes type, unsigned receiver);

#endif
