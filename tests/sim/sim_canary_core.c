/* sim_canary_core.c - brokers whose core breaks one promise each: functions of the core and the policy, wrapped at link time.
 * Without a canary chosen everything passes through unchanged.
 * See sim_canary.h. */
#include "sim_canary.h"

#include "accept.h"
#include "client.h"
#include "core_emit.h"
#include "deliver.h"
#include "destination.h"
#include "sim_bus.h"
#include "timed.h"

#define WRAPPED(type, name, ...)                                                                                       \
    type __real_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__)

/* ---- ids ---- */

static int replaying;

WRAPPED(int, core_replay, struct core *core, uint64_t sequence, uint64_t time_ns, enum record_kind kind,
        struct bytes body, struct effects *effects, struct truc_fault *fault)
{
    replaying++;
    int code = __real_core_replay(core, sequence, time_ns, kind, body, effects, fault);
    replaying--;
    return code;
}

WRAPPED(int, dedupe_add, struct dedupe *dedupe, const struct id_entry *entry)
{
    return canary_chosen == CANARY_FORGET_IDS_AT_RESTART && replaying ? 0 : __real_dedupe_add(dedupe, entry);
}

WRAPPED(int, dedupe_restore, struct dedupe *dedupe, struct bytes saved)
{
    return canary_chosen == CANARY_FORGET_IDS_AT_RESTART ? 0 : __real_dedupe_restore(dedupe, saved);
}

/* The run is asked, and says that it does not have the id. */
WRAPPED(int, id_run_find, struct id_run *run, uint64_t key, uint64_t check, struct id_entry *ret_entry,
        struct truc_fault *fault)
{
    return canary_chosen == CANARY_FORGET_IDS_ON_DISK ? 0 : __real_id_run_find(run, key, check, ret_entry, fault);
}

/* ---- what may go where ---- */

WRAPPED(int, policy_authorise, const struct policy *policy, struct bytes sender_id, struct bytes destination_id,
        struct bytes type, bool observer, uint64_t now_ns, const struct policy_agreement **ret_agreement,
        struct truc_fault *fault)
{
    int code = __real_policy_authorise(policy, sender_id, destination_id, type, observer, now_ns, ret_agreement, fault);
    bool passes = (canary_chosen == CANARY_DELIVER_TO_SUSPENDED && code == TRUC_E_SUSPENDED) ||
                  (canary_chosen == CANARY_DELIVER_AFTER_LAPSE && code == TRUC_E_AGREEMENT_LAPSED);
    if (passes)
        *ret_agreement = policy->agreements;
    return passes ? 0 : code;
}

WRAPPED(const struct policy_system *, policy_system_by_transport_key, const struct policy *policy,
        const uint8_t key[POLICY_TRANSPORT_KEY_BYTES])
{
    static struct policy_system seen;
    const struct policy_system *system = __real_policy_system_by_transport_key(policy, key);
    if (canary_chosen != CANARY_DELIVER_TO_SUSPENDED || system == NULL)
        return system;
    seen = *system;
    seen.suspended = false;
    return &seen;
}

WRAPPED(int, policy_signing_key_check, const struct policy_signing_key *key, uint64_t now_ns, struct truc_fault *fault)
{
    return canary_chosen == CANARY_ACCEPT_REVOKED_KEY ? 0 : __real_policy_signing_key_check(key, now_ns, fault);
}

WRAPPED(void, accept_outcome, struct intake *intake, int code, uint64_t sequence, bool repeat,
        const struct truc_fault *fault)
{
    struct truc_fault silent = {.code = code};
    bool hides = canary_chosen == CANARY_REFUSE_WITHOUT_REASON && code < 0;
    __real_accept_outcome(intake, code, sequence, repeat, hides ? &silent : fault);
}

/* ---- queues ---- */

WRAPPED(int, deliver_pump, struct core *core, struct destination *destination)
{
    enum { TOO_MUCH_BYTES = 256 * 1024 };
    if (canary_chosen == CANARY_DELIVER_BEYOND_CREDIT && destination->session &&
        destination->session->receive_credit_bytes < TOO_MUCH_BYTES)
        destination->session->receive_credit_bytes = TOO_MUCH_BYTES;
    return __real_deliver_pump(core, destination);
}

uint64_t __real_queue_unsettled_max(const struct core_queue *queue);

WRAPPED(int, deliver_enqueue, struct core *core, struct destination *destination, uint32_t lane,
        const struct queue_entry *entry)
{
    struct queue_entry changed = *entry;
    if (canary_chosen == CANARY_BREAK_ORDER)
        changed.key_hash = 0;
    if (canary_chosen == CANARY_DROP_WHEN_FULL && !replaying &&
        __real_queue_unsettled_max(&destination->queue) >= SIM_QUEUE_MESSAGES_MAX)
        return 0;
    return __real_deliver_enqueue(core, destination, lane, &changed);
}

uint64_t __wrap_queue_unsettled_max(const struct core_queue *queue);
uint64_t __wrap_queue_unsettled_max(const struct core_queue *queue)
{
    return canary_chosen == CANARY_DROP_WHEN_FULL ? 0 : __real_queue_unsettled_max(queue);
}

WRAPPED(struct core_queue_item *, queue_ready, const struct core_queue *queue, size_t begun_max)
{
    return __real_queue_ready(queue, canary_chosen == CANARY_IGNORE_BLOCKED_KEYS ? SIZE_MAX : begun_max);
}

WRAPPED(int, timed_put, struct core *core, const struct timed_message *values, uint64_t due_ns)
{
    return __real_timed_put(core, values, canary_chosen == CANARY_DELIVER_TOO_EARLY ? 1 : due_ns);
}

/* ---- receipts ---- */

WRAPPED(void, destination_settle, struct destination *destination, struct core_queue_item *item)
{
    if (canary_chosen == CANARY_FORGET_SETTLEMENT && item->state == ITEM_OUT && item->fetched &&
        item->entry.sequence % 4 == 0)
        queue_put_back(&destination->queue, item);
    else
        __real_destination_settle(destination, item);
}

WRAPPED(uint64_t, core_append, struct core *core, enum record_kind kind, struct bytes body, bool lazy)
{
    return canary_chosen == CANARY_SETTLE_WITHOUT_RECEIPT && kind == RECORD_SETTLED
               ? core->next_sequence
               : __real_core_append(core, kind, body, lazy);
}
