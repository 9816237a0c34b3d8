/* log_bound.c - a span, a count of lines, and a count of what was left out.
 * No clock: the caller brings the time.
 * See log_bound.h. */
#include "log_bound.h"

#include "time_text.h"

uint64_t log_bound_begin(struct log_bound *bound, uint64_t up_ns)
{
    if (bound->start_up_ns && up_ns - bound->start_up_ns < LOG_BOUND_SPAN_S * TIME_NS_PER_S)
        return 0;
    uint64_t unwritten = bound->unwritten;
    *bound = (struct log_bound){.start_up_ns = up_ns};
    return unwritten;
}

bool log_bound_take(struct log_bound *bound)
{
    if (bound->lines < LOG_BOUND_LINES_MAX) {
        bound->lines++;
        return true;
    }
    bound->unwritten++;
    return false;
}
