/* bench_exchange.h - the long run: 22 systems send to and receive from each other, then the journal they left is asked.
 * Every number of it is printed as it was measured; none comes from another run.
 * `truc-bench --messages N`. */
#ifndef BENCH_EXCHANGE_H
#define BENCH_EXCHANGE_H

#include <stdint.h>
#include <truc/error.h>

int bench_exchange(const char *directory, uint32_t messages, struct truc_fault *fault);

#endif
