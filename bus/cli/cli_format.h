/* cli_format.h - numbers and times as people in Việt Nam read them, and text that is safe on a terminal.
 * Not: JSON, where numbers are plain and times UTC (cli_json.h).
 * In the flow: every command's text output. */
#ifndef TRUC_CLI_FORMAT_H
#define TRUC_CLI_FORMAT_H

#include "buffer.h"
#include "time_text.h"

#include <stdio.h>

enum { CLI_NUMBER_BYTES = 32 };

const char *cli_format_count(uint64_t count, char out[CLI_NUMBER_BYTES]);   /* 58.120; returns out */
const char *cli_format_bytes(uint64_t size, char out[CLI_NUMBER_BYTES]);    /* 1,4 MiB */
const char *cli_format_time(uint64_t time_ns, char out[TIME_TEXT_BYTES]);   /* 23/11/2026 14:03 GMT+7; "-" for 0 */
const char *cli_format_moment(uint64_t time_ns, char out[TIME_TEXT_BYTES]); /* 23/11/2026 14:03:07.118 */
const char *cli_format_clock(uint64_t time_ns, char out[TIME_TEXT_BYTES]);  /* 14:03:07.118, GMT+7 */
const char *cli_format_uptime(uint64_t span_ns, char out[TIME_TEXT_BYTES]); /* 00:01:12, or 3d 04:05:06 */

/* Appends text that came from elsewhere: control characters and what is not UTF-8 become U+FFFD, and digits that may
 * be a citizen's number keep their last three only, as in the search index (journal_index_mask). */
void cli_append_safe(struct buffer *out, struct bytes text);
/* The same, where a key or another hash is shown by its beginning, as everywhere else: "8f463a72…". */
void cli_append_short(struct buffer *out, struct bytes text);
/* Appends text filled with spaces to `width` characters (not bytes); longer text is left as it is. */
void cli_append_padded(struct buffer *out, struct bytes text, size_t width);
/* Prints a whole text: 0, or TRUC_E_MEMORY when it could not be made. */
int cli_text_print(struct buffer *text, FILE *out);
/* Characters on a terminal: code points that are not combining marks. */
size_t cli_text_width(struct bytes text);

#endif
