/* mapping_payload.h - payload bytes as a JSON tree and back, by the message's schema.
 * Not the mapping itself. Enums are their words, times integers of UTC nanoseconds, other 64-bit numbers integers.
 * In the flow: payload -> tree -> mapping (outbound); mapping -> tree -> payload (inbound, replies). */
#ifndef TRUC_MAPPING_PAYLOAD_H
#define TRUC_MAPPING_PAYLOAD_H

#include <jansson.h>

#include "mapping_template.h"

/* A new reference. TRUC_E_PAYLOAD when the bytes do not fit the schema, TRUC_E_MEMORY. */
int mapping_payload_read(const struct schema_message *message, struct bytes payload, json_t **ret_tree,
                         struct truc_fault *fault);
/* Appends. TRUC_E_PAYLOAD with, in where, what the wrong field was made from (by @template, which may be NULL: the
 * field). */
int mapping_payload_write(const struct schema_message *message, const json_t *tree,
                          const struct mapping_template *template, struct buffer *out, struct truc_fault *fault);

#endif
