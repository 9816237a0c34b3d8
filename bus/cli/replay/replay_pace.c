/* replay_pace.c - due times from the first message on, so that waits don't add up.
 * See replay_pace.h. */
#include "replay_pace.h"

#include "fault.h"

#include <stdlib.h>
#include <string.h>

int replay_pace_parse(const char *text, struct replay_pace *ret_pace, struct truc_fault *fault)
{
    char *end = NULL;
    if (strcmp(text, "max") == 0 || strcmp(text, "recorded") == 0) {
        *ret_pace = (struct replay_pace){.times = strcmp(text, "recorded") == 0};
        return 0;
    }
    unsigned long long times = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    if (times == 0 || times > REPLAY_TIMES_MAX || end == NULL || strcmp(end, "x") != 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "--pace %s: recorded, max, or 1x to %dx", text, REPLAY_TIMES_MAX);
    *ret_pace = (struct replay_pace){.times = times};
    return 0;
}

uint64_t replay_pace_wait_ns(struct replay_pace *pace, uint64_t accepted_ns, uint64_t now_up_ns)
{
    if (!pace->is_begun) {
        pace->is_begun = true;
        pace->first_ns = accepted_ns;
        pace->begun_up_ns = now_up_ns;
    }
    if (pace->times == 0 || accepted_ns <= pace->first_ns) /* a clock may have gone back */
        return 0;
    uint64_t due_up_ns = pace->begun_up_ns + (accepted_ns - pace->first_ns) / pace->times;
    return due_up_ns > now_up_ns ? due_up_ns - now_up_ns : 0;
}
