/* sim_bus_keys.h - the keys of the simulated bus as text, for the files of its configurations.
 * Made from fixed seeds: the same in every process, so that a seed's trace is, too.
 * Between sim_bus.c and sim_bus_keys.c. */
#ifndef TRUC_SIM_BUS_KEYS_H
#define TRUC_SIM_BUS_KEYS_H

#include "sim_bus.h"

#include "curve_key.h"

struct sim_bus_made {
    struct buffer authority, certificates[SIM_CLIENTS][SIM_KEYS_EACH]; /* PEM */
    char transport_texts[SIM_CLIENTS][CURVE_KEY_TEXT_BYTES];
};

int sim_bus_make_keys(struct sim_bus *bus, struct sim_bus_made *made, struct truc_fault *fault);
void sim_bus_made_free(struct sim_bus_made *made);

#endif
