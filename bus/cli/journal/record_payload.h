/* record_payload.h - an accepted record's payload as people may see it: personal fields masked by the schema.
 * Not: the payload in clear. Schemas are those of the configuration it was accepted under, kept in the journal.
 * In the flow: journal show --payload. */
#ifndef TRUC_RECORD_PAYLOAD_H
#define TRUC_RECORD_PAYLOAD_H

#include "cli_journal.h"
#include "header.h"
#include "schema.h"

/* Appends JSON (pretty: several lines). TRUC_E_JOURNAL_KEY: there is no key at hand; TRUC_E_ERASED;
 * TRUC_E_UNKNOWN_TYPE; TRUC_E_ARGUMENT: the record has no payload. */
int record_payload_append(struct cli_journal *journal, const struct journal_record *record, bool pretty,
                          struct buffer *out, struct truc_fault *fault);

/* The schema of a message's payload; NULL: the set has none. */
const struct schema_message *record_payload_schema(const struct schema_set *set, const struct header *header);

#endif
