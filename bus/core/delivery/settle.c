/* settle.c - receivers' signed receipts: checked, journaled whole, and carried out: done, tried again, or given up.
 * A receipt is evidence; it needs no sync of its own (lost in a crash, the message is delivered again).
 * Called by dispatch.c. */
#include "settle.h"

#include "client.h"
#include "core_emit.h"
#include "deliver.h"
#include "destination.h"
#include "fate.h"
#include "fault.h"
#include "merkle.h"
#include "open_request.h"
#include "quarantine.h"
#include "signing.h"
#include "time_text.h"

static int verify(struct core *core, const struct client *session, const struct command_settle *settle,
                  const struct policy_signing_key **ret_key, struct truc_fault *fault)
{
    struct sha256_digest leaves[PROTOCOL_SETTLEMENTS_MAX];
    struct settlement settlement;
    struct bytes leaf;
    size_t offset = 0, count = 0;
    int more;
    while ((more = settlement_next(settle->settlements, &offset, &settlement, &leaf)) > 0) {
        if (count == PROTOCOL_SETTLEMENTS_MAX)
            return fault_set(fault, TRUC_E_PROTOCOL, "more than %d settlements in one receipt",
                             PROTOCOL_SETTLEMENTS_MAX);
        leaves[count++] = merkle_leaf_hash(leaf);
    }
    if (more < 0 || count == 0 || settle->key_id.size != PROTOCOL_KEY_ID_BYTES)
        return fault_set(fault, TRUC_E_PROTOCOL, "settle: malformed, empty or without key id");
    const struct policy_system *system = policy_system_by_id(core->policy, bytes_string(session->system));
    const struct policy_signing_key *key = system ? policy_signing_key(system, settle->key_id.data) : NULL;
    if (key == NULL)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the receipt's signing key is none of '%s'", session->system);
    if (policy_signing_key_check(key, core->now_ns, fault) < 0)
        return fault->code;
    struct statement statement = {.kind = STATEMENT_RECEIPT,
                                  .bus = bytes_string(core->policy->bus_id),
                                  .system = bytes_string(session->system),
                                  .key_id = settle->key_id,
                                  .count = count,
                                  .root = merkle_root(leaves, count)};
    buffer_clear(&core->scratch);
    statement_write(&statement, &core->scratch);
    if (buffer_failed(&core->scratch))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a statement");
    int code = verify_key_check(key->verify_key, buffer_view(&core->scratch), settle->signature);
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "no memory to verify a receipt");
    if (code < 0)
        return fault_set(fault, TRUC_E_SIGNATURE, "the receipt's signature does not verify");
    *ret_key = key;
    return 0;
}

static int journal_receipt(struct core *core, const struct client *session, const struct command_settle *settle,
                           const struct policy_signing_key *key)
{
    struct buffer settlements = {0};
    struct settlement settlement;
    struct bytes encoded;
    size_t offset = 0;
    while (settlement_next(settle->settlements, &offset, &settlement, &encoded) > 0)
        record_settlement_append(&settlements, encoded);
    struct record_settled record = {.system = bytes_string(session->system),
                                    .key_id = settle->key_id,
                                    .signature = settle->signature,
                                    .settlements = buffer_view(&settlements),
                                    .certificate = sha256_view(&key->certificate_sha256)};
    buffer_clear(&core->scratch);
    record_settled_encode(&record, &core->scratch);
    int code = buffer_failed(&settlements) ? buffer_failed(&settlements) : buffer_failed(&core->scratch);
    if (code == 0)
        core_append(core, RECORD_SETTLED, buffer_view(&core->scratch), true);
    buffer_free(&settlements);
    return code;
}

static uint64_t backoff_ns(const struct core_queue_item *item)
{
    uint64_t wait = item->retry.first_ns;
    for (uint32_t i = 1; i < item->retries && wait < item->retry.at_most_ns; i++)
        wait = wait / 100 * item->retry.factor_percent;
    return wait < item->retry.at_most_ns ? wait : item->retry.at_most_ns;
}

/* The receiver may name a time. Each try is a record of the journal: none comes sooner than the route's first, and after some the
 * route's schedule is the least. */
static uint64_t wait_ns(const struct core_queue_item *item, uint64_t asked_ms)
{
    enum { TRIES_AS_ASKED = 10 };
    uint64_t schedule = backoff_ns(item);
    if (asked_ms == 0)
        return schedule;
    uint64_t least = item->retries > TRIES_AS_ASKED ? schedule : item->retry.first_ns;
    uint64_t asked = asked_ms < item->retry.for_ns / TIME_NS_PER_MS ? asked_ms * TIME_NS_PER_MS : item->retry.for_ns;
    return asked > least ? asked : least;
}

static int retry(struct core *core, struct destination *destination, struct core_queue_item *item,
                 const struct settlement *settlement)
{
    item->retries++;
    destination->counts.retried++;
    if (item->first_failed_ns == 0)
        item->first_failed_ns = core_bus_up_ns(core);
    if (core_bus_up_ns(core) - item->first_failed_ns >= item->retry.for_ns)
        return fate_give_up(core, destination, item, TRUC_E_RETRIES, settlement->text);
    item->attempts++;
    return queue_wait(&destination->queue, item, core->up_ns + wait_ns(item, settlement->retry_after_ms));
}

/* The receiver's word why; a number that no list of errors can hold says no more than none. */
static int code_of(const struct settlement *settlement)
{
    enum { CODE_MAX = 9999 };
    return settlement->code > 0 && settlement->code <= CODE_MAX ? -(int)settlement->code : TRUC_E_REJECTED;
}

static int reject(struct core *core, struct destination *destination, struct core_queue_item *item,
                  const struct settlement *settlement)
{
    struct open_request *request = item->is_request ? request_find(core, item->entry.sequence) : NULL;
    int code = code_of(settlement);
    destination->counts.rejected++;
    if (!item->is_request)
        return fate_dead(core, destination, item, code, settlement->reason, settlement->text);
    destination_settle(destination, item);
    if (request) /* the asker gets the receiver's reason; a request is nobody's dead letter */
        request_failed(core, request, code, settlement->reason, settlement->text);
    return 0;
}

/* Whether one settlement fits what is out; marks it, so that a receipt can't settle it twice. */
static int check_one(struct destination *destination, const struct settlement *settlement, struct truc_fault *fault)
{
    struct core_queue_item *item = queue_out(&destination->queue, settlement->sequence);
    if (item == NULL || item->state != ITEM_OUT || !item->fetched || item->settling)
        return fault_set(fault, TRUC_E_PROTOCOL, "settled a message that is not out");
    if (!bytes_equal(settlement->message_leaf, sha256_view(&item->leaf)))
        return fault_set(fault, TRUC_E_PROTOCOL, "settlement.message_leaf is not that of the message delivered");
    if (settlement->outcome < SETTLED_DONE || settlement->outcome > SETTLED_REJECT)
        return fault_set(fault, TRUC_E_PROTOCOL, "settlement.outcome is none of done, retry, reject");
    if (settlement->code > INT32_MAX)
        return fault_set(fault, TRUC_E_PROTOCOL, "settlement.code is out of range");
    item->settling = true;
    return 0;
}

/* A receipt is taken whole or not at all: it is journaled whole, and a restart carries out what the journal says. */
static int check(struct destination *destination, const struct command_settle *settle, struct truc_fault *fault)
{
    struct settlement settlement;
    size_t offset = 0, marked = 0;
    int code = 0;
    while (code == 0 && settlement_next(settle->settlements, &offset, &settlement, NULL) > 0) {
        code = check_one(destination, &settlement, fault);
        marked += code == 0;
    }
    for (offset = 0; marked > 0 && settlement_next(settle->settlements, &offset, &settlement, NULL) > 0; marked--)
        queue_out(&destination->queue, settlement.sequence)->settling = false;
    return code;
}

static int carry_out(struct core *core, struct destination *destination, const struct settlement *settlement)
{
    struct core_queue_item *item = queue_out(&destination->queue, settlement->sequence);
    if (item == NULL)
        return TRUC_E_INTERNAL; /* it was checked */
    switch (settlement->outcome) {
    case SETTLED_DONE:
        destination->counts.done++;
        destination_settle(destination, item);
        return 0;
    case SETTLED_RETRY:
        return retry(core, destination, item, settlement);
    default:
        return reject(core, destination, item, settlement);
    }
}

int settle_take(struct core *core, struct client *session, const struct command_settle *settle)
{
    const struct policy_signing_key *key = NULL;
    struct destination *destination = session->destination;
    struct truc_fault fault = {0};
    if (destination == NULL) {
        client_end(core, session, TRUC_E_ROLE, "this role receives nothing");
        return 0;
    }
    if (verify(core, session, settle, &key, &fault) < 0 || check(destination, settle, &fault) < 0) {
        if (fault.code == TRUC_E_MEMORY)
            return fault.code;
        client_end(core, session, fault.code, fault.text);
        return 0;
    }
    int code = journal_receipt(core, session, settle, key);
    struct settlement settlement;
    size_t offset = 0, count = 0;
    for (; code == 0 && settlement_next(settle->settlements, &offset, &settlement, NULL) > 0; count++)
        code = carry_out(core, destination, &settlement);
    quarantine_settled(core, destination, count);
    return code < 0 ? code : deliver_pump(core, destination);
}
