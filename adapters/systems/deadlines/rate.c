/* rate.c - see rate.h.
 * The two rules share nothing on purpose: each reads like its definition.
 * Called by report.c and explain.c. */
#include "rate.h"

static struct rate_judgement judged(enum rate_verdict verdict, enum rate_reason reason, uint64_t end_ns,
                                    uint64_t due_ns)
{
    return (struct rate_judgement){verdict, reason, end_ns, due_ns};
}

struct rate_judgement rate_national(const struct dossier_clock *clock, const struct rules *rules)
{
    uint64_t end_ns = dossier_clock_end(clock);
    bool is_refused = clock->received_ns == 0 && clock->stopped_ns != 0;
    bool is_open = end_ns == 0;
    if (clock->received_ns == 0 && !is_refused)
        return judged(RATE_LEFT_OUT, RATE_NOT_RECEIVED, 0, 0);
    if (is_open)
        end_ns = clock->as_of_ns;
    if (clock->requests > rules->supplements_allowed)
        return judged(RATE_LATE, RATE_TOO_MANY_SUPPLEMENTS, end_ns, clock->extended_due_ns);
    if (clock->base_due_ns == 0)
        return judged(RATE_ON_TIME, RATE_NO_DUE_DATE, end_ns, 0);
    if (end_ns <= clock->extended_due_ns)
        return judged(RATE_ON_TIME, is_open ? RATE_STILL_IN_TIME : RATE_ENDED_IN_TIME, end_ns, clock->extended_due_ns);
    return judged(RATE_LATE, is_open ? RATE_STILL_LATE : RATE_ENDED_LATE, end_ns, clock->extended_due_ns);
}

struct rate_judgement rate_province(const struct dossier_clock *clock)
{
    bool is_done = clock->status == STATUS_DONE || clock->status == STATUS_DELIVERED;
    uint64_t end_ns = is_done ? dossier_clock_end(clock) : clock->as_of_ns;
    switch (clock->status) {
    case STATUS_NONE:
        return judged(RATE_LEFT_OUT, RATE_NOT_RECEIVED, 0, 0);
    case STATUS_REGISTERED:
    case STATUS_REFUSED:
        return judged(RATE_LEFT_OUT, RATE_STATUS_LEFT_OUT, 0, 0);
    case STATUS_WITHDRAWN:
        return judged(RATE_ON_TIME, RATE_WITHDRAWN, clock->withdrawn_ns, clock->due_ns);
    case STATUS_SUPPLEMENT:
    case STATUS_FEE:
    case STATUS_SUSPENDED:
        return judged(RATE_ON_TIME, RATE_PAUSED, clock->status_ns, clock->due_ns);
    default:
        break;
    }
    if (clock->due_ns == 0)
        return judged(RATE_ON_TIME, RATE_NO_DUE_DATE, end_ns, 0);
    if (calendar_local_day(end_ns) <= calendar_local_day(clock->due_ns))
        return judged(RATE_ON_TIME, is_done ? RATE_ENDED_IN_TIME : RATE_STILL_IN_TIME, end_ns, clock->due_ns);
    return judged(RATE_LATE, is_done ? RATE_ENDED_LATE : RATE_STILL_LATE, end_ns, clock->due_ns);
}

static bool is_within(uint64_t at_ns, uint64_t from_ns, uint64_t until_ns)
{
    return at_ns != 0 && at_ns >= from_ns && at_ns < until_ns;
}

bool rate_in_period(const struct dossier_clock *clock, uint64_t from_ns, uint64_t until_ns)
{
    return is_within(clock->received_ns, from_ns, until_ns) || is_within(dossier_clock_end(clock), from_ns, until_ns);
}
