/* stage_intake.c - the first stages: decode the header, refuse what must not enter, know repeats, check times.
 * Secrecy comes right after decoding: nothing of a secret message is looked at further, stored or logged.
 * Before stage_check.c. */
#include "fault.h"
#include "ids_lookup.h"
#include "pipeline.h"
#include "time_text.h"
#include "timed.h"

#define DAY_NS (86400 * TIME_NS_PER_S)

static enum stage_verdict refuse(int code)
{
    return code < 0 ? STAGE_REFUSE : STAGE_NEXT;
}

enum stage_verdict stage_decode(struct core *core, struct passage *passage)
{
    (void)core;
    return refuse(header_decode(passage->message->header, &passage->header, &passage->fault));
}

/* By its name only if it is one of the bus: reasons go to journals and screens, and quote nothing that a sender made up. */
static const char *other_sender(const struct core *core, struct bytes claimed)
{
    const struct policy_system *system = policy_system_by_id(core->policy, claimed);
    return system ? system->id : "no system of this bus";
}

enum stage_verdict stage_classify(struct core *core, struct passage *passage)
{
    if (header_check(&passage->header, &passage->fault) < 0)
        return STAGE_REFUSE;
    struct bytes claimed = header_sender(&passage->header);
    if (!bytes_equal_string(claimed, passage->sender->id))
        return refuse(fault_set(&passage->fault, TRUC_E_NOT_SENDER,
                                "the header's source is %s, the key is that of '%s'", other_sender(core, claimed),
                                passage->sender->id));
    if (passage->header.replay_of.bus.size && !core->policy->sandbox)
        return refuse(fault_set(&passage->fault, TRUC_E_REPLAY, "it is replayed from a journal, and '%s' is no sandbox",
                                core->policy->bus_id));
    return STAGE_NEXT;
}

enum stage_verdict stage_dedupe(struct core *core, struct passage *passage)
{
    passage->id = core->ids_count ? core->ids[passage->index]
                                  : dedupe_id_of(bytes_string(passage->sender->id), passage->header.id);
    switch (dedupe_ask(&core->dedupe, passage->id, load_le64(passage->leaf.bytes),
                       ids_found(passage->session, passage->index), &passage->repeat_of)) {
    case DEDUPE_NEW:
        return STAGE_NEXT;
    case DEDUPE_REPEAT:
        return STAGE_REPEAT;
    case DEDUPE_CONFLICT:
        break;
    }
    return refuse(fault_set(&passage->fault, TRUC_E_CONFLICT, "its id was accepted at position %llu with other content",
                            (unsigned long long)passage->repeat_of));
}

static int check_size(const struct core *core, const struct passage *passage, struct truc_fault *fault)
{
    size_t size = message_size(passage->message);
    if (size > core->policy->limits.message_bytes_max)
        return fault_set(fault, TRUC_E_TOO_LARGE, "the message has %zu bytes, the limit is %u", size,
                         core->policy->limits.message_bytes_max);
    if (passage->header.payload_size_bytes != passage->message->payload.size)
        return fault_set(fault, TRUC_E_DIGEST, "the header says %llu payload bytes, there are %zu",
                         (unsigned long long)passage->header.payload_size_bytes, passage->message->payload.size);
    struct sha256_digest digest = payload_digest(passage->message->salt, passage->message->payload);
    if (!bytes_equal(sha256_view(&digest), passage->header.payload_digest))
        return fault_set(fault, TRUC_E_DIGEST, "the payload is not the one the header's digest was made of");
    return 0;
}

enum stage_verdict stage_size(struct core *core, struct passage *passage)
{
    return refuse(check_size(core, passage, &passage->fault));
}

/* A timed message must be one that can wait, and be worth delivering when its time comes. */
static int check_not_before(const struct core *core, const struct header *header, struct truc_fault *fault)
{
    if (header->kind == HEADER_REQUEST || header->kind == HEADER_REPLY)
        return fault_set(fault, TRUC_E_HEADER,
                         "'not_before' is for events and commands: a question has somebody who waits");
    if (header->expires_ns && header->expires_ns <= header->not_before_ns)
        return fault_set(fault, TRUC_E_HEADER, "'expires' is not after 'not_before'");
    if (header->not_before_ns - core->now_ns > TIMED_DAYS_MAX * DAY_NS)
        return fault_set(fault, TRUC_E_HEADER, "'not_before' is more than %d days ahead", TIMED_DAYS_MAX);
    return 0;
}

enum stage_verdict stage_time(struct core *core, struct passage *passage)
{
    const struct header *header = &passage->header;
    if (header->time_ns > core->now_ns && header->time_ns - core->now_ns > core->policy->limits.future_skew_ns)
        return refuse(fault_set(&passage->fault, TRUC_E_FUTURE, "the header's time is %llu s ahead",
                                (unsigned long long)((header->time_ns - core->now_ns) / 1000000000)));
    /* The skew isn't added: with as many ids as are remembered in less than it, nothing at all could be accepted. */
    if (header->time_ns < core->dedupe.window_start_ns && !header->historical)
        return refuse(fault_set(&passage->fault, TRUC_E_TOO_OLD,
                                "it is older than the ids that are known, so it may have been accepted before"));
    if (header->expires_ns && header->expires_ns <= core->now_ns)
        return refuse(fault_set(&passage->fault, TRUC_E_EXPIRED, "it had expired when it arrived"));
    passage->is_timed = header->not_before_ns > core->now_ns;
    return passage->is_timed ? refuse(check_not_before(core, header, &passage->fault)) : STAGE_NEXT;
}
