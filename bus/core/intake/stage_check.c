/* stage_check.c - the later stages: the payload against its schema, the way by route and agreement, rates and bounds.
 * Default deny: without a route and an agreement in force nothing goes on.
 * After stage_intake.c; what passes is journaled by publish.c. */
#include "blob_check.h"
#include "destination.h"
#include "fault.h"
#include "header_view.h"
#include "pipeline.h"
#include "open_request.h"

static enum stage_verdict refuse(int code)
{
    return code < 0 ? STAGE_REFUSE : STAGE_NEXT;
}

/* A reply is allowed by its request: open, this provider's, of the matching type. */
static int check_reply(struct core *core, struct passage *passage, struct truc_fault *fault)
{
    const struct header *header = &passage->header;
    struct open_request *request = request_find(core, header->in_reply_to - 1);
    if (request == NULL || strcmp(request->provider, passage->sender->id) != 0 ||
        !bytes_equal_string(header->correlation_id, request->id))
        return fault_set(fault, TRUC_E_NO_REQUEST, "no open request of this provider at position %llu",
                         (unsigned long long)(header->in_reply_to - 1));
    if (!bytes_equal_string(header_asked_type(header), request->type))
        return fault_set(fault, TRUC_E_UNKNOWN_TYPE, "the reply to '%s' has the type '%s.reply'", request->type,
                         request->type);
    const struct schema_message *asked = schema_set_find_type(core->policy->schemas, bytes_string(request->type));
    if (asked == NULL || asked->reply == NULL)
        return fault_set(fault, TRUC_E_UNKNOWN_TYPE, "no schema has a reply to '%s'", request->type);
    passage->schema = asked->reply;
    passage->request = request;
    int code = schema_validate(asked->reply, passage->message->payload, NULL, fault);
    if (code < 0)
        return code;
    const struct policy_agreement *agreement = policy_agreement_by_name(core->policy, bytes_string(request->agreement));
    if (agreement == NULL)
        return fault_set(fault, TRUC_E_NO_AGREEMENT, "the agreement '%s' is no longer in force", request->agreement);
    if ((code = policy_agreement_check(agreement, core->now_ns, NULL, fault)) < 0)
        return code;
    return policy_reply_check(core->policy, agreement, bytes_string(request->type), passage->message->payload, fault);
}

static int check_payload(struct core *core, struct passage *passage, struct truc_fault *fault)
{
    passage->schema = schema_set_find_type(core->policy->schemas, passage->header.type);
    if (passage->schema == NULL)
        return fault_set(fault, TRUC_E_UNKNOWN_TYPE, "no schema has the type that the header names");
    return schema_validate(passage->schema, passage->message->payload, NULL, fault);
}

static int count_person(void *context, const struct schema_field *field, const struct schema_value *value)
{
    size_t *left = context;
    (void)field, (void)value;
    return (*left)-- == 0 ? TRUC_E_LIMIT : 0;
}

/* Each person's hash is larger than the least that names one, so that a message could need a record beyond its bound. */
static int check_persons(const struct passage *passage, struct truc_fault *fault)
{
    enum { PERSON_WIRE_BYTES_MIN = 3 };
    size_t left = CORE_PERSONS_MAX;
    if (passage->message->payload.size <= (size_t)CORE_PERSONS_MAX * PERSON_WIRE_BYTES_MIN ||
        schema_each_identity(passage->schema, passage->message->payload, count_person, &left) != TRUC_E_LIMIT)
        return 0;
    return fault_set(fault, TRUC_E_PAYLOAD, "more than %d identity numbers in one message", CORE_PERSONS_MAX);
}

enum stage_verdict stage_schema(struct core *core, struct passage *passage)
{
    int code = passage->header.kind == HEADER_REPLY ? check_reply(core, passage, &passage->fault)
                                                    : check_payload(core, passage, &passage->fault);
    return refuse(code < 0 ? code : check_persons(passage, &passage->fault));
}

static struct policy_query query_of(const struct core *core, const struct passage *passage)
{
    const struct header *header = &passage->header;
    return (struct policy_query){.sender = passage->sender,
                                 .type = header->type,
                                 .kind = (enum policy_kind)header->kind,
                                 .header = header_view(header),
                                 .payload = passage->message->payload,
                                 .now_ns = core->now_ns};
}

/* What may go where is asked again when its time has come. A dead letter now could be retried, and delivered, before that. */
static void judge_later(struct policy_decision *decision)
{
    for (uint32_t i = 0; i < decision->deliveries_count; i++)
        if (!decision->deliveries[i].observer)
            decision->deliveries[i].outcome = 0;
}

enum stage_verdict stage_route(struct core *core, struct passage *passage)
{
    if (passage->request) {
        const struct policy_system *asker = policy_system_by_id(core->policy, bytes_string(passage->request->asker));
        if (asker == NULL)
            return refuse(fault_set(&passage->fault, TRUC_E_NO_ROUTE, "the asker '%s' is no longer on the bus",
                                    passage->request->asker));
        passage->decision.deliveries[0] = (struct policy_delivery){.to = asker};
        passage->decision.deliveries_count = passage->decision.outcomes_ok = 1;
        return STAGE_NEXT;
    }
    struct policy_query query = query_of(core, passage);
    int code = policy_route(core->policy, &query, &passage->decision, NULL, &passage->fault);
    if (code == 0 && passage->is_timed)
        judge_later(&passage->decision);
    return refuse(code);
}

static int take_rates(struct core *core, const struct passage *passage, const struct policy_agreement *agreement,
                      struct truc_fault *fault)
{
    int code = 0;
    if (agreement->rate_total.count)
        code = rates_take(&core->rates, bytes_string(agreement->name), agreement->rate_total.count,
                          agreement->rate_total.span_ns, core->up_ns);
    if (code == 0 && agreement->rate_per_officer.count) {
        struct rates *officers = rate_tables_get(&core->officers, bytes_string(agreement->name));
        code = officers ? rates_take(officers, passage->header.purpose.officer, agreement->rate_per_officer.count,
                                     agreement->rate_per_officer.span_ns, core->up_ns)
                        : TRUC_E_MEMORY;
    }
    return code == TRUC_E_RATE ? fault_set(fault, code, "agreement '%s' allows no more for now", agreement->name)
                               : code;
}

/* A full destination is a named outcome for the sender of this message, not a brake on its other traffic. One that may not
 * have it now gets a dead letter at once; those have a bound, too. */
static int check_room(struct core *core, const struct passage *passage, const struct policy_delivery *delivery,
                      struct truc_fault *fault)
{
    size_t size_bytes = message_size(passage->message);
    const struct destination *destination = destination_get(core, bytes_string(delivery->to->id));
    if (destination == NULL)
        return TRUC_E_MEMORY;
    if (delivery->outcome)
        return destination->dead_count < CORE_DEAD_MAX
                   ? 0
                   : fault_set(fault, TRUC_E_BLOCKED, "'%s' has as many dead letters as are kept (%d)",
                               delivery->to->id, CORE_DEAD_MAX);
    if (passage->is_timed && destination->timed.count >= CORE_TIMED_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "'%s' has as many timed messages as are kept (%d)", delivery->to->id,
                         CORE_TIMED_MAX);
    if (queue_unsettled_max(&destination->queue) + destination->awaiting_count >=
        core->policy->limits.queue_messages_max)
        return fault_set(fault, TRUC_E_BLOCKED, "the queue of '%s' is full (%llu messages)", delivery->to->id,
                         (unsigned long long)core->policy->limits.queue_messages_max);
    if (destination->queue.bytes + destination->awaiting_bytes + size_bytes > core->policy->limits.queue_bytes_max)
        return fault_set(fault, TRUC_E_BLOCKED, "the queue of '%s' is full (%llu bytes)", delivery->to->id,
                         (unsigned long long)core->policy->limits.queue_bytes_max);
    return 0;
}

/* What was refused for now comes again, and nothing of its key may pass it meanwhile, wherever it goes. */
static int check_turn(struct passage *passage, struct truc_fault *fault)
{
    if (turned_away_precedes(&passage->session->turned_away, &passage->header, &passage->leaf))
        return fault_set(fault, TRUC_E_BLOCKED,
                         "an earlier message of its ordering key or subject was refused for now and comes first");
    return 0;
}

/* An observer without room or rate misses this message, as its outcome says; nobody else notices. */
static int admit_observer(struct core *core, const struct passage *passage, struct policy_delivery *observer)
{
    struct truc_fault unheard = {0};
    int code = check_room(core, passage, observer, &unheard);
    if (code == 0)
        code = take_rates(core, passage, observer->agreement, &unheard);
    if (code != TRUC_E_MEMORY)
        observer->outcome = code;
    return code == TRUC_E_MEMORY ? code : 0;
}

/* Each attachment is complete, held by the sender, and of the size that the header says. */
static int check_blob(const struct passage *passage, const struct header_attachment *attachment, uint32_t n,
                      struct truc_fault *fault)
{
    const struct core_blob_answer *answer = blobs_answer(passage->session, passage->index, n);
    if (answer == NULL)
        return fault_set(fault, TRUC_E_LIMIT, "the bundle names more than %d attachments", CORE_BLOB_NAMES_MAX);
    if (answer->code < 0)
        return fault_set(fault, TRUC_E_BLOCKED, "the store of attachments can't be read now");
    if (!answer->is_held)
        return fault_set(fault, TRUC_E_BLOB_MISSING, "attachment %u is not complete here, or not '%s' uploaded it",
                         n + 1, passage->sender->id);
    if (answer->size_bytes != attachment->size_bytes)
        return fault_set(fault, TRUC_E_BLOB_SIZE, "attachment %u has %llu bytes, the header says %llu", n + 1,
                         (unsigned long long)answer->size_bytes, (unsigned long long)attachment->size_bytes);
    return 0;
}

enum stage_verdict stage_blobs(struct core *core, struct passage *passage)
{
    struct header_attachment attachment;
    size_t offset = 0;
    int code = 0;
    for (uint32_t n = 0; code == 0 && header_attachment_next(passage->message->header, &offset, &attachment) > 0; n++)
        code = check_blob(passage, &attachment, n, &passage->fault);
    if (code == TRUC_E_BLOCKED &&
        turned_away_note(&passage->session->turned_away, &passage->header, &passage->leaf) < 0)
        core->out_of_memory = true;
    return refuse(code);
}

static int admit(struct core *core, struct passage *passage, struct truc_fault *fault)
{
    struct policy_decision *decision = &passage->decision;
    if (passage->header.kind == HEADER_REQUEST &&
        request_open_count(core, bytes_string(passage->sender->id)) >= core->policy->limits.requests_open_max)
        return fault_set(fault, TRUC_E_LIMIT, "requests_open_max (%u) requests of this asker wait for an answer",
                         core->policy->limits.requests_open_max);
    int code = check_turn(passage, fault);
    for (uint32_t i = 0; code == 0 && i < decision->deliveries_count; i++)
        if (!decision->deliveries[i].observer)
            code = check_room(core, passage, &decision->deliveries[i], fault);
    for (uint32_t i = 0; code == 0 && i < decision->deliveries_count; i++) /* last: what is counted has passed */
        if (!decision->deliveries[i].observer && decision->deliveries[i].outcome == 0 &&
            decision->deliveries[i].agreement)
            code = take_rates(core, passage, decision->deliveries[i].agreement, fault);
    for (uint32_t i = 0; code == 0 && i < decision->deliveries_count; i++)
        if (decision->deliveries[i].observer && decision->deliveries[i].outcome == 0)
            code = admit_observer(core, passage, &decision->deliveries[i]);
    return code;
}

enum stage_verdict stage_admit(struct core *core, struct passage *passage)
{
    int code = admit(core, passage, &passage->fault);
    if (code == TRUC_E_BLOCKED)
        code = turned_away_note(&passage->session->turned_away, &passage->header, &passage->leaf) < 0 ? TRUC_E_MEMORY
                                                                                                      : code;
    if (code == TRUC_E_MEMORY)
        core->out_of_memory = true;
    return refuse(code);
}
