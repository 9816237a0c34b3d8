/* connector_records.c - see connector_records.h. Names are those of the configuration: hyphens, no underscores.
 * Holds no values.
 * In the flow: read by the loader only. */
#include "connector_records.h"

/* clang-format off */
#define MEMBER(name_, kind_) {(name_), {.kind = (kind_)}}
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct mapping_member purpose_members[] = {
    MEMBER("procedure", MAPPING_TEXT),
    MEMBER("dossier", MAPPING_TEXT),
    MEMBER("officer", MAPPING_TEXT),
    MEMBER("legal-basis", MAPPING_TEXT),
};
const struct mapping_record connector_purpose_record = {"purpose", purpose_members, COUNT(purpose_members)};

static const struct mapping_member header_members[] = {
    MEMBER("id", MAPPING_TEXT),           MEMBER("type", MAPPING_TEXT),
    MEMBER("source", MAPPING_TEXT),       MEMBER("subject", MAPPING_TEXT),
    MEMBER("time", MAPPING_TIME),         MEMBER("urgency", MAPPING_TEXT),
    MEMBER("ordering-key", MAPPING_TEXT), MEMBER("correlation-id", MAPPING_TEXT),
    MEMBER("causation-id", MAPPING_TEXT), MEMBER("traceparent", MAPPING_TEXT),
    MEMBER("sequence", MAPPING_INTEGER),  MEMBER("attempt", MAPPING_INTEGER),
    MEMBER("historical", MAPPING_BOOL),   {"purpose", {.kind = MAPPING_RECORD, .record = &connector_purpose_record}},
};
const struct mapping_record connector_header_record = {"the header", header_members, COUNT(header_members)};

static const struct mapping_member call_members[] = {MEMBER("service", MAPPING_TEXT), MEMBER("name", MAPPING_TEXT)};
const struct mapping_record http_call_record = {"the call", call_members, COUNT(call_members)};

static const struct mapping_member accepted_members[] = {MEMBER("id", MAPPING_TEXT),
                                                         MEMBER("sequence", MAPPING_INTEGER)};
const struct mapping_record connector_accepted_record = {"the message", accepted_members, COUNT(accepted_members)};

void connector_message_members(const struct schema_message *message,
                               struct mapping_member ret_members[CONNECTOR_MESSAGE_MEMBERS])
{
    const struct mapping_member members[CONNECTOR_MESSAGE_MEMBERS] = {
        MEMBER("id", MAPPING_ANY),
        MEMBER("subject", MAPPING_TEXT),
        MEMBER("time", MAPPING_TIME),
        MEMBER("classification", MAPPING_TEXT),
        MEMBER("urgency", MAPPING_TEXT),
        MEMBER("ordering-key", MAPPING_TEXT),
        MEMBER("correlation-id", MAPPING_TEXT),
        MEMBER("causation-id", MAPPING_TEXT),
        MEMBER("traceparent", MAPPING_TEXT),
        MEMBER("historical", MAPPING_BOOL),
        {"purpose", {.kind = MAPPING_RECORD, .record = &connector_purpose_record}},
        {"body", mapping_type_of_message(message)},
    };
    for (size_t i = 0; i < CONNECTOR_MESSAGE_MEMBERS; i++)
        ret_members[i] = members[i];
}
