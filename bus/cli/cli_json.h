/* cli_json.h - what programs get from `truc … --output json`: one document, stable names, plain numbers, UTC.
 * Not: the JSON of payloads (schema_to_json) or of reports (policy_report_json), which are made there.
 * In the flow: commands build a jansson value; cli_json_print ends them. */
#ifndef TRUC_CLI_JSON_H
#define TRUC_CLI_JSON_H

#include "buffer.h"

#include <jansson.h>
#include <stdio.h>

/* Text that may hold anything: what is not UTF-8 becomes U+FFFD. */
json_t *cli_json_text(struct bytes text);
json_t *cli_json_hex(struct bytes data);
json_t *cli_json_time(uint64_t time_ns); /* RFC 3339 in UTC; null for 0 */
json_t *cli_json_count(uint64_t count);
/* Appends a text as a JSON string, which is a YAML one too, whatever is in it. */
void cli_json_append_string(struct buffer *out, const char *text);
/* Sets a member and takes the value over; a NULL value (out of memory) is remembered by the missing member. */
void cli_json_set(json_t *object, const char *name, json_t *value);
/* Prints one document and releases it. 0, or TRUC_E_MEMORY when there is none. */
int cli_json_print(json_t *value, FILE *out);
/* The same on one line: for streams. */
int cli_json_print_line(json_t *value, FILE *out);

#endif
