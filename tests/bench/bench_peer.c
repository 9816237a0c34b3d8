/* bench_peer.c - what the clients of several peers need: waiting to the nanosecond, and the first bytes of a payload.
 * See bench_peer.h.
 * Milliseconds would be added to what a fast peer takes. */
#include "bench_peer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "fault.h"

int bench_wait(int descriptor, short events, uint64_t until_ns, struct truc_fault *fault)
{
    struct pollfd ready = {.fd = descriptor, .events = events};
    uint64_t now_ns = kit_now_ns(), wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    const struct timespec wait = {.tv_sec = (time_t)(wait_ns / 1000000000u), .tv_nsec = (long)(wait_ns % 1000000000u)};
    if (ppoll(&ready, 1, &wait, NULL) < 0 && errno != EINTR)
        return fault_errno(fault, TRUC_E_IO, errno, "waiting");
    return 0;
}

void bench_body_write(uint8_t *body, uint64_t from_ns, uint32_t number)
{
    memcpy(body, &from_ns, sizeof from_ns);
    memcpy(body + sizeof from_ns, &number, sizeof number);
}

uint64_t bench_body_from_ns(const void *body, size_t size)
{
    uint64_t from_ns = 0;
    if (size >= sizeof from_ns)
        memcpy(&from_ns, body, sizeof from_ns);
    return from_ns;
}

uint32_t bench_body_number(const void *body, size_t size)
{
    uint32_t number = 0;
    if (size >= sizeof(uint64_t) + sizeof number)
        memcpy(&number, (const uint8_t *)body + sizeof(uint64_t), sizeof number);
    return number;
}
