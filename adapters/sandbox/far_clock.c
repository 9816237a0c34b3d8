/* far_clock.c - the two clocks of the sandbox. See far_clock.h.
 * clock_gettime with these clocks can't fail on Linux. */
#include "far_clock.h"

#include <time.h>

uint64_t far_clock_wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * TIME_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t far_clock_steady_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t far_clock_steady_ms(void)
{
    return far_clock_steady_us() / 1000;
}

void far_clock_compact(uint64_t wall_ns, char out[TIME_TEXT_BYTES])
{
    time_format_compact(wall_ns, FAR_VIETNAM_OFFSET_MINUTES, out);
}
