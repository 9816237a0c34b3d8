/* publish.c - takes a bundle: verifies it once, sends each message through the stages, journals refusals.
 * Nothing is answered here: answers wait in awaiting.c for the disk.
 * Called by held.c, through which each publish comes: at once, or when what held it back has ended. */
#include "publish.h"

#include "accept.h"
#include "awaiting.h"
#include "blob_check.h"
#include "client.h"
#include "core_emit.h"
#include "fault.h"
#include "followers.h"
#include "guard.h"
#include "ids_lookup.h"
#include "merkle.h"
#include "refusals.h"
#include "signing.h"
#include "time_text.h"

/* The way of a message, in order. */
static stage *const stages[] = {
    stage_decode, stage_classify, stage_dedupe, stage_size,  stage_time,
    stage_schema, stage_route,    stage_blobs,  stage_admit,
};

static int verify(struct core *core, struct intake *intake)
{
    const struct bundle *bundle = &core->bundle;
    struct truc_fault *fault = &intake->refusal;
    intake->key = policy_signing_key(intake->sender, bundle->key_id.data);
    if (intake->key == NULL)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the signing key is none of '%s'", intake->sender->id);
    if (policy_signing_key_check(intake->key, core->now_ns, fault) < 0)
        return fault->code;
    struct statement statement = {.kind = STATEMENT_BUNDLE,
                                  .bus = bytes_string(core->policy->bus_id),
                                  .system = bytes_string(intake->sender->id),
                                  .key_id = bundle->key_id,
                                  .count = bundle->count,
                                  .root = merkle_root(intake->leaves, bundle->count)};
    buffer_clear(&core->scratch);
    statement_write(&statement, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    int code = verify_key_check(intake->key->verify_key, buffer_view(&core->scratch), bundle->signature);
    if (code == TRUC_E_MEMORY)
        return code;
    if (code < 0)
        return fault_set(fault, TRUC_E_SIGNATURE, "the bundle's signature does not verify");
    return 0;
}

static void show_refusal(struct core *core, const struct header *header, const struct record_refused *record,
                         uint64_t sequence)
{
    struct header shown = *header;
    shown.subject = record->subject;
    shown.source = record->sender;
    buffer_clear(&core->scratch);
    followers_describe(core, &shown, BYTES_EMPTY, sequence, -(int)record->code, record->text, &core->scratch);
    followers_show(core, buffer_view(&core->scratch));
}

/* The journal has them all; of many in a short time the log has the beginning. Nothing in it is the sender's own text. */
static void log_refusal(struct core *core, const struct intake *intake, const struct truc_fault *fault, uint32_t count,
                        uint64_t sequence)
{
    enum { LINES_A_MINUTE = 60 };
    if (guard_take(core, "refused log", intake->sender->id, LINES_A_MINUTE, 60 * TIME_NS_PER_S))
        core_log(core, 5, "%s: refused %u at position %llu: %s: %s%s%s", intake->sender->id, count,
                 (unsigned long long)sequence, truc_error_name(fault->code), fault->where, *fault->where ? ": " : "",
                 fault->text);
}

static int write_refusal(struct core *core, const struct intake *intake, const struct passage *passage,
                         const struct truc_fault *fault, uint32_t count)
{
    const struct header *header = &passage->header;
    /* who, when, type, id: nothing else of a secret, whatever it is refused for */
    bool may_say_subject = header->classification == HEADER_NOT_SECRET;
    struct record_refused record = {.sender = bytes_string(intake->sender->id),
                                    .id = header->id,
                                    .type = header->type,
                                    .subject = may_say_subject ? header->subject : BYTES_EMPTY,
                                    .code = (uint32_t)-fault->code,
                                    .text = bytes_string(fault->text),
                                    .where = bytes_string(fault->where),
                                    .leaf = sha256_view(&passage->leaf),
                                    .bundle = intake->bundle_stored ? intake->bundle_sequence + 1 : 0,
                                    .count = count};
    buffer_clear(&core->scratch);
    record_refused_encode(&record, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    uint64_t sequence = core_append(core, RECORD_REFUSED, buffer_view(&core->scratch), false);
    log_refusal(core, intake, fault, count, sequence);
    if (core->followers)
        show_refusal(core, header, &record, sequence);
    return 0;
}

/* `count`: messages of the bundle that are refused alike; the record names the first of them. */
static int record_refusal(struct core *core, const struct intake *intake, const struct passage *passage,
                          const struct truc_fault *fault, uint32_t count)
{
    core->counts.refused += count;
    return refusals_are_few(core, intake->session->destination, fault->code, count)
               ? write_refusal(core, intake, passage, fault, count)
               : 0;
}

/* A passing shortage is told to the sender for each message, again and again while it lasts: one record a bundle, or a full
 * destination would fill the journal. */
static void block(struct intake *intake, const struct passage *passage)
{
    if (intake->blocked_count++ == 0)
        intake->blocked = *passage;
}

static int refuse(struct core *core, struct intake *intake, const struct passage *passage)
{
    int code = 0;
    if (passage->fault.code == TRUC_E_BLOCKED)
        block(intake, passage);
    else
        code = record_refusal(core, intake, passage, &passage->fault, 1);
    accept_outcome(intake, passage->fault.code, 0, false, &passage->fault);
    return code;
}

static int take_message(struct core *core, struct intake *intake, uint32_t index)
{
    struct passage passage = {.session = intake->session,
                              .sender = intake->sender,
                              .message = &core->bundle.messages[index],
                              .index = index,
                              .leaf = intake->leaves[index]};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        enum stage_verdict verdict = stages[i](core, &passage);
        if (verdict == STAGE_REFUSE)
            return refuse(core, intake, &passage);
        if (verdict == STAGE_REPEAT) {
            core->counts.repeated++;
            accept_outcome(intake, 0, passage.repeat_of, true, NULL);
            return 0;
        }
    }
    return accept_message(core, intake, &passage, index);
}

/* The bundle's signature is not good: one record for all of it, so that a flood of them stays small. */
static int refuse_bundle(struct core *core, struct intake *intake)
{
    struct passage passage = {.session = intake->session,
                              .sender = intake->sender,
                              .message = &core->bundle.messages[0],
                              .leaf = intake->leaves[0]};
    if (header_decode(passage.message->header, &passage.header, NULL) < 0)
        passage.header = (struct header){0}; /* what it claims to be can't be read */
    for (size_t i = 0; i < core->bundle.count; i++)
        accept_outcome(intake, intake->refusal.code, 0, false, &intake->refusal);
    return record_refusal(core, intake, &passage, &intake->refusal, (uint32_t)core->bundle.count);
}

static int check_session(struct core *core, struct client *session, const struct command_publish *publish,
                         uint64_t size_bytes)
{
    if (session->role != POLICY_ROLE_SYSTEM)
        client_end(core, session, TRUC_E_ROLE, "this role publishes nothing");
    else if (publish->number <= session->publish_number)
        client_end(core, session, TRUC_E_PROTOCOL, "publish.number does not count up");
    else if (core->bundle.count > core->policy->limits.bundle_messages_max)
        client_end(core, session, TRUC_E_LIMIT, "more messages in a bundle than bundle_messages_max");
    else if (session->turned_away.count >= CORE_TURNED_AWAY_MAX)
        client_end(core, session, TRUC_E_LIMIT,
                   "more was published behind messages refused BLOCKED than is remembered");
    else if (session->publish_pending_bytes + size_bytes > core->policy->limits.sender_credit_bytes)
        client_end(core, session, TRUC_E_CREDIT, "more was published than the credit given");
    else
        return 0;
    return TRUC_E_PROTOCOL;
}

int publish_take(struct core *core, struct client *session, const struct command_publish *publish)
{
    struct truc_fault fault = {0};
    uint64_t size_bytes = 0;
    if (bundle_decode(publish->bundle, &core->bundle, &fault) < 0) {
        client_end(core, session, fault.code, fault.text);
        return 0;
    }
    for (size_t i = 0; i < core->bundle.count; i++)
        size_bytes += message_size(&core->bundle.messages[i]);
    if (check_session(core, session, publish, size_bytes) < 0)
        return 0; /* the session was ended, with the reason */
    int waits = ids_lookup(core, session);
    if (waits == 0)
        waits = blobs_lookup(core, session);
    if (waits)
        return waits;
    session->publish_number = publish->number;
    session->publish_pending_bytes += size_bytes;

    struct intake intake = {.session = session,
                            .sender = policy_system_by_id(core->policy, bytes_string(session->system))};
    for (size_t i = 0; i < core->bundle.count; i++)
        intake.leaves[i] = message_leaf(core->bundle.messages[i].header);
    int code = verify(core, &intake);
    if (code < 0 && intake.refusal.code == 0)
        return code;
    code = intake.refusal.code ? refuse_bundle(core, &intake) : 0;
    for (uint32_t i = 0; code == 0 && intake.refusal.code == 0 && i < core->bundle.count; i++)
        code = take_message(core, &intake, i);
    if (code == 0 && intake.blocked_count)
        code = record_refusal(core, &intake, &intake.blocked, &intake.blocked.fault, intake.blocked_count);
    ids_lookup_free(session);
    blobs_lookup_free(session);
    if (code == 0 && buffer_failed(&intake.outcomes))
        code = TRUC_E_MEMORY;
    if (code == 0)
        code = awaiting_answer(core, session, publish->number, size_bytes, &intake.outcomes);
    buffer_free(&intake.outcomes);
    return code;
}
