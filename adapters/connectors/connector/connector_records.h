/* connector_records.h - the objects that no schema describes: a message's header as mappings see it.
 * Constant tables only.
 * In the flow: the loader checks paths and message: keys against them. */
#ifndef TRUC_CONNECTOR_RECORDS_H
#define TRUC_CONNECTOR_RECORDS_H

#include "mapping_type.h"

/* `header` of a delivered message: id, type, source, subject, time, …, purpose. */
extern const struct mapping_record connector_header_record;
/* `purpose`: procedure, dossier, officer, legal-basis. */
extern const struct mapping_record connector_purpose_record;
/* `call` in an envelope: service. */
extern const struct mapping_record http_call_record;
/* `message` in the answer to an accepted event: id, sequence. */
extern const struct mapping_record connector_accepted_record;

/* What stands under message: beside body. Fills @ret_members (CONNECTOR_MESSAGE_MEMBERS) for a type; body is the last. */
enum { CONNECTOR_MESSAGE_MEMBERS = 12 };
void connector_message_members(const struct schema_message *message,
                               struct mapping_member ret_members[CONNECTOR_MESSAGE_MEMBERS]);

#endif
