/* replay_message.c - reads a record with its payload, masks it under the schemas of its time, and turns its header into an outgoing message.
 * The trace of the original is not carried on: what happens in the sandbox is another story. Attachments are not: the bus carries their hashes
 * only, and hashes of papers tell of persons.
 * See replay_message.h. */
#include "replay_message.h"
#include "cli_words.h"

#include "bundle.h"
#include "encode.h"
#include "record.h"
#include "record_payload.h"
#include "text.h"
#include "time_text.h"

#include <stdio.h>

enum {
    REPLAY_ID_HASH_BYTES = 19,
    REPLAY_MEMORY_MAX = 64 * 1024,
    TIMEOUT_MS_MIN = 1000,
    TIMEOUT_MS_MAX = 300000,
};

void replay_id(const struct replay_making *making, const char *bus, struct bytes id, char ret_id[REPLAY_ID_BYTES])
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct sha256 hash;
    *ret_id = '\0';
    if (id.size == 0)
        return;
    sha256_begin(&hash);
    sha256_add(&hash, bytes_string("truc replay v1\n"));
    sha256_add(&hash, bytes_of(bus, strlen(bus) + 1)); /* with its 0: texts can't run together */
    sha256_add(&hash, bytes_of(making->run, strlen(making->run) + 1));
    sha256_add(&hash, id);
    struct sha256_digest digest = sha256_end(&hash);
    digest = hmac_sha256(bytes_of(making->key.bytes, sizeof making->key.bytes), sha256_view(&digest));
    hex_append(&text, bytes_of(digest.bytes, REPLAY_ID_HASH_BYTES));
    const char *digits = buffer_string(&text);
    (void)snprintf(ret_id, REPLAY_ID_BYTES, "r-%s", digits ? digits : "");
}

/* A text of the header as it may enter the sandbox: without this message's identity numbers. NULL: no memory. */
static const char *text_of(const struct replay_making *making, struct replay_message *message, struct bytes text)
{
    BUFFER_CLEANUP struct buffer masked = {0};
    return masked_text(&making->key, &message->identities, text, &masked) < 0
               ? NULL
               : arena_string(&message->arena, buffer_view(&masked));
}

/* An officer is a person. */
static const char *officer_of(const struct replay_making *making, struct replay_message *message, struct bytes officer)
{
    BUFFER_CLEANUP struct buffer masked = {0};
    return pseudonym_text(&making->key, SCHEMA_PERSONAL_OTHER, officer, &masked) < 0
               ? NULL
               : arena_string(&message->arena, buffer_view(&masked));
}

static uint32_t timeout_of(uint64_t accepted_ns, uint64_t deadline_ns)
{
    uint64_t span_ms = deadline_ns > accepted_ns ? (deadline_ns - accepted_ns) / TIME_NS_PER_MS : 0;
    span_ms = span_ms < TIMEOUT_MS_MAX ? span_ms : TIMEOUT_MS_MAX;
    return (uint32_t)(span_ms > TIMEOUT_MS_MIN ? span_ms : TIMEOUT_MS_MIN);
}

static int take_header(const struct replay_making *making, const struct header *header, const char *bus,
                       uint64_t position, struct replay_message *message)
{
    struct truc_outgoing *outgoing = &message->outgoing;
    replay_id(making, bus, header->id, message->id);
    replay_id(making, bus, header->correlation_id, message->correlation);
    replay_id(making, bus, header->causation_id, message->causation);
    text_copy(message->sender, sizeof message->sender, header_sender(header));
    message->original = (struct truc_replay_of){
        .bus = arena_string(&message->arena, bytes_string(bus)), .position = position, .message_leaf = message->leaf};
    message->expires_ns = header->expires_ns;
    message->not_before_ns = header->not_before_ns;
    *outgoing =
        (struct truc_outgoing){.size = sizeof *outgoing,
                               .type = arena_string(&message->arena, header->type),
                               .subject = text_of(making, message, header->subject),
                               .payload = message->payload.data,
                               .payload_bytes = message->payload.size,
                               .kind = (enum truc_kind)header->kind,
                               .urgency = (enum truc_urgency)header->urgency,
                               .classification = (enum truc_classification)header->classification,
                               .id = message->id,
                               .ordering_key = text_of(making, message, header->ordering_key),
                               .correlation_id = message->correlation,
                               .causation_id = message->causation,
                               .historical = header->historical,
                               .purpose = {.procedure = text_of(making, message, header->purpose.procedure),
                                           .dossier = text_of(making, message, header->purpose.dossier),
                                           .officer = officer_of(making, message, header->purpose.officer),
                                           .legal_basis = text_of(making, message, header->purpose.legal_basis)},
                               .replay_of = &message->original};
    bool whole = message->original.bus && outgoing->type && outgoing->subject && outgoing->ordering_key &&
                 outgoing->purpose.procedure && outgoing->purpose.dossier && outgoing->purpose.officer &&
                 outgoing->purpose.legal_basis;
    return whole ? 0 : TRUC_E_MEMORY;
}

static int mask(const struct replay_making *making, const struct record_accepted *accepted, const struct header *header,
                struct bytes payload, const struct policy **ret_policy, struct replay_message *message,
                struct truc_fault *fault)
{
    int code = cli_journal_policy(making->journal, accepted->configuration, ret_policy, fault);
    if (code < 0)
        return code;
    const struct schema_message *schema = record_payload_schema((*ret_policy)->schemas, header);
    if (schema == NULL)
        return fault_set(fault, TRUC_E_UNKNOWN_TYPE, _("no schema of that time has the type '%.*s'"),
                         BYTES_PRINTF(header->type));
    return masked_payload(&making->key, schema, payload, &message->identities, &message->payload, fault);
}

int replay_message_make(const struct replay_making *making, const struct journal_record *record,
                        struct replay_message *message, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record whole = {0};
    struct record_accepted accepted = {0};
    struct header header = {0};
    const struct policy *policy = NULL;
    arena_reset(&message->arena);
    message->arena.used_bytes_max = REPLAY_MEMORY_MAX;
    buffer_clear(&message->payload);
    masked_identities_free(&message->identities);
    int code = journal_read(making->journal->journal, record->sequence, JOURNAL_WITH_PAYLOAD, &scratch, &whole, fault);
    if (code == 0)
        code = record_accepted_decode(whole.body, &accepted, fault);
    if (code == 0 && (code = header_decode(accepted.header, &header, fault)) < 0)
        code = fault->code = TRUC_E_JOURNAL_CORRUPT;
    if (code == 0)
        code = mask(making, &accepted, &header, whole.payload, &policy, message, fault);
    if (code < 0 || policy == NULL)
        return code;
    struct sha256_digest leaf = message_leaf(accepted.header);
    memcpy(message->leaf, leaf.bytes, sizeof message->leaf);
    message->accepted_ns = whole.time_ns;
    message->timeout_ms = timeout_of(whole.time_ns, accepted.deadline_ns);
    code = take_header(making, &header, policy->bus_id, record->sequence, message);
    return code < 0 ? fault_set(fault, code, _("no memory for a message")) : 0;
}

static uint64_t moved(uint64_t time_ns, uint64_t span_ns)
{
    return time_ns == 0 || time_ns > UINT64_MAX - span_ns ? time_ns : time_ns + span_ns;
}

void replay_message_date(struct replay_message *message, uint64_t now_ns)
{
    uint64_t span_ns = now_ns > message->accepted_ns ? now_ns - message->accepted_ns : 0;
    message->outgoing.expires_ns = moved(message->expires_ns, span_ns);
    message->outgoing.not_before_ns = moved(message->not_before_ns, span_ns);
}

void replay_message_free(struct replay_message *message)
{
    arena_free(&message->arena);
    buffer_free(&message->payload);
    masked_identities_free(&message->identities);
}
