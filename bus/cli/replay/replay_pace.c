/* replay_pace.c - due times from the first message on, so that waits don't add up.
 * See replay_pace.h. */
#include "replay_pace.h"
#include "cli_words.h"

#include "fault.h"

#include <string.h>

/* "4" or "0.25" as thousandths; 0: it is no such number. */
static uint64_t parse_times(const char *text, const char **ret_end)
{
    uint64_t thousandths = 0, place = REPLAY_THOUSANDTHS;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && thousandths <= (uint64_t)REPLAY_TIMES_MAX * REPLAY_THOUSANDTHS; at++)
        thousandths = thousandths * 10 + (uint64_t)(*at - '0') * REPLAY_THOUSANDTHS;
    if (at > text && *at == '.')
        for (at++; *at >= '0' && *at <= '9' && place > 1; at++) {
            place /= 10;
            thousandths += (uint64_t)(*at - '0') * place;
        }
    *ret_end = at;
    return thousandths;
}

int replay_pace_parse(const char *text, struct replay_pace *ret_pace, struct truc_fault *fault)
{
    if (strcmp(text, "max") == 0 || strcmp(text, "recorded") == 0) {
        *ret_pace = (struct replay_pace){.thousandths = strcmp(text, "recorded") == 0 ? REPLAY_THOUSANDTHS : 0};
        return 0;
    }
    const char *end = text;
    uint64_t thousandths = parse_times(text, &end);
    if (thousandths == 0 || thousandths > (uint64_t)REPLAY_TIMES_MAX * REPLAY_THOUSANDTHS || strcmp(end, "x") != 0)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--pace %s: recorded, max, or from 0.001x to %dx"), text,
                         REPLAY_TIMES_MAX);
    *ret_pace = (struct replay_pace){.thousandths = thousandths};
    return 0;
}

uint64_t replay_pace_wait_ns(struct replay_pace *pace, uint64_t accepted_ns, uint64_t now_up_ns)
{
    if (!pace->is_begun) {
        pace->is_begun = true;
        pace->first_ns = accepted_ns;
        pace->begun_up_ns = now_up_ns;
    }
    if (pace->thousandths == 0 || accepted_ns <= pace->first_ns) /* a clock may have gone back */
        return 0;
    uint64_t span_ns = accepted_ns - pace->first_ns, whole = span_ns / pace->thousandths;
    uint64_t due_up_ns = pace->begun_up_ns + whole * REPLAY_THOUSANDTHS +
                         span_ns % pace->thousandths * REPLAY_THOUSANDTHS / pace->thousandths;
    return due_up_ns > now_up_ns ? due_up_ns - now_up_ns : 0;
}
