/* publish.c - takes a bundle: verifies it once, sends each message through the stages, journals what came of it.
 * Nothing is answered here: answers and queueing wait in awaiting.c for the disk.
 * Called by core_session.c for each publish. */
#include "fault.h"
#include "merkle.h"
#include "pipeline.h"
#include "signing.h"

/* The way of a message, in order. */
static stage *const stages[] = {
    stage_decode, stage_classify, stage_dedupe, stage_time, stage_schema, stage_route, stage_admit,
};

struct intake {
    struct client *session;
    const struct policy_system *sender;
    const struct policy_signing_key *key;
    struct sha256_digest leaves[PROTOCOL_BUNDLE_MESSAGES_MAX];
    struct truc_fault refusal; /* of the whole bundle; code 0: its signature holds */
    uint64_t bundle_sequence;
    bool bundle_stored;
    struct buffer outcomes;
};

/* ---- the bundle ---- */

static int verify(struct core *core, struct intake *intake)
{
    const struct bundle *bundle = &core->bundle;
    struct truc_fault *fault = &intake->refusal;
    intake->key = policy_signing_key(intake->sender, bundle->key_id.data);
    if (intake->key == NULL)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the signing key is none of '%s'", intake->sender->id);
    if (policy_signing_key_check(intake->key, core->now_ns, fault) < 0)
        return fault->code;
    struct statement statement = {.kind = STATEMENT_BUNDLE, .bus = bytes_string(core->policy->bus_id),
                                  .system = bytes_string(intake->sender->id), .key_id = bundle->key_id, .count = bundle->count,
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

/* The bundle's own record, before the first of its messages that is stored. */
static int store_bundle(struct core *core, struct intake *intake)
{
    if (intake->bundle_stored)
        return 0;
    const struct bundle *bundle = &core->bundle;
    struct record_bundle record = {
        .sender = bytes_string(intake->sender->id), .key_id = bundle->key_id, .signature = bundle->signature,
        .count = (uint32_t)bundle->count, .leaves = bytes_of(intake->leaves, bundle->count * SHA256_BYTES),
        .certificate = sha256_view(&intake->key->certificate_sha256)};
    buffer_clear(&core->scratch);
    record_bundle_encode(&record, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    intake->bundle_sequence = core_append(core, RECORD_BUNDLE, buffer_view(&core->scratch), false);
    intake->bundle_stored = true;
    core->counts.bundles++;
    return 0;
}

/* ---- a message that is refused ---- */

static void add_outcome(struct intake *intake, int code, uint64_t sequence, bool repeat, const struct truc_fault *fault)
{
    struct outcome outcome = {.code = (uint32_t)-code, .sequence = sequence, .repeat = repeat};
    if (fault) {
        outcome.text = bytes_string(fault->text);
        outcome.where = bytes_string(fault->where);
        outcome.hint = bytes_string(fault->hint);
    }
    outcome_append(&intake->outcomes, &outcome);
}

/* `count`: messages of the bundle that are refused alike; the record names the first of them. */
static int refuse(struct core *core, struct intake *intake, const struct passage *passage, const struct truc_fault *fault, uint32_t count)
{
    const struct header *header = &passage->header;
    struct record_refused record = {
        .sender = bytes_string(intake->sender->id), .id = header->id, .type = header->type,
        .subject = header->classification == HEADER_NOT_SECRET ? header->subject : BYTES_EMPTY, /* who, when, type, id: nothing else
                                                                                                  of a secret, whatever it is refused for */
        .code = (uint32_t)-fault->code, .text = bytes_string(fault->text), .where = bytes_string(fault->where),
        .leaf = sha256_view(&passage->leaf), .bundle = intake->bundle_stored ? intake->bundle_sequence + 1 : 0, .count = count};
    buffer_clear(&core->scratch);
    record_refused_encode(&record, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    uint64_t sequence = core_append(core, RECORD_REFUSED, buffer_view(&core->scratch), false);
    for (uint32_t i = 0; i < count; i++)
        add_outcome(intake, fault->code, 0, false, fault);
    core->counts.refused += count;
    if (core->followers) {
        struct header shown = *header;
        shown.subject = record.subject;
        shown.source = record.sender;
        buffer_clear(&core->scratch);
        operate_describe(core, &shown, BYTES_EMPTY, sequence, fault->code, bytes_string(fault->text), &core->scratch);
        operate_notice(core, buffer_view(&core->scratch));
    }
    return 0;
}

/* ---- a message that is accepted ---- */

uint64_t publish_key_hash(const struct header *header, uint32_t order)
{
    static const uint8_t separator = 0;
    struct bytes key = order == POLICY_ORDER_KEY ? header_order_key(header) : header->subject;
    if (order == POLICY_ORDER_NONE || key.size == 0)
        return 0;
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, header_sender(header));
    sha256_add(&hash, bytes_of(&separator, 1));
    sha256_add(&hash, key);
    struct sha256_digest digest = sha256_end(&hash);
    return load_le64(digest.bytes) | 1; /* 0 means no order */
}

static enum policy_order order_of(const struct policy_delivery *delivery)
{
    return delivery->route ? delivery->route->order : POLICY_ORDER_NONE;
}

static void append_destinations(const struct policy_decision *decision, struct buffer *out)
{
    for (uint32_t i = 0; i < decision->deliveries_count; i++) {
        const struct policy_delivery *delivery = &decision->deliveries[i];
        struct record_destination destination = {
            .system = bytes_string(delivery->to->id), .route = bytes_string(delivery->route ? delivery->route->name : ""),
            .agreement = bytes_string(delivery->agreement ? delivery->agreement->name : ""), .order = order_of(delivery),
            .outcome = (uint32_t)-delivery->outcome};
        record_destination_append(out, &destination);
    }
}

struct person_list {
    struct core *core;
    struct buffer elements;
};

static int add_person(void *context, const struct schema_field *field, const struct schema_value *value)
{
    struct person_list *list = context;
    (void)field;
    struct sha256_digest hash = hmac_sha256(bytes_of(list->core->settings.person_key, sizeof list->core->settings.person_key), value->bytes);
    struct record_person person = {.epoch = list->core->settings.person_epoch, .hash = sha256_view(&hash)};
    record_person_append(&list->elements, &person);
    return 0;
}

/* Requests end at the earliest of their own expiry and the route's `within`. */
static uint64_t deadline_of(const struct core *core, const struct passage *passage)
{
    if (passage->header.kind != HEADER_REQUEST)
        return 0;
    uint64_t deadline = core->now_ns + passage->decision.deliveries[0].route->within_ns;
    return passage->header.expires_ns && passage->header.expires_ns < deadline ? passage->header.expires_ns : deadline;
}

static int journal_message(struct core *core, struct intake *intake, const struct passage *passage, uint32_t index, uint64_t deadline_ns,
                           uint64_t *ret_sequence)
{
    struct buffer destinations = {0};
    struct person_list persons = {.core = core};
    append_destinations(&passage->decision, &destinations);
    int code = schema_each_identity(passage->schema, passage->message->payload, add_person, &persons);
    struct record_accepted record = {
        .bundle = intake->bundle_sequence, .index = index, .header = passage->message->header, .destinations = buffer_view(&destinations),
        .configuration = core->configuration_sequence, .persons = buffer_view(&persons.elements),
        .payload_bytes = passage->message->payload.size, .deadline_ns = deadline_ns};
    buffer_clear(&core->scratch);
    record_accepted_encode(&record, &core->scratch);
    if (buffer_failed(&destinations) || buffer_failed(&persons.elements) || buffer_failed(&core->scratch))
        code = TRUC_E_MEMORY;
    if (code == 0)
        *ret_sequence = core_append_message(core, buffer_view(&core->scratch), passage->message->salt, passage->message->payload);
    buffer_free(&destinations);
    buffer_free(&persons.elements);
    return code;
}

/* A destination that may not have it now gets a dead letter with the reason, never silence. */
static int dead_at_once(struct core *core, struct destination *destination, const struct passage *passage, uint64_t sequence, int outcome)
{
    struct record_fate fate = {.message = sequence, .system = bytes_string(destination->system), .code = (uint32_t)-outcome,
                               .reason = bytes_string(truc_error_name(outcome)), .text = bytes_string(truc_error_meaning(outcome)), .size_bytes = message_size(passage->message),
                               .sender = bytes_string(passage->sender->id), .type = passage->header.type,
                               .subject = passage->header.subject, .id = passage->header.id};
    buffer_clear(&core->scratch);
    record_fate_encode(&fate, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    core_append(core, RECORD_DEAD, buffer_view(&core->scratch), true);
    return fate_remember_dead(core, destination, &fate, core->now_ns);
}

static void describe_for_followers(struct core *core, const struct passage *passage, uint64_t sequence, struct buffer *out)
{
    struct buffer names = {0};
    for (uint32_t i = 0; i < passage->decision.deliveries_count; i++)
        buffer_printf(&names, "%s%s", i ? ", " : "", passage->decision.deliveries[i].to->id);
    operate_describe(core, &passage->header, buffer_view(&names), sequence, 0, BYTES_EMPTY, out);
    buffer_free(&names);
}

static int await(struct core *core, const struct passage *passage, uint64_t sequence)
{
    const struct policy_decision *decision = &passage->decision;
    struct awaiting *awaiting = awaiting_message(core, sequence, (uint32_t)message_size(passage->message), decision->deliveries_count);
    if (awaiting == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < decision->deliveries_count; i++) {
        const struct policy_delivery *delivery = &decision->deliveries[i];
        struct destination *destination = core_destination(core, bytes_string(delivery->to->id));
        if (destination == NULL)
            return TRUC_E_MEMORY;
        if (delivery->outcome) {
            int code = dead_at_once(core, destination, passage, sequence, delivery->outcome);
            if (code < 0)
                return code;
            continue;
        }
        awaiting->destinations[awaiting->destination_count].destination = destination;
        awaiting->destinations[awaiting->destination_count++].key_hash = publish_key_hash(&passage->header, order_of(delivery));
    }
    if (core->followers)
        describe_for_followers(core, passage, sequence, &awaiting->notice);
    return 0;
}

static int accept(struct core *core, struct intake *intake, struct passage *passage, uint32_t index)
{
    const struct header *header = &passage->header;
    uint64_t deadline_ns = deadline_of(core, passage), sequence = 0;
    int code = store_bundle(core, intake);
    if (code == 0)
        code = journal_message(core, intake, passage, index, deadline_ns, &sequence);
    if (code == 0)
        code = dedupe_add(&core->dedupe, bytes_string(intake->sender->id), header->id, &passage->leaf, sequence, core->now_ns);
    if (code == 0 && header->kind == HEADER_REQUEST) {
        const struct policy_delivery *delivery = &passage->decision.deliveries[0];
        core->counts.requests++;
        code = request_open(core, sequence, deadline_ns, bytes_string(intake->sender->id), bytes_string(delivery->to->id), header->id,
                            header->type, bytes_string(delivery->agreement->name));
    }
    if (code == 0)
        code = await(core, passage, sequence);
    if (code < 0)
        return code;
    if (passage->request) {
        core->counts.replies++;
        request_close(core, passage->request);
    }
    core->counts.accepted++;
    add_outcome(intake, 0, sequence, false, NULL);
    return 0;
}

/* ---- the whole ---- */

static int take_message(struct core *core, struct intake *intake, uint32_t index)
{
    struct passage passage = {.session = intake->session, .sender = intake->sender, .message = &core->bundle.messages[index],
                              .leaf = intake->leaves[index]};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        enum stage_verdict verdict = stages[i](core, &passage);
        if (verdict == STAGE_REFUSE)
            return refuse(core, intake, &passage, &passage.fault, 1);
        if (verdict == STAGE_REPEAT) {
            core->counts.repeated++;
            add_outcome(intake, 0, passage.repeat_of, true, NULL);
            return 0;
        }
    }
    return accept(core, intake, &passage, index);
}

/* The bundle's signature is not good: one record for all of it, so that a flood of them stays small. */
static int refuse_bundle(struct core *core, struct intake *intake)
{
    struct passage passage = {.session = intake->session, .sender = intake->sender, .message = &core->bundle.messages[0],
                              .leaf = intake->leaves[0]};
    if (header_decode(passage.message->header, &passage.header, NULL) < 0)
        passage.header = (struct header){0}; /* what it claims to be can't be read */
    return refuse(core, intake, &passage, &intake->refusal, (uint32_t)core->bundle.count);
}

static int check_session(struct core *core, struct client *session, const struct command_publish *publish, uint64_t size_bytes)
{
    if (session->role != POLICY_ROLE_SYSTEM)
        client_end(core, session, TRUC_E_PROTOCOL, "this role publishes nothing");
    else if (publish->number <= session->publish_number)
        client_end(core, session, TRUC_E_PROTOCOL, "publish.number does not count up");
    else if (core->bundle.count > core->policy->limits.bundle_messages_max)
        client_end(core, session, TRUC_E_LIMIT, "more messages in a bundle than bundle_messages_max");
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
    session->publish_number = publish->number;
    session->publish_pending_bytes += size_bytes;

    struct intake intake = {.session = session, .sender = policy_system_by_id(core->policy, bytes_string(session->system))};
    for (size_t i = 0; i < core->bundle.count; i++)
        intake.leaves[i] = message_leaf(core->bundle.messages[i].header);
    int code = verify(core, &intake);
    if (code < 0 && intake.refusal.code == 0)
        return code;
    code = intake.refusal.code ? refuse_bundle(core, &intake) : 0;
    for (uint32_t i = 0; code == 0 && intake.refusal.code == 0 && i < core->bundle.count; i++)
        code = take_message(core, &intake, i);
    if (code == 0 && buffer_failed(&intake.outcomes))
        code = TRUC_E_MEMORY;
    if (code == 0)
        code = awaiting_answer(core, session, publish->number, size_bytes, &intake.outcomes);
    buffer_free(&intake.outcomes);
    return code;
}
