/* doctor_finding.c - the list of findings, and the marks by which numbers are judged.
 * Not: looking (the other doctor_*.c). A finding that finds no room is counted, never dropped in silence.
 * Below all checks; see doctor.h. */
#include "doctor.h"

#include "cli_words.h"
#include "time_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { TEXT_BYTES_MAX = 1024 };

const char *doctor_state_name(enum doctor_state state)
{
    static const char *const names[] = {N_("good"), N_("warn"), N_("bad")};
    return names[state];
}

static const char *keep_text(struct doctor *doctor, const char *format, va_list arguments)
{
    char text[TEXT_BYTES_MAX];
    int size = vsnprintf(text, sizeof text, format, arguments);
    const char *kept = size < 0 ? NULL : arena_string(&doctor->arena, bytes_string(text));
    return kept ? kept : "";
}

void doctor_say(struct doctor *doctor, enum doctor_state state, const char *check, const char *format, ...)
{
    va_list arguments;
    doctor->states[state]++;
    if (doctor->count == DOCTOR_FINDINGS_MAX) {
        doctor->left_out++;
        return;
    }
    va_start(arguments, format);
    doctor->findings[doctor->count++] = (struct doctor_finding){state, check, keep_text(doctor, format, arguments), ""};
    va_end(arguments);
}

void doctor_advise(struct doctor *doctor, const char *format, ...)
{
    va_list arguments;
    if (doctor->left_out || doctor->count == 0)
        return;
    va_start(arguments, format);
    doctor->findings[doctor->count - 1].advice = keep_text(doctor, format, arguments);
    va_end(arguments);
}

void doctor_say_fault(struct doctor *doctor, enum doctor_state state, const char *check, const struct truc_fault *fault)
{
    doctor_say(doctor, state, check, "%s%s%s%s [%s]", cli_words(fault->text), *fault->where ? " (" : "", fault->where,
               *fault->where ? ")" : "", truc_error_name(fault->code));
    doctor_advise(doctor, "%s", cli_words(fault->hint));
}

/* ---- judging ---- */

enum doctor_state doctor_judge_sync(uint32_t median_us)
{
    return median_us <= DOCTOR_SYNC_GOOD_US ? DOCTOR_GOOD : median_us <= DOCTOR_SYNC_BAD_US ? DOCTOR_WARN : DOCTOR_BAD;
}

enum doctor_state doctor_judge_disk(unsigned used_percent, unsigned max_percent)
{
    if (used_percent > max_percent)
        return DOCTOR_BAD;
    return used_percent + DOCTOR_DISK_NEAR_PERCENT > max_percent ? DOCTOR_WARN : DOCTOR_GOOD;
}

enum doctor_state doctor_judge_end(uint64_t now_ns, uint64_t end_ns)
{
    if (end_ns <= now_ns)
        return DOCTOR_BAD;
    return end_ns - now_ns <= DOCTOR_END_NEAR_DAYS * 86400ull * TIME_NS_PER_S ? DOCTOR_WARN : DOCTOR_GOOD;
}

enum doctor_state doctor_judge_descriptors(uint64_t soft)
{
    return soft >= DOCTOR_DESCRIPTORS ? DOCTOR_GOOD : soft >= DOCTOR_DESCRIPTORS_LEAST ? DOCTOR_WARN : DOCTOR_BAD;
}

enum doctor_state doctor_judge_clock(uint64_t now_ns, uint64_t last_ns, bool synchronised, uint64_t error_ms)
{
    if (now_ns + DOCTOR_CLOCK_BACK_MS * TIME_NS_PER_MS < last_ns)
        return DOCTOR_BAD;
    return synchronised && error_ms <= DOCTOR_CLOCK_ERROR_MS ? DOCTOR_GOOD : DOCTOR_WARN;
}

enum doctor_state doctor_judge_checkpoint(uint64_t now_ns, uint64_t first_uncovered_ns)
{
    uint64_t near_ns = DOCTOR_CHECKPOINT_HOURS * 3600ull * TIME_NS_PER_S;
    return now_ns > first_uncovered_ns && now_ns - first_uncovered_ns > near_ns ? DOCTOR_WARN : DOCTOR_GOOD;
}

enum doctor_state doctor_judge_secret(mode_t mode, uid_t owner, uid_t keeper)
{
    if (!S_ISREG(mode) || (mode & (S_IRWXG | S_IRWXO)))
        return DOCTOR_BAD;
    return owner == keeper || owner == 0 ? DOCTOR_GOOD : DOCTOR_BAD;
}
