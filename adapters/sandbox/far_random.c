/* far_random.c - splitmix64 (Steele, Lea, Flood 2014; constants of the reference implementation).
 * Not a source of secrets. See far_random.h. */
#include "far_random.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

struct far_random far_random_of(uint64_t seed, uint64_t stream)
{
    return (struct far_random){mix(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ mix(~stream)};
}

uint64_t far_random_next(struct far_random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(random->state);
}

uint64_t far_random_below(struct far_random *random, uint64_t bound)
{
    uint64_t value = far_random_next(random);
    return bound == 0 ? 0 : value % bound;
}

double far_random_share(struct far_random *random)
{
    return (double)(far_random_next(random) >> 11) / 9007199254740992.0; /* 53 bits: 2^53 */
}
