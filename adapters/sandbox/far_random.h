/* far_random.h - numbers that look random and are a pure function of a seed: splitmix64.
 * Not for keys or secrets; here so that one seed gives the same province, dossiers and mistakes on every machine.
 * Used by the synthetic citizens and the dossier generator. */
#ifndef FAR_RANDOM_H
#define FAR_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct far_random {
    uint64_t state;
};

/* The stream `stream` of `seed`: two streams of one seed are unrelated, so dossier 7 needs no dossiers 0 to 6. */
struct far_random far_random_of(uint64_t seed, uint64_t stream);
uint64_t far_random_next(struct far_random *random);
/* 0 .. bound - 1; bound 0 gives 0. The bias of the remainder is below 2^-32 for the bounds used here. */
uint64_t far_random_below(struct far_random *random, uint64_t bound);
/* 0 <= x < 1 */
double far_random_share(struct far_random *random);

#endif
