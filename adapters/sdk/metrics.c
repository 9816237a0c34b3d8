/* metrics.c - what an adapter has counted, as a snapshot for whoever watches it.
 * Counting is done where things happen; nothing is exported, sampled or reset here.
 * Behind truc_metrics. */
#include "adapter.h"

void metrics_end(struct truc_adapter *adapter, uint64_t *succeeded, int code)
{
    struct truc_metrics *counts = &adapter->counts;
    if (code == 0) {
        ++*succeeded;
        return;
    }
    counts->refused++;
    counts->refused_by_code[code > -TRUC_METRICS_CODES && code < 0 ? -code : 0]++;
}

void metrics_settled(struct truc_adapter *adapter, uint32_t outcome)
{
    struct truc_metrics *counts = &adapter->counts;
    if (outcome == SETTLED_DONE)
        counts->settled_done++;
    else if (outcome == SETTLED_RETRY)
        counts->settled_retry++;
    else
        counts->settled_reject++;
}

static uint64_t oldest_age_ms(const struct truc_adapter *adapter)
{
    struct list_link *first = list_first(&adapter->unanswered);
    uint64_t now_ns = adapter_time().monotonic_ns;
    return first ? (now_ns - list_element(first, struct completion, link)->taken_ns) / TIME_NS_PER_MS : 0;
}

int truc_metrics(const truc_adapter *adapter, struct truc_metrics *ret_metrics)
{
    if (ret_metrics == NULL || ret_metrics->size < sizeof ret_metrics->size)
        return TRUC_E_ARGUMENT;
    struct truc_metrics whole = adapter->counts;
    struct session_counts session = session_counts(adapter->session);
    size_t size = ret_metrics->size < sizeof whole ? ret_metrics->size : sizeof whole;
    whole.size = size;
    whole.retried = session.retried;
    whole.reconnects = session.welcomes > 0 ? session.welcomes - 1 : 0;
    whole.waiting = session.pending_messages;
    whole.waiting_bytes = session.pending_bytes;
    whole.handling = session.inbound_messages;
    whole.oldest_unanswered_ms = oldest_age_ms(adapter);
    memcpy(ret_metrics, &whole, size); /* an older program's struct is shorter */
    return 0;
}
