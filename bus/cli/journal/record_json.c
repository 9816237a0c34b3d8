/* record_json.c - a record as JSON, one function a kind; names are stable, times UTC, hashes in hexadecimal.
 * Not: text for people (record_text.c). Signatures are left out: programs that check them read the journal itself.
 * See record_text.h. */
#include "change.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command.h"
#include "fault.h"
#include "header.h"
#include "record.h"
#include "record_text.h"

static const char *error_name(uint32_t code)
{
    return truc_error_name(-(int)code);
}

static int started_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    struct record_started value = {0};
    int code = record_started_decode(body, &value, fault);
    if (code < 0)
        return code;
    cli_json_set(object, "software", cli_json_text(value.software));
    cli_json_set(object, "reason", cli_json_text(value.reason));
    return 0;
}

static int configuration_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    struct record_configuration value = {0};
    struct record_file file = {0};
    size_t offset = 0;
    json_t *files = json_object();
    int code = record_configuration_decode(body, &value, fault);
    while (code == 0 && record_file_next(value.files, &offset, &file) > 0)
        json_object_setn_new(files, (const char *)file.name.data, file.name.size, cli_json_hex(file.sha256));
    if (code == 0) {
        cli_json_set(object, "hash", cli_json_hex(value.hash));
        cli_json_set(object, "origin", cli_json_text(value.origin));
        cli_json_set(object, "descriptors", cli_json_hex(value.descriptors));
        cli_json_set(object, "files", json_incref(files));
    }
    json_decref(files);
    return code;
}

static int bundle_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    struct record_bundle value = {0};
    int code = record_bundle_decode(body, &value, fault);
    if (code < 0)
        return code;
    cli_json_set(object, "sender", cli_json_text(value.sender));
    cli_json_set(object, "key_id", cli_json_hex(value.key_id));
    cli_json_set(object, "count", cli_json_count(value.count));
    cli_json_set(object, "certificate", cli_json_hex(value.certificate));
    return 0;
}

static json_t *destinations_json(struct bytes elements)
{
    struct record_destination destination = {0};
    size_t offset = 0;
    json_t *array = json_array();
    while (record_destination_next(elements, &offset, &destination) > 0) {
        json_t *object = json_object();
        cli_json_set(object, "system", cli_json_text(destination.system));
        cli_json_set(object, "route", cli_json_text(destination.route));
        cli_json_set(object, "agreement", cli_json_text(destination.agreement));
        cli_json_set(object, "observer", json_boolean(destination.observer));
        cli_json_set(object, "outcome", json_string(destination.outcome ? error_name(destination.outcome) : "DELIVER"));
        json_array_append_new(array, object);
    }
    return array;
}

static size_t count_persons(struct bytes elements)
{
    struct record_person person = {0};
    size_t offset = 0, count = 0;
    while (record_person_next(elements, &offset, &person) > 0)
        count++;
    return count;
}

void record_header_json(const struct header *header, json_t *object)
{
    static const char *const kinds[] = {"", "event", "command", "request", "reply"};
    cli_json_set(object, "id", cli_json_text(header->id));
    cli_json_set(object, "sender", cli_json_text(header_sender(header)));
    cli_json_set(object, "source", cli_json_text(header->source));
    cli_json_set(object, "type", cli_json_text(header->type));
    cli_json_set(object, "subject", cli_json_text(header->subject));
    cli_json_set(object, "message_kind",
                 json_string(header->kind < sizeof kinds / sizeof *kinds ? kinds[header->kind] : ""));
    cli_json_set(object, "sent", cli_json_time(header->time_ns));
    cli_json_set(object, "correlation_id", cli_json_text(header->correlation_id));
    cli_json_set(object, "causation_id", cli_json_text(header->causation_id));
    cli_json_set(object, "urgency", cli_json_count(header->urgency));
    cli_json_set(object, "historical", json_boolean(header->historical));
    cli_json_set(object, "procedure", cli_json_text(header->purpose.procedure));
    cli_json_set(object, "dossier", cli_json_text(header->purpose.dossier));
    cli_json_set(object, "officer", cli_json_text(header->purpose.officer));
    cli_json_set(object, "legal_basis", cli_json_text(header->purpose.legal_basis));
    cli_json_set(object, "payload_digest", cli_json_hex(header->payload_digest));
    if (header->replay_of.bus.size) {
        json_t *original = json_object();
        cli_json_set(original, "bus", cli_json_text(header->replay_of.bus));
        cli_json_set(original, "position", cli_json_count(header->replay_of.position));
        cli_json_set(original, "message_leaf", cli_json_hex(header->replay_of.leaf));
        cli_json_set(object, "replay_of", original);
    }
}

/* Without their names, which may say whose documents they are: like the payload, they are seen with it alone. */
static void attachments_json(struct bytes header, json_t *object)
{
    struct header_attachment attachment = {0};
    size_t offset = 0;
    json_t *array = json_array();
    while (header_attachment_next(header, &offset, &attachment) > 0) {
        json_t *element = json_object();
        cli_json_set(element, "sha256", cli_json_hex(attachment.sha256));
        cli_json_set(element, "size", cli_json_count(attachment.size_bytes));
        cli_json_set(element, "media_type", cli_json_text(attachment.media_type));
        json_array_append_new(array, element);
    }
    if (json_array_size(array))
        cli_json_set(object, "attachments", array);
    else
        json_decref(array);
}

static int accepted_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    struct record_accepted value = {0};
    struct header header = {0};
    int code = record_accepted_decode(body, &value, fault);
    if (code == 0)
        code = header_decode(value.header, &header, fault);
    if (code < 0)
        return code;
    record_header_json(&header, object);
    attachments_json(value.header, object);
    cli_json_set(object, "destinations", destinations_json(value.destinations));
    cli_json_set(object, "bundle", cli_json_count(value.bundle));
    cli_json_set(object, "index", cli_json_count(value.index));
    cli_json_set(object, "configuration", cli_json_count(value.configuration));
    cli_json_set(object, "payload_bytes", cli_json_count(value.payload_bytes));
    cli_json_set(object, "deadline", cli_json_time(value.deadline_ns));
    cli_json_set(object, "persons_concerned", cli_json_count(count_persons(value.persons)));
    return 0;
}

static int refused_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    struct record_refused value = {0};
    int code = record_refused_decode(body, &value, fault);
    if (code < 0)
        return code;
    cli_json_set(object, "outcome", json_string(error_name(value.code)));
    cli_json_set(object, "sender", cli_json_text(value.sender));
    cli_json_set(object, "id", cli_json_text(value.id));
    cli_json_set(object, "type", cli_json_text(value.type));
    cli_json_set(object, "subject", cli_json_text(value.subject));
    cli_json_set(object, "text", cli_json_text(value.text));
    cli_json_set(object, "where", cli_json_text(value.where));
    cli_json_set(object, "count", cli_json_count(value.count));
    return 0;
}

static json_t *settlement_json(const struct settlement *settlement)
{
    static const char *const outcomes[] = {"", "done", "retry", "reject"};
    json_t *object = json_object();
    cli_json_set(object, "position", cli_json_count(settlement->sequence));
    cli_json_set(object, "outcome", json_string(settlement->outcome < 4 ? outcomes[settlement->outcome] : ""));
    cli_json_set(object, "code", json_string(settlement->code ? error_name(settlement->code) : ""));
    cli_json_set(object, "reason", cli_json_text(settlement->reason));
    cli_json_set(object, "text", cli_json_text(settlement->text));
    return object;
}

static int settled_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    struct record_settled value = {0};
    struct settlement settlement = {0};
    struct bytes encoded = {0};
    size_t offset = 0;
    int code = record_settled_decode(body, &value, fault);
    if (code < 0)
        return code;
    json_t *array = json_array();
    while ((code = record_settlement_next(value.settlements, &offset, &encoded)) > 0 &&
           settlement_decode(encoded, &settlement) == 0)
        json_array_append_new(array, settlement_json(&settlement));
    cli_json_set(object, "system", cli_json_text(value.system));
    cli_json_set(object, "key_id", cli_json_hex(value.key_id));
    cli_json_set(object, "settlements", array);
    return code == 0 ? 0 : fault_set(fault, TRUC_E_JOURNAL_CORRUPT, _("a receipt is malformed"));
}

static int attempted_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    struct record_attempted value = {0};
    int code = record_attempted_decode(body, &value, fault);
    if (code < 0)
        return code;
    json_t *messages = json_array();
    for (size_t at = 0; at + sizeof(uint64_t) <= value.messages.size; at += sizeof(uint64_t))
        json_array_append_new(messages, cli_json_count(load_le64(value.messages.data + at)));
    cli_json_set(object, "system", cli_json_text(value.system));
    cli_json_set(object, "messages", messages);
    return 0;
}

static int fate_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    struct record_fate value = {0};
    int code = record_fate_decode(body, &value, fault);
    if (code < 0)
        return code;
    cli_json_set(object, "message", cli_json_count(value.message));
    cli_json_set(object, "system", cli_json_text(value.system));
    cli_json_set(object, "outcome", json_string(value.code ? error_name(value.code) : ""));
    cli_json_set(object, "reason", cli_json_text(value.reason));
    cli_json_set(object, "text", cli_json_text(value.text));
    cli_json_set(object, "attempts", cli_json_count(value.attempts));
    cli_json_set(object, "operator", cli_json_text(value.operator_id));
    cli_json_set(object, "sender", cli_json_text(value.sender));
    cli_json_set(object, "type", cli_json_text(value.type));
    cli_json_set(object, "subject", cli_json_text(value.subject));
    cli_json_set(object, "id", cli_json_text(value.id));
    return 0;
}

static int session_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    static const char *const events[] = {"", "opened", "closed", "refused"};
    struct record_session value = {0};
    int code = record_session_decode(body, &value, fault);
    if (code < 0)
        return code;
    cli_json_set(object, "system", cli_json_text(value.system));
    cli_json_set(object, "event", json_string(value.event < 4 ? events[value.event] : ""));
    cli_json_set(object, "software", cli_json_text(value.software));
    cli_json_set(object, "outcome", json_string(value.code ? error_name(value.code) : ""));
    cli_json_set(object, "text", cli_json_text(value.text));
    return 0;
}

static int operation_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    struct record_operation value = {0};
    int code = record_operation_decode(body, &value, fault);
    if (code < 0)
        return code;
    cli_json_set(object, "operator", cli_json_text(value.operator_id));
    cli_json_set(object, "verb", cli_json_text(value.verb));
    struct change change;
    if (change_is_of(value.verb) && change_decode(value.arguments, &change, NULL) == 0) {
        if (change.system.size)
            cli_json_set(object, "system", cli_json_text(change.system));
        if (change.accept_schema_change)
            cli_json_set(object, "accept_schema_change", json_true());
    }
    cli_json_set(object, "outcome", json_string(value.code ? error_name(value.code) : "DONE"));
    cli_json_set(object, "reason", cli_json_text(value.reason));
    uint64_t message;
    if (record_operation_message(&value, &message))
        cli_json_set(object, "message", cli_json_count(message));
    return 0;
}

static int blob_json(struct bytes body, json_t *object, struct truc_fault *fault)
{
    static const char *const events[] = {"", "stored", "fetched", "removed", "refused"};
    struct record_blob value = {0};
    int code = record_blob_decode(body, &value, fault);
    if (code < 0)
        return code;
    cli_json_set(object, "system", cli_json_text(value.system));
    cli_json_set(object, "event", json_string(value.event < sizeof events / sizeof *events ? events[value.event] : ""));
    cli_json_set(object, "sha256", cli_json_hex(value.sha256));
    cli_json_set(object, "size", cli_json_count(value.size_bytes));
    if (value.message)
        cli_json_set(object, "message", cli_json_count(value.message - 1));
    if (value.offset)
        cli_json_set(object, "offset", cli_json_count(value.offset));
    cli_json_set(object, "outcome", json_string(value.code ? error_name(value.code) : "DONE"));
    cli_json_set(object, "text", cli_json_text(value.text));
    return 0;
}

static int (*const writers[RECORD_KIND_MAX + 1])(struct bytes body, json_t *object, struct truc_fault *fault) = {
    [RECORD_STARTED] = started_json,     [RECORD_CONFIGURATION] = configuration_json,
    [RECORD_BUNDLE] = bundle_json,       [RECORD_ACCEPTED] = accepted_json,
    [RECORD_REFUSED] = refused_json,     [RECORD_SETTLED] = settled_json,
    [RECORD_DEAD] = fate_json,           [RECORD_EXPIRED] = fate_json,
    [RECORD_REDRIVEN] = fate_json,       [RECORD_SESSION] = session_json,
    [RECORD_OPERATION] = operation_json, [RECORD_ERASED] = fate_json,
    [RECORD_HELD] = fate_json,           [RECORD_RELEASED] = fate_json,
    [RECORD_ATTEMPTED] = attempted_json, [RECORD_STOPPED] = started_json,
    [RECORD_DISCARDED] = fate_json,      [RECORD_BLOB] = blob_json,
};

json_t *record_json(const struct journal_record *record, struct truc_fault *fault)
{
    bool known = record->kind > 0 && record->kind <= RECORD_KIND_MAX;
    json_t *object = json_object();
    cli_json_set(object, "position", cli_json_count(record->sequence));
    cli_json_set(object, "time", cli_json_time(record->time_ns));
    cli_json_set(object, "kind",
                 known ? json_string(record_kind_name((enum record_kind)record->kind)) : cli_json_count(record->kind));
    int code = known && writers[record->kind] ? writers[record->kind](record->body, object, fault) : 0;
    if (code == 0 && object)
        return object;
    if (code == 0)
        fault_set(fault, TRUC_E_MEMORY, _("no memory for a record"));
    json_decref(object);
    return NULL;
}
