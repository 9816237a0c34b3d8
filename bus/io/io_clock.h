/* io_clock.h - what time it is: the wall clock, watched by the monotonic one.
 * Not time text and not timers. When the wall clock jumps, time goes on as if it had not, until it is told to follow.
 * Given to the engine, which stamps records by it: a jump must not expire a province's messages. */
#ifndef TRUC_IO_CLOCK_H
#define TRUC_IO_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { IO_CLOCK_JUMP_MS = 5000 }; /* smaller differences are followed: that is how clocks are kept right */

/* Start with {0}. */
struct io_clock {
    uint64_t wall_ns, boot_ns; /* of the last reading */
    bool jumped;               /* the wall clock and this one disagree; the operator is to look at it */
    int64_t off_by_ns;         /* wall clock minus this one, while jumped */
};

/* Wall-clock time, UTC ns, never going back. */
uint64_t io_clock_now_ns(struct io_clock *clock);
/* Monotonic, ns: for spans and timers. */
uint64_t io_clock_up_ns(void);
/* Follows the wall clock from now on, however far off it is: the operator has said that it is right. */
void io_clock_accept(struct io_clock *clock);
/* One reading of the two clocks turned into the time; io_clock_now_ns is this with the system's. */
uint64_t io_clock_judge(struct io_clock *clock, uint64_t wall_ns, uint64_t boot_ns);

#endif
