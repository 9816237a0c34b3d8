/* mapping_time.h - instants written and read by a pattern, as the far sides have them: "yyyyMMddHHmmss".
 * Patterns follow Java's DateTimeFormatter (what the interfaces' manuals quote), a small fixed-width part of it:
 * yyyy MM dd HH mm ss SSS XXX, texts in '…', other signs as themselves. No clock, no time zones: offsets only. */
#ifndef TRUC_MAPPING_TIME_H
#define TRUC_MAPPING_TIME_H

#include "buffer.h"
#include <truc/error.h>

enum { MAPPING_ZONE_MINUTES_MAX = 14 * 60 };

/* 0, or TRUC_E_CONFIG naming the part that is not known. To be read, a pattern needs yyyy, MM and dd. */
int mapping_time_check_pattern(struct bytes pattern, bool to_read, struct truc_fault *fault);
/* "+07:00", "-03:30", "Z" → minutes east of Greenwich; TRUC_E_CONFIG. */
int mapping_time_parse_zone(struct bytes zone, int *ret_offset_minutes, struct truc_fault *fault);

/* Appends. @pattern has been checked. */
void mapping_time_write(uint64_t time_ns, struct bytes pattern, int offset_minutes, struct buffer *out);
/* Strict: every digit, real days only (29 February in leap years), nothing left over. TRUC_E_PAYLOAD. XXX overrides
 * the offset. */
int mapping_time_read(struct bytes text, struct bytes pattern, int offset_minutes, uint64_t *ret_time_ns);

#endif
