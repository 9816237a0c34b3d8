/* deliver.c - from the queues to the receivers: load pages, pick what is ready within the credit, fetch, send.
 * Every message is asked about again before it leaves: expired, or no longer allowed, it finds its end here by name.
 * Called whenever a queue, a session or time may have made something deliverable. */
#include "core_internal.h"
#include "fault.h"
#include "merkle.h"

int deliver_enqueue(struct core *core, struct destination *destination, const struct queue_entry *entry)
{
    struct effect *effect = core_effect(core, EFFECT_LIST_APPEND);
    effect->list_append.destination = destination->number;
    effect->list_append.index = destination->queue.count;
    effect->list_append.entry = *entry;
    return queue_push(&destination->queue, entry);
}

static void load(struct core *core, struct destination *destination)
{
    size_t wanted = queue_wanted(&destination->queue);
    if (wanted == 0)
        return;
    struct effect *effect = core_effect(core, EFFECT_LIST_READ);
    effect->list_read.destination = destination->number;
    effect->list_read.index = destination->queue.loaded;
    effect->list_read.count = wanted;
    destination->queue.loading = true;
}

/* Takes what is ready and fits the receiver's credit; its bytes are spent from now on. */
static int fetch(struct core *core, struct destination *destination)
{
    struct client *session = destination->session;
    struct core_queue_item *item;
    uint64_t sequences[CORE_FETCH_MESSAGES_MAX];
    size_t count = 0, bytes = 0;
    while (count < CORE_FETCH_MESSAGES_MAX && (item = queue_ready(&destination->queue))) {
        uint32_t size = item->entry.size_bytes;
        if (size > session->receive_credit_bytes || (count && bytes + size > CORE_FETCH_BYTES_MAX))
            break;
        if (queue_take(&destination->queue, item) < 0)
            return TRUC_E_MEMORY;
        session->receive_credit_bytes -= size;
        bytes += size;
        sequences[count++] = item->entry.sequence;
    }
    if (count == 0)
        return 0;
    struct effect *effect = core_effect(core, EFFECT_FETCH);
    effect->fetch.destination = destination->number;
    effect->fetch.sequences = (const uint64_t *)(const void *)core_keep(core, bytes_of(sequences, count * sizeof *sequences)).data;
    effect->fetch.count = count;
    return 0;
}

/* Why nothing is sent to a receiver that is there; NULL: nothing holds it back. */
static const char *pause_of(const struct destination *destination)
{
    const struct core_queue *queue = &destination->queue;
    if (destination->dead_count >= CORE_DEAD_MAX)
        return "it has as many dead letters as are kept";
    if (queue->loaded - queue->cursor == CORE_QUEUE_WINDOW && queue->ready_count + queue->out_count == 0)
        return "all that can be looked at waits for a retry, or behind one";
    return NULL;
}

static bool is_paused(struct core *core, struct destination *destination)
{
    const char *why = pause_of(destination);
    if ((why != NULL) != destination->paused) {
        destination->paused = why != NULL;
        core_log(core, why ? 4 : 5, "%s: %s%s", destination->system, why ? "paused: " : "no longer paused", why ? why : "");
    }
    return why != NULL;
}

int deliver_pump(struct core *core, struct destination *destination)
{
    queue_wake(&destination->queue, core->up_ns);
    load(core, destination);
    return !is_paused(core, destination) && destination->session ? fetch(core, destination) : 0;
}

int deliver_pump_all(struct core *core)
{
    for (size_t i = 0; i < core->destination_count; i++) {
        int code = deliver_pump(core, core->destination_table[i]);
        if (code < 0)
            return code;
    }
    return 0;
}

int deliver_page(struct core *core, uint32_t destination, uint64_t index, const struct queue_entry *entries, size_t count)
{
    struct destination *to = core->destination_table[destination];
    int code = queue_load(&to->queue, index, entries, count);
    return code < 0 ? code : deliver_pump(core, to);
}

/* ---- fetched messages ---- */

/* One fetched message and all that is needed to send it. */
struct outgoing {
    const struct core_fetched *fetched;
    struct core_queue_item *item;
    struct record_accepted accepted;
    struct record_bundle bundle;
    struct header header;
    uint64_t expire_ns; /* of its route; 0: none */
};

static const struct policy_route *route_of(const struct core *core, const struct outgoing *outgoing, const char *system)
{
    struct record_destination destination;
    size_t offset = 0;
    while (record_destination_next(outgoing->accepted.destinations, &offset, &destination) > 0)
        if (bytes_equal_string(destination.system, system))
            return policy_route_by_name(core->policy, destination.route);
    return NULL;
}

static const struct policy_retry retry_default = {
    .first_ns = 1000000000, .factor_percent = 200, .at_most_ns = 300000000000, .for_ns = 86400000000000};

static int summarise(struct core_queue_item *item, const struct header *header)
{
    if (item->summary == NULL && (item->summary = calloc(1, sizeof *item->summary)) == NULL)
        return TRUC_E_MEMORY;
    core_copy_text(item->summary->sender, sizeof item->summary->sender, header_sender(header));
    core_copy_text(item->summary->type, sizeof item->summary->type, header->type);
    core_copy_text(item->summary->subject, sizeof item->summary->subject, header->subject);
    core_copy_text(item->summary->id, sizeof item->summary->id, header->id);
    return 0;
}

/* Decodes the records; what the journal gave is ours, so damage is fatal, not the message's fate. */
static int decode(const struct core *core, struct destination *destination, struct outgoing *outgoing)
{
    if (record_accepted_decode(outgoing->fetched->accepted, &outgoing->accepted, NULL) < 0 ||
        record_bundle_decode(outgoing->fetched->bundle, &outgoing->bundle, NULL) < 0 ||
        header_decode(outgoing->accepted.header, &outgoing->header, NULL) < 0)
        return TRUC_E_JOURNAL_CORRUPT;
    const struct policy_route *route = route_of(core, outgoing, destination->system);
    outgoing->item->retry = route ? route->retry : retry_default;
    outgoing->expire_ns = route ? route->expire_ns : 0;
    outgoing->item->is_request = outgoing->header.kind == HEADER_REQUEST;
    outgoing->item->leaf = message_leaf(outgoing->accepted.header);
    return summarise(outgoing->item, &outgoing->header);
}

/* When a message is no longer worth delivering; 0: never. A redriven one was asked for by a person: its route's span is over. */
static uint64_t expiry_of(const struct outgoing *outgoing)
{
    uint64_t expires = outgoing->accepted.deadline_ns ? outgoing->accepted.deadline_ns : outgoing->header.expires_ns;
    if (outgoing->expire_ns == 0 || queue_entry_generation(&outgoing->item->entry))
        return expires;
    uint64_t by_route = outgoing->fetched->time_ns + outgoing->expire_ns;
    return expires && expires < by_route ? expires : by_route;
}

/* Is it still to be delivered? 0: yes; 1: it found its end; negative: fatal. */
static int judge(struct core *core, struct destination *destination, struct outgoing *outgoing)
{
    const struct header *header = &outgoing->header;
    const struct policy_agreement *agreement;
    struct truc_fault fault = {0};
    uint64_t expires = expiry_of(outgoing);
    int code = 0;
    if (outgoing->item->is_request && request_find(core, outgoing->item->entry.sequence) == NULL) {
        fate_settle(destination, outgoing->item); /* its end is journaled already */
        return 1;
    }
    if (expires && expires <= core->now_ns)
        code = outgoing->item->is_request ? fate_give_up(core, destination, outgoing->item, TRUC_E_DEADLINE, bytes_string(truc_error_meaning(TRUC_E_DEADLINE)))
                                          : fate_expired(core, destination, outgoing->item, TRUC_E_EXPIRED);
    else if (outgoing->fetched->code)
        code = fate_give_up(core, destination, outgoing->item, outgoing->fetched->code, bytes_string(truc_error_meaning(outgoing->fetched->code)));
    else if (header->kind != HEADER_REPLY &&
             policy_authorise(core->policy, header_sender(header), bytes_string(destination->system), header->type, core->now_ns, &agreement, &fault) < 0)
        code = fate_give_up(core, destination, outgoing->item, fault.code, bytes_string(fault.text));
    else
        return 0;
    return code < 0 ? code : 1;
}

static void send_certificate(struct core *core, struct client *session, const struct outgoing *outgoing)
{
    const struct policy_system *sender = policy_system_by_id(core->policy, outgoing->bundle.sender);
    const struct policy_signing_key *key = sender ? policy_signing_key(sender, outgoing->bundle.key_id.data) : NULL;
    uint64_t name = load_le64(outgoing->bundle.key_id.data);
    if (key == NULL || map_get_number(&session->certificates_sent, name))
        return;
    struct command command = {.kind = COMMAND_CERTIFICATE};
    command.certificate = (struct command_certificate){.key_id = outgoing->bundle.key_id, .system = outgoing->bundle.sender,
                                                       .der = key->certificate_der};
    core_send(core, session->peer, &command);
    if (map_put_number(&session->certificates_sent, name, session) < 0)
        core->out_of_memory = true;
}

/* Appends the parcel of outgoing[0 .. count), all of one bundle, by ascending index. */
static int append_parcel(struct destination *destination, struct outgoing *outgoing, size_t count, struct buffer *parcels)
{
    const struct record_bundle *bundle = &outgoing[0].bundle;
    bool wanted[PROTOCOL_BUNDLE_MESSAGES_MAX] = {false};
    struct buffer deliveries = {0}, hashes = {0}, proof = {0};
    for (size_t i = 0; i < count; i++) {
        struct outgoing *each = &outgoing[i];
        struct delivery delivery = {
            .sequence = each->item->entry.sequence, .index = each->accepted.index, .attempt = each->item->attempts + 1,
            .message = {.header = each->accepted.header, .salt = each->fetched->salt, .payload = each->fetched->payload}};
        wanted[each->accepted.index % PROTOCOL_BUNDLE_MESSAGES_MAX] = true;
        delivery_append(&deliveries, &delivery);
        each->item->fetched = true;
        destination->counts.delivered++;
    }
    int code = merkle_multiproof_make((const struct sha256_digest *)(const void *)bundle->leaves.data, bundle->count, wanted, &hashes);
    for (size_t at = 0; code == 0 && at < hashes.size; at += SHA256_BYTES) {
        struct sha256_digest hash;
        memcpy(hash.bytes, hashes.data + at, SHA256_BYTES);
        proof_append(&proof, &hash);
    }
    struct parcel parcel = {.sender = bundle->sender, .key_id = bundle->key_id, .signature = bundle->signature, .count = bundle->count,
                            .deliveries = buffer_view(&deliveries), .proof = buffer_view(&proof)};
    parcel_append(parcels, &parcel);
    if (buffer_failed(&deliveries) || buffer_failed(&hashes) || buffer_failed(&proof) || buffer_failed(parcels))
        code = TRUC_E_MEMORY;
    buffer_free(&deliveries);
    buffer_free(&hashes);
    buffer_free(&proof);
    return code;
}

/* Messages of one bundle that follow each other by ascending index share a parcel. */
static size_t parcel_length(const struct outgoing *outgoing, size_t count)
{
    size_t length = 1;
    while (length < count && outgoing[length].accepted.bundle == outgoing[0].accepted.bundle &&
           outgoing[length].accepted.index > outgoing[length - 1].accepted.index)
        length++;
    return length;
}

static int send(struct core *core, struct destination *destination, struct outgoing *outgoing, size_t count)
{
    struct buffer parcels = {0};
    int code = 0;
    for (size_t at = 0, length; code == 0 && at < count; at += length) {
        length = parcel_length(outgoing + at, count - at);
        send_certificate(core, destination->session, &outgoing[at]);
        code = append_parcel(destination, outgoing + at, length, &parcels);
    }
    if (code == 0 && count) {
        struct command command = {.kind = COMMAND_DELIVER};
        command.deliver.parcels = buffer_view(&parcels);
        core_send(core, destination->session->peer, &command);
    }
    buffer_free(&parcels);
    return code;
}

int deliver_fetched(struct core *core, uint32_t number, const struct core_fetched *messages, size_t count)
{
    struct destination *destination = core->destination_table[number];
    struct outgoing outgoing[CORE_FETCH_MESSAGES_MAX];
    size_t ready = 0;
    for (size_t i = 0; i < count; i++) {
        struct core_queue_item *item = queue_out(&destination->queue, messages[i].sequence);
        if (item == NULL || item->state != ITEM_OUT || item->fetched)
            continue; /* the receiver went away meanwhile, and it was recalled */
        struct outgoing *next = &outgoing[ready];
        *next = (struct outgoing){.fetched = &messages[i], .item = item};
        int code = decode(core, destination, next);
        if (code < 0)
            return code;
        uint32_t size = item->entry.size_bytes;
        if ((code = judge(core, destination, next)) < 0)
            return code;
        if (code > 0 && destination->session)
            destination->session->receive_credit_bytes += size;
        else if (code == 0 && destination->session)
            ready++;
        else if (code == 0)
            queue_put_back(&destination->queue, item);
    }
    int code = destination->session ? send(core, destination, outgoing, ready) : 0;
    return code < 0 ? code : deliver_pump(core, destination);
}
