/* payload_show.c - reads one accepted record for a person, journals the look with its outcome, and answers when that is durable.
 * The answer holds the message's own bytes: its bound is that of a message. Showing it to people is the command line's.
 * See payload_show.h. */
#include "payload_show.h"

#include "client.h"
#include "core_emit.h"
#include "fault.h"
#include "field_table.h"
#include "guard.h"
#include "operation.h"
#include "protobuf_wire.h"
#include "time_text.h"

struct payload_query {
    uint64_t position;
    struct bytes reason;
};
static const struct field_entry query_fields[] = {
    FIELD(1, FIELD_UINT64, payload_query, position, 0),
    FIELD(2, FIELD_TEXT, payload_query, reason, PROTOCOL_TEXT_BYTES_MAX),
};
static const struct field_table query_table = FIELD_TABLE("payload query", query_fields);

static int query_decode(struct bytes arguments, struct payload_query *ret, struct truc_fault *fault)
{
    return field_table_decode(&query_table, arguments, ret, sizeof *ret, fault) < 0 ? TRUC_E_PROTOCOL : 0;
}

int payload_show_ask(struct core *core, const struct client *session, uint64_t number, struct bytes arguments,
                     struct bytes *ret_reason, struct truc_fault *fault)
{
    struct payload_query query;
    int code = query_decode(arguments, &query, fault);
    if (code < 0)
        return code;
    *ret_reason = query.reason;
    if (query.reason.size == 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "a reason is required: it is journaled");
    if (!guard_take(core, PAYLOAD_SHOW_VERB, session->system, PAYLOAD_SHOWS_A_MINUTE, 60 * TIME_NS_PER_S))
        return fault_set(fault, TRUC_E_RATE, "more than %d payloads a minute", PAYLOAD_SHOWS_A_MINUTE);
    if (query.position >= core->durable_through)
        return fault_set(fault, TRUC_E_NOT_FOUND, "the journal has no record %llu yet",
                         (unsigned long long)query.position);
    core_effect(core, EFFECT_LOOK)->look = (struct core_look){.what = LOOK_PAYLOAD,
                                                              .peer = session->peer,
                                                              .number = number,
                                                              .sequence = query.position,
                                                              .arguments = core_keep(core, arguments)};
    return 0;
}

static int judge(const struct core_looked *looked, struct record_accepted *ret_accepted, struct truc_fault *fault)
{
    unsigned long long position = (unsigned long long)looked->look.sequence;
    if (looked->code < 0 && looked->code != TRUC_E_ERASED && looked->code != TRUC_E_JOURNAL_KEY)
        return fault_set(fault, looked->code, "record %llu can't be read from the disk", position);
    if (looked->kind != RECORD_ACCEPTED)
        return fault_set(fault, TRUC_E_NOT_FOUND, "record %llu is no message (%s)", position,
                         record_kind_name(looked->kind));
    if (looked->code == TRUC_E_ERASED)
        return fault_set(fault, looked->code, "the payload of record %llu was erased or purged", position);
    if (looked->code < 0)
        return fault_set(fault, looked->code, "the payload of record %llu can't be read: its key is missing", position);
    return record_accepted_decode(looked->body, ret_accepted, NULL);
}

static void put_shown(const struct core_looked *looked, struct bytes header, struct buffer *out)
{
    wire_put_uint(out, 1, looked->look.sequence);
    wire_put_fixed64(out, 2, looked->time_ns);
    wire_put_bytes(out, 3, header);
    wire_put_bytes(out, 4, looked->payload);
}

int payload_show_done(struct core *core, const struct core_looked *looked)
{
    const struct client *session = client_of(core, looked->look.peer);
    struct payload_query query = {0};
    struct record_accepted accepted = {0};
    struct truc_fault fault = {0};
    if (session == NULL)
        return 0; /* gone before anything was read for it */
    int code = query_decode(looked->look.arguments, &query, NULL);
    if (code == 0)
        code = judge(looked, &accepted, &fault);
    if (code < 0 && fault.code == 0)
        return code;
    struct buffer result = {0};
    const struct record_operation record = {.operator_id = bytes_string(session->system),
                                            .verb = bytes_string(PAYLOAD_SHOW_VERB),
                                            .arguments = looked->look.arguments,
                                            .reason = query.reason,
                                            .code = (uint32_t)-fault.code};
    code = operation_journal(core, &record);
    if (fault.code == 0)
        put_shown(looked, accepted.header, &result);
    if (code == 0 && buffer_failed(&result))
        code = TRUC_E_MEMORY;
    if (code == 0)
        code = operation_answer(core, session, looked->look.number, &fault, buffer_view(&result));
    buffer_free(&result);
    return code;
}
