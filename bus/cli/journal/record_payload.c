/* record_payload.c - see record_payload.h.
 * The record's own sequence is read again with its payload: scans don't decrypt what nobody asked to see.
 * A reply has its request's type with ".reply" behind it; its schema is the request's answer. */
#include "record_payload.h"

#include "cli_words.h"
#include "record.h"

const struct schema_message *record_payload_schema(const struct schema_set *set, const struct header *header)
{
    static const char suffix[] = ".reply";
    size_t size = sizeof suffix - 1;
    if (header->kind != HEADER_REPLY)
        return schema_set_find_type(set, header->type);
    if (header->type.size <= size || memcmp(header->type.data + header->type.size - size, suffix, size) != 0)
        return NULL;
    const struct schema_message *request =
        schema_set_find_type(set, bytes_of(header->type.data, header->type.size - size));
    return request ? request->reply : NULL;
}

int record_payload_append(struct cli_journal *journal, const struct journal_record *record, bool pretty,
                          struct buffer *out, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record whole = {0};
    struct record_accepted accepted = {0};
    struct header header = {0};
    const struct policy *policy = NULL;
    const struct schema_json_options options = {.mask = true, .pretty = pretty, .words = true, .instants = true};
    if (record->kind != RECORD_ACCEPTED || !record->has_payload)
        return fault_set(fault, TRUC_E_ARGUMENT, _("record %llu has no payload"), (unsigned long long)record->sequence);
    if (!journal->has_key)
        return fault_set(fault, TRUC_E_JOURNAL_KEY, _("payloads are encrypted and no key is at hand"));
    int code = journal_read(journal->journal, record->sequence, JOURNAL_WITH_PAYLOAD, &scratch, &whole, fault);
    if (code == 0)
        code = record_accepted_decode(whole.body, &accepted, fault);
    if (code == 0)
        code = header_decode(accepted.header, &header, fault);
    if (code == 0)
        code = cli_journal_policy(journal, accepted.configuration, &policy, fault);
    if (code < 0 || policy == NULL)
        return code;
    const struct schema_message *schema = record_payload_schema(policy->schemas, &header);
    if (schema == NULL)
        return fault_set(fault, TRUC_E_UNKNOWN_TYPE, _("no schema of that time has the type '%.*s'"),
                         BYTES_PRINTF(header.type));
    return schema_to_json(schema, whole.payload, &options, out, fault);
}
