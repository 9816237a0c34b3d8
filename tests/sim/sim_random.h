/* sim_random.h - the one source of chance in the simulation: SplitMix64 (Steele, Lea, Flood 2014) from the run's seed.
 * Not for keys.
 * Everything that the world decides is drawn from one of these. */
#ifndef TRUC_SIM_RANDOM_H
#define TRUC_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* 0 .. limit - 1; 0 when there is no room. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
    return limit ? random_next(random) % limit : 0;
}

static inline bool random_chance(struct random *random, unsigned percent)
{
    return random_below(random, 100) < percent;
}

#endif
