/* far_retry.h - what an HTTP answer means for a post that must arrive, and when to try again.
 * Pure. One rule for citizens and clerks; README.md, "Common rules". */
#ifndef FAR_RETRY_H
#define FAR_RETRY_H

#include "far_json.h"

enum { FAR_RETRY_FIRST_MS = 200, FAR_RETRY_MOST_MS = 3000, FAR_ERROR_CODE_BYTES_MAX = 48 };

enum far_outcome {
    FAR_OUTCOME_TAKEN,   /* 2xx */
    FAR_OUTCOME_AGAIN,   /* answered, but not now: 408, 425, 429, 5xx */
    FAR_OUTCOME_UNKNOWN, /* no answer: it may have been taken */
    FAR_OUTCOME_REFUSED, /* any other answer: final */
};

/* `result` is what far_client_post returned. */
enum far_outcome far_outcome_of(int result);
/* The pause after `attempts` tries: doubles from the first to the most. */
uint32_t far_retry_pause_ms(unsigned attempts);
/* The answer's "error_code" or, without an answer, the fault's name; "" when there is none. Control characters and
 * anything over the limit are left out: the text goes into logs. */
void far_error_code(int result, struct bytes answer, char out[FAR_ERROR_CODE_BYTES_MAX + 1]);

#endif
