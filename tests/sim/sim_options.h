/* sim_options.h - the command line of truc-sim.
 * See sim_main.c. */
#ifndef TRUC_SIM_OPTIONS_H
#define TRUC_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct sim_options {
    uint64_t seed, runs, seconds;
    const char *canary, *descriptors, *seeds; /* NULL: none */
    bool verbose, traces;
};

void sim_options_read(int argc, char **argv,
                      struct sim_options *ret_options); /* ends the program when they are wrong */

#endif
