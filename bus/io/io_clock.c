/* io_clock.c - compares CLOCK_REALTIME with CLOCK_BOOTTIME, which also counts a suspended machine's sleep.
 * A difference that grows slowly is a clock being steered; one that comes at once is a jump.
 * See io_clock.h. */
#include "io_clock.h"

#include <time.h>

#include "time_text.h"

static uint64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now); /* can't fail for these ids */
    return (uint64_t)now.tv_sec * TIME_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t io_clock_judge(struct io_clock *clock, uint64_t wall_ns, uint64_t boot_ns)
{
    if (clock->wall_ns == 0) {
        *clock = (struct io_clock){.wall_ns = wall_ns, .boot_ns = boot_ns};
        return wall_ns;
    }
    uint64_t expected_ns = clock->wall_ns + (boot_ns - clock->boot_ns);
    int64_t off_by_ns = (int64_t)(wall_ns - expected_ns);
    int64_t jump_ns = IO_CLOCK_JUMP_MS * (int64_t)TIME_NS_PER_MS;
    clock->jumped = off_by_ns > jump_ns || off_by_ns < -jump_ns;
    clock->off_by_ns = clock->jumped ? off_by_ns : 0;
    uint64_t time_ns = clock->jumped ? expected_ns : wall_ns;
    if (time_ns < clock->wall_ns)
        time_ns = clock->wall_ns; /* a small step back: wait for it */
    clock->wall_ns = time_ns;
    clock->boot_ns = boot_ns;
    return time_ns;
}

uint64_t io_clock_now_ns(struct io_clock *clock)
{
    return io_clock_judge(clock, read_clock(CLOCK_REALTIME), read_clock(CLOCK_BOOTTIME));
}

uint64_t io_clock_up_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void io_clock_accept(struct io_clock *clock)
{
    *clock = (struct io_clock){0};
}
