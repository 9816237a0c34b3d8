/* connector_body.h - a payload as the JSON that people and programs read: words for codes, RFC 3339 for instants.
 * Not what mappings see (mapping_payload.h). The other way is schema_from_json, which takes what this makes.
 * In the flow: golden cases and truc-exec -> this. */
#ifndef TRUC_CONNECTOR_BODY_H
#define TRUC_CONNECTOR_BODY_H

#include <jansson.h>

#include "schema.h"

/* A new reference. TRUC_E_PAYLOAD, TRUC_E_MEMORY. */
int connector_body_of(const struct schema_message *message, struct bytes payload, json_t **ret_body,
                      struct truc_fault *fault);

#endif
