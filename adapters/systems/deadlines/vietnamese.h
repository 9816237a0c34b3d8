/* vietnamese.h - numbers, dates and shares as people in Vietnam write them: 58.120; 23/11/2026 14:03 GMT+7; 99,8 %.
 * Not translation. Columns count characters, not bytes.
 * Called by report.c and explain.c. */
#ifndef DEADLINES_VIETNAMESE_H
#define DEADLINES_VIETNAMESE_H

#include "buffer.h"

enum { VIETNAMESE_BYTES = 40 };

void vietnamese_number(uint64_t number, char out[VIETNAMESE_BYTES]);
/* part of whole in percent with two places, cut off, never rounded up to what was not reached; "không có" without a whole. */
void vietnamese_share(uint64_t part, uint64_t whole, char out[VIETNAMESE_BYTES]);
void vietnamese_time(uint64_t time_ns, char out[VIETNAMESE_BYTES]); /* 23/11/2026 14:03 GMT+7; "không có" for 0 */
void vietnamese_day(uint64_t time_ns, char out[VIETNAMESE_BYTES]);  /* 23/11/2026 */
/* A day from 23/11/2026 or 2026-11-23: its first instant in GMT+7. TRUC_E_ARGUMENT. */
int vietnamese_parse_day(const char *text, uint64_t *ret_time_ns);
/* 1 ngày 3 giờ 30 phút, of working time: a day has 8 hours. */
void vietnamese_working_span(uint64_t span_ns, char out[VIETNAMESE_BYTES]);

/* Appends the text, filled with spaces up to `columns` characters: behind it, or before it. */
void vietnamese_left(struct buffer *out, const char *text, size_t columns);
void vietnamese_right(struct buffer *out, const char *text, size_t columns);

#endif
