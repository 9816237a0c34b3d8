/* far_clock.h - what time it is, for the far sides only: wall clock for documents, monotonic clock for waiting.
 * Nothing of the bus asks here. */
#ifndef FAR_CLOCK_H
#define FAR_CLOCK_H

#include <stdint.h>
#include <time_text.h>

enum { FAR_VIETNAM_OFFSET_MINUTES = 7 * 60 };

uint64_t far_clock_wall_ns(void);   /* UTC, since 1970 */
uint64_t far_clock_steady_us(void); /* since an arbitrary start; never jumps */
uint64_t far_clock_steady_ms(void);
void far_clock_compact(uint64_t wall_ns, char out[TIME_TEXT_BYTES]); /* yyyyMMddHHmmss, GMT+7 */

#endif
