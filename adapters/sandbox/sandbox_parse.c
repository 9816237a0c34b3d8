/* sandbox_parse.c - the small notations of the command line: outages, shares, rates.
 * No argp here, so that the tests reach them. See sandbox_options.h. */
#include "sandbox_options.h"

#include <fault.h>
#include <math.h>
#include <stdlib.h>
#include <time_text.h>

static int parse_number(const char *text, const char *unit, double *ret_number)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text || !isfinite(number) || number < 0 || (*end && strcmp(end, unit) != 0))
        return TRUC_E_ARGUMENT;
    *ret_number = number;
    return 0;
}

int sandbox_share_parse(const char *text, double *ret_share, struct truc_fault *fault)
{
    double share = 0;
    int result = parse_number(text, "%", &share);
    if (result == 0 && strchr(text, '%'))
        share /= 100;
    if (result < 0 || share > 1)
        return fault_set(fault, TRUC_E_ARGUMENT, "'%s' is no share: write 8%% or 0.08", text);
    *ret_share = share;
    return 0;
}

int sandbox_rate_parse(const char *text, double *ret_rate, struct truc_fault *fault)
{
    double rate = 0;
    if (parse_number(text, "/s", &rate) < 0 || rate > FAR_RATE_MAX)
        return fault_set(fault, TRUC_E_ARGUMENT, "'%s' is no rate: write 20 or 20/s, at most %d", text, FAR_RATE_MAX);
    *ret_rate = rate;
    return 0;
}

static int parse_span_ms(const char *text, uint64_t *ret_ms)
{
    uint64_t span_ns = 0;
    int result = span_parse(bytes_string(text), &span_ns);
    if (result == 0)
        *ret_ms = span_ns / TIME_NS_PER_MS;
    return result;
}

int sandbox_outage_parse(char *text, struct sandbox_outage *ret_outage, struct truc_fault *fault)
{
    struct sandbox_outage outage = {.id = text, .kind = FAR_OUTAGE_REFUSED};
    char *start = strchr(text, ':');
    char *length = start ? strchr(start, '+') : NULL;
    if (!length)
        return fault_set(fault, TRUC_E_ARGUMENT, "'%s' is no outage: write population:5s+8s", text);
    *start++ = '\0';
    *length++ = '\0';
    char *kind = strchr(length, ':');
    if (kind)
        *kind++ = '\0';
    if (kind && strcmp(kind, "503") == 0)
        outage.kind = FAR_OUTAGE_503;
    else if (kind && strcmp(kind, "refused") != 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "an outage is 'refused' or '503', not '%s'", kind);
    if (!far_side_kind_find(outage.id))
        return fault_set(fault, TRUC_E_ARGUMENT, "there is no far side '%s'", outage.id);
    if (parse_span_ms(start, &outage.start_ms) < 0 || parse_span_ms(length, &outage.length_ms) < 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "'%s+%s' are no spans: write 5s+8s", start, length);
    *ret_outage = outage;
    return 0;
}
