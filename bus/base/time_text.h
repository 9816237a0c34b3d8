/* time_text.h - instants and spans as text. On the bus: UTC nanoseconds since 1970; for people: GMT+7.
 * Pure conversions; nobody here asks what time it is. */
#ifndef TRUC_TIME_TEXT_H
#define TRUC_TIME_TEXT_H

#include "bytes.h"

enum { TIME_TEXT_BYTES = 40 };
#define TIME_NS_PER_S  1000000000ull
#define TIME_NS_PER_US 1000ull
#define TIME_NS_PER_MS 1000000ull

void time_format_clock(uint64_t time_ns, char out[TIME_TEXT_BYTES]);   /* 14:03:07.118 (GMT+7) */
void time_format_full(uint64_t time_ns, char out[TIME_TEXT_BYTES]);    /* 2026-11-23 14:03:07.118 +07:00 */
void time_format_rfc3339(uint64_t time_ns, char out[TIME_TEXT_BYTES]); /* 2026-11-23T07:03:07.118000000Z */
void time_format_compact(uint64_t time_ns, int offset_minutes, char out[TIME_TEXT_BYTES]); /* yyyyMMddHHmmss */
int time_parse_rfc3339(struct bytes text, uint64_t *ret_time_ns);
int time_parse_compact(struct bytes text, int offset_minutes, uint64_t *ret_time_ns);
int time_parse_date(struct bytes text, int offset_minutes,
                    uint64_t *ret_time_ns);                    /* 2026-12-31 → first instant of that day */
int span_parse(struct bytes text, uint64_t *ret_span_ns);      /* 250ms 5s 5m 24h 7d; whole numbers */
void span_format(uint64_t span_ns, char out[TIME_TEXT_BYTES]); /* largest unit that divides it: 90s → 90s, 120s → 2m */

#endif
