/* cli_payload.h - a payload from --field PATH=VALUE options, and a header view from --header NAME=VALUE.
 * Not: a message that could be sent; it is what routes and agreements look at.
 * In the flow: truc route explain. */
#ifndef TRUC_CLI_PAYLOAD_H
#define TRUC_CLI_PAYLOAD_H

#include "cli_arguments.h"
#include "policy.h"
#include "schema.h"

/* Appends the payload, written by the type's schema. Paths with or without "body."; enums by word; a field of a list
 * may be given several times. TRUC_E_ARGUMENT with the field in fault->where, and a did-you-mean. */
int cli_payload_build(const struct schema_message *message, const struct cli_arguments *arguments, struct buffer *out,
                      struct truc_fault *fault);
/* Views into the arguments. TRUC_E_ARGUMENT for unknown names and values. */
int cli_header_build(const struct cli_arguments *arguments, struct policy_header_view *ret_header,
                     struct truc_fault *fault);

#endif
