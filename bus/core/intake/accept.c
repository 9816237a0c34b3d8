/* accept.c - a message that passed every stage: its record, its place among known ids and open requests, its destinations.
 * It joins its queues only when that record is durable: awaiting.c.
 * See accept.h. */
#include "accept.h"

#include "awaiting.h"
#include "blob_check.h"
#include "core_emit.h"
#include "destination.h"
#include "fault.h"
#include "followers.h"
#include "ids_spill.h"
#include "open_request.h"
#include "timed.h"

/* The bundle's own record, before the first of its messages that is stored. */
static int store_bundle(struct core *core, struct intake *intake)
{
    if (intake->bundle_stored)
        return 0;
    const struct bundle *bundle = &core->bundle;
    struct record_bundle record = {.sender = bytes_string(intake->sender->id),
                                   .key_id = bundle->key_id,
                                   .signature = bundle->signature,
                                   .count = (uint32_t)bundle->count,
                                   .leaves = bytes_of(intake->leaves, bundle->count * SHA256_BYTES),
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

void accept_outcome(struct intake *intake, int code, uint64_t sequence, bool repeat, const struct truc_fault *fault)
{
    struct outcome outcome = {.code = (uint32_t)-code, .sequence = sequence, .repeat = repeat};
    if (fault) {
        outcome.text = bytes_string(fault->text);
        outcome.where = bytes_string(fault->where);
        outcome.hint = bytes_string(fault->hint);
    }
    outcome_append(&intake->outcomes, &outcome);
}

uint64_t accept_key_hash(const struct header *header, uint32_t order)
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

static uint32_t lane_wanted(const struct header *header)
{
    return header->urgency ? header->urgency - 1 : 0; /* not given: Thường */
}

/* Its place in each queue: the lane of its urgency, or the one its key waits in. */
static int choose_places(struct core *core, struct passage *passage)
{
    for (uint32_t i = 0; i < passage->decision.deliveries_count; i++) {
        const struct policy_delivery *delivery = &passage->decision.deliveries[i];
        struct passage_place *place = &passage->places[i];
        place->destination = destination_get(core, bytes_string(delivery->to->id));
        place->key_hash = accept_key_hash(&passage->header, order_of(delivery));
        place->lane = lane_wanted(&passage->header);
        if (place->destination == NULL)
            return TRUC_E_MEMORY;
        if (delivery->outcome == 0 && !passage->is_timed && /* its key counts when it is released */
            key_lanes_join(&place->destination->queue.key_lanes, place->key_hash, place->lane, &place->lane) < 0)
            return TRUC_E_MEMORY;
    }
    return 0;
}

static void append_destinations(const struct passage *passage, struct buffer *out)
{
    for (uint32_t i = 0; i < passage->decision.deliveries_count; i++) {
        const struct policy_delivery *delivery = &passage->decision.deliveries[i];
        struct record_destination destination = {.system = bytes_string(delivery->to->id),
                                                 .route = bytes_string(delivery->route ? delivery->route->name : ""),
                                                 .agreement =
                                                     bytes_string(delivery->agreement ? delivery->agreement->name : ""),
                                                 .order = order_of(delivery),
                                                 .lane = passage->places[i].lane,
                                                 .outcome = (uint32_t)-delivery->outcome,
                                                 .observer = delivery->observer};
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
    struct sha256_digest hash =
        hmac_sha256(bytes_of(list->core->settings.person_key, CORE_PERSON_KEY_BYTES), value->bytes);
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

static int journal_message(struct core *core, struct intake *intake, const struct passage *passage, uint32_t index,
                           uint64_t deadline_ns, uint64_t *ret_sequence)
{
    struct buffer destinations = {0};
    struct person_list persons = {.core = core};
    append_destinations(passage, &destinations);
    int code = schema_each_identity(passage->schema, passage->message->payload, add_person, &persons);
    struct record_accepted record = {.bundle = intake->bundle_sequence,
                                     .index = index,
                                     .header = passage->message->header,
                                     .destinations = buffer_view(&destinations),
                                     .configuration = core->configuration_sequence,
                                     .persons = buffer_view(&persons.elements),
                                     .payload_bytes = passage->message->payload.size,
                                     .deadline_ns = deadline_ns};
    buffer_clear(&core->scratch);
    record_accepted_encode(&record, &core->scratch);
    if (buffer_failed(&destinations) || buffer_failed(&persons.elements) || buffer_failed(&core->scratch))
        code = TRUC_E_MEMORY;
    if (code == 0)
        *ret_sequence =
            core_append_message(core, buffer_view(&core->scratch), passage->message->salt, passage->message->payload);
    buffer_free(&destinations);
    buffer_free(&persons.elements);
    return code;
}

/* A destination that may not have it now gets a dead letter with the reason, never silence. An observer's reason stands
 * in the record itself: copies that could not be given at all are nobody's work. */
static int dead_at_once(struct core *core, const struct passage_place *place, const struct passage *passage,
                        uint64_t sequence, int outcome)
{
    struct record_fate fate = {.message = sequence,
                               .system = bytes_string(place->destination->system),
                               .lane = place->lane,
                               .code = (uint32_t)-outcome,
                               .reason = bytes_string(truc_error_name(outcome)),
                               .text = bytes_string(truc_error_meaning(outcome)),
                               .size_bytes = message_size(passage->message),
                               .sender = bytes_string(passage->sender->id),
                               .type = passage->header.type,
                               .subject = passage->header.subject,
                               .id = passage->header.id};
    buffer_clear(&core->scratch);
    record_fate_encode(&fate, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    core_append_tied(core, RECORD_DEAD, buffer_view(&core->scratch)); /* without it nobody would have it, nor know */
    return destination_remember_dead(core, place->destination, &fate, core->now_ns);
}

static void describe_for_followers(struct core *core, const struct passage *passage, uint64_t sequence,
                                   struct buffer *out)
{
    struct buffer names = {0};
    for (uint32_t i = 0; i < passage->decision.deliveries_count; i++)
        buffer_printf(&names, "%s%s%s", i ? ", " : "", passage->decision.deliveries[i].to->id,
                      passage->decision.deliveries[i].observer ? " (observes)" : "");
    followers_describe(core, &passage->header, buffer_view(&names), sequence, 0, BYTES_EMPTY, out);
    buffer_free(&names);
}

static int keep_for_later(struct core *core, const struct passage_place *place, const struct passage *passage,
                          uint64_t sequence)
{
    const struct timed_message timed = {.destination = place->destination,
                                        .sequence = sequence,
                                        .key_hash = place->key_hash,
                                        .size_bytes = (uint32_t)message_size(passage->message),
                                        .lane = place->lane};
    return timed_put(core, &timed, passage->header.not_before_ns);
}

static int await(struct core *core, const struct passage *passage, uint64_t sequence)
{
    const struct policy_decision *decision = &passage->decision;
    struct awaiting *awaiting =
        awaiting_message(core, sequence, (uint32_t)message_size(passage->message), decision->deliveries_count);
    if (awaiting == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < decision->deliveries_count; i++) {
        const struct policy_delivery *delivery = &decision->deliveries[i];
        const struct passage_place *place = &passage->places[i];
        if (delivery->outcome && delivery->observer)
            continue;
        if (delivery->outcome) {
            int code = dead_at_once(core, place, passage, sequence, delivery->outcome);
            if (code < 0)
                return code;
            continue;
        }
        if (passage->is_timed) {
            int code = keep_for_later(core, place, passage, sequence);
            if (code < 0)
                return code;
            continue;
        }
        awaiting_add(awaiting, &(struct awaiting_destination){.destination = place->destination,
                                                              .key_hash = place->key_hash,
                                                              .lane = place->lane});
    }
    if (core->followers)
        describe_for_followers(core, passage, sequence, &awaiting->notice);
    return 0;
}

int accept_message(struct core *core, struct intake *intake, struct passage *passage, uint32_t index)
{
    const struct header *header = &passage->header;
    uint64_t deadline_ns = deadline_of(core, passage), sequence = 0;
    int code = store_bundle(core, intake);
    if (code == 0)
        code = choose_places(core, passage);
    if (code == 0)
        code = journal_message(core, intake, passage, index, deadline_ns, &sequence);
    if (code == 0)
        code = ids_add(core, &(struct id_entry){.key = passage->id.key,
                                                .check = passage->id.check,
                                                .content = load_le64(passage->leaf.bytes),
                                                .sequence = sequence,
                                                .time_ns = core->now_ns});
    if (code == 0)
        blobs_name(core, passage->message->header, sequence);
    if (code == 0 && header->kind == HEADER_REQUEST) {
        const struct policy_delivery *delivery = &passage->decision.deliveries[0];
        core->counts.requests++;
        code =
            request_open(core, sequence, deadline_ns, bytes_string(intake->sender->id), bytes_string(delivery->to->id),
                         header->id, header->type, bytes_string(delivery->agreement->name));
    }
    if (code == 0)
        code = await(core, passage, sequence);
    if (code < 0)
        return code;
    if (passage->request) {
        core->counts.replies++;
        request_close(core, passage->request);
    }
    turned_away_forget(&passage->session->turned_away, header, &passage->leaf);
    core->counts.accepted++;
    accept_outcome(intake, 0, sequence, false, NULL);
    return 0;
}
