/* parcel.c - from outgoing messages to one Deliver command, and the certificates that it needs.
 * The sender's bytes pass unchanged.
 * See parcel.h. */
#include "parcel.h"

#include "core_emit.h"
#include "merkle.h"

static void send_certificate(struct core *core, struct client *session, const struct outgoing *outgoing)
{
    const struct policy_system *sender = policy_system_by_id(core->policy, outgoing->bundle.sender);
    const struct policy_signing_key *key = sender ? policy_signing_key(sender, outgoing->bundle.key_id.data) : NULL;
    uint64_t name = load_le64(outgoing->bundle.key_id.data);
    if (key == NULL || map_get_number(&session->certificates_sent, name))
        return;
    struct command command = {.kind = COMMAND_CERTIFICATE};
    command.certificate = (struct command_certificate){
        .key_id = outgoing->bundle.key_id, .system = outgoing->bundle.sender, .der = key->certificate_der};
    core_send(core, session->peer, &command);
    if (map_put_number(&session->certificates_sent, name, session) < 0)
        core->out_of_memory = true;
}

/* Appends the parcel of outgoing[0 .. count), all of one bundle, by ascending index. */
static int append_parcel(struct destination *destination, struct outgoing *outgoing, size_t count,
                         struct parcel_buffers *buffers)
{
    const struct record_bundle *bundle = &outgoing[0].bundle;
    bool wanted[PROTOCOL_BUNDLE_MESSAGES_MAX] = {false};
    buffer_reuse(&buffers->deliveries);
    buffer_reuse(&buffers->hashes);
    buffer_reuse(&buffers->proof);
    for (size_t i = 0; i < count; i++) {
        struct outgoing *each = &outgoing[i];
        struct delivery delivery = {.sequence = each->item->entry.sequence,
                                    .index = each->accepted.index,
                                    .attempt = each->item->attempts + 1,
                                    .observed = each->item->is_copy,
                                    .agreement = each->item->is_request ? each->agreement : BYTES_EMPTY,
                                    .message = {.header = each->accepted.header,
                                                .salt = each->fetched->salt,
                                                .payload = each->fetched->payload}};
        wanted[each->accepted.index % PROTOCOL_BUNDLE_MESSAGES_MAX] = true;
        delivery_append(&buffers->deliveries, &delivery);
        each->item->fetched = true;
        destination->counts.delivered++;
    }
    int code = merkle_multiproof_make((const struct sha256_digest *)(const void *)bundle->leaves.data, bundle->count,
                                      wanted, &buffers->hashes);
    for (size_t at = 0; code == 0 && at < buffers->hashes.size; at += SHA256_BYTES) {
        struct sha256_digest hash;
        memcpy(hash.bytes, buffers->hashes.data + at, SHA256_BYTES);
        proof_append(&buffers->proof, &hash);
    }
    struct parcel parcel = {.sender = bundle->sender,
                            .key_id = bundle->key_id,
                            .signature = bundle->signature,
                            .count = bundle->count,
                            .deliveries = buffer_view(&buffers->deliveries),
                            .proof = buffer_view(&buffers->proof)};
    parcel_append(&buffers->parcels, &parcel);
    if (buffer_failed(&buffers->deliveries) || buffer_failed(&buffers->hashes) || buffer_failed(&buffers->proof) ||
        buffer_failed(&buffers->parcels))
        code = TRUC_E_MEMORY;
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

/* Delivery attempts are evidence, and what a crash must not make forgotten: a message that brings its receiver down would come as if
 * for the first time. */
static int journal_attempts(struct core *core, const struct destination *destination, const struct outgoing *outgoing,
                            size_t count)
{
    struct buffer messages = {0};
    for (size_t i = 0; i < count; i++)
        buffer_append_le64(&messages, outgoing[i].item->entry.sequence);
    struct record_attempted record = {.system = bytes_string(destination->system), .messages = buffer_view(&messages)};
    buffer_clear(&core->scratch);
    record_attempted_encode(&record, &core->scratch);
    int code = buffer_failed(&messages) || buffer_failed(&core->scratch) ? TRUC_E_MEMORY : 0;
    if (code == 0)
        core_append(core, RECORD_ATTEMPTED, buffer_view(&core->scratch), true);
    buffer_free(&messages);
    return code;
}

int parcel_send(struct core *core, struct destination *destination, struct outgoing *outgoing, size_t count)
{
    int code = 0;
    buffer_reuse(&core->parcel.parcels);
    for (size_t at = 0, length; code == 0 && at < count; at += length) {
        length = parcel_length(outgoing + at, count - at);
        send_certificate(core, destination->session, &outgoing[at]);
        code = append_parcel(destination, outgoing + at, length, &core->parcel);
    }
    if (code == 0 && count)
        code = journal_attempts(core, destination, outgoing, count);
    if (code == 0 && count) {
        struct command command = {.kind = COMMAND_DELIVER};
        command.deliver.parcels = buffer_view(&core->parcel.parcels);
        core_send(core, destination->session->peer, &command);
    }
    return code;
}
