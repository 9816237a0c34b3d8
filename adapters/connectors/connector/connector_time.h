/* connector_time.h - the clock by which connectors wait, and the shorter of two waits.
 * Not the time of day: that comes from the far side or from truc's messages.
 * Used by each connector's step. */
#ifndef TRUC_CONNECTOR_TIME_H
#define TRUC_CONNECTOR_TIME_H

#include <stdint.h>
#include <time.h>

/* Monotonic. */
static inline uint64_t connector_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Of two waits as poll takes them; a negative one is for ever, and only @b_ms may be that. */
static inline int connector_shorter_ms(int a_ms, int b_ms)
{
    return b_ms >= 0 && b_ms < a_ms ? b_ms : a_ms;
}

#endif
