/* sim_bus.h - the bus of the simulation: keys and certificates from fixed seeds, and its configurations through the real loader.
 * Made once for all seeds; nothing in it depends on a run, or on the machine.
 * What it permits is said a second time, apart from it, in sim_model.c. */
#ifndef TRUC_SIM_BUS_H
#define TRUC_SIM_BUS_H

#include "keyring.h"
#include "policy.h"
#include "schema.h"

#include "sim_model.h"

enum { SIM_KEYS_EACH = 2, SIM_QUEUE_MESSAGES_MAX = 40, SIM_BLOCKED_KEYS_MAX = 4, SIM_CREDIT_BYTES = 64 * 1024 };
#define SIM_BUS_ID "sim"

struct sim_bus {
    struct schema_set *schemas;
    struct policy *policies[SIM_CONFIGURATIONS];
    struct signing_key *checkpoint_key;
    struct keyring keyrings[SIM_CLIENTS][SIM_KEYS_EACH];
    uint8_t transport_keys[SIM_CLIENTS][32];
};

int sim_bus_make(const char *descriptors_path, struct sim_bus *ret_bus, struct truc_fault *fault);
void sim_bus_free(struct sim_bus *bus);

#endif
