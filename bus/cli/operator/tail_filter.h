/* tail_filter.h - which of the broker's events somebody wants to see.
 * Not: asking for fewer of them: the broker sends all, so that one who follows costs it the same whatever he looks for.
 * In the flow: cmd_tail reads it from the options and asks it about each event. */
#ifndef TRUC_TAIL_FILTER_H
#define TRUC_TAIL_FILTER_H

#include "cli_arguments.h"
#include "operator_answer.h"

#define TAIL_FILTER_OPTIONS                                                                                            \
    {.name = "code", .value = "ERROR", .explanation = N_("only what was refused with this error")},                    \
        {.name = "system", .value = "SYSTEM", .explanation = N_("only what this system sends or gets")},               \
        {.name = "from", .value = "SYSTEM", .explanation = N_("only what this system sends")},                         \
        {.name = "to", .value = "SYSTEM", .explanation = N_("only what goes to this system")},                         \
        {.name = "type", .value = "TYPE", .explanation = N_("only messages of this type")},                            \
    {                                                                                                                  \
        .name = "dossier", .value = "CODE", .explanation = N_("only messages about this dossier")                      \
    }

/* Empty texts and code 0 take everything. */
struct tail_filter {
    bool only_refused;
    uint32_t code;
    struct bytes system, from, to, type, subject;
};

/* From --refused and TAIL_FILTER_OPTIONS. TRUC_E_ARGUMENT: there is no such error. */
int tail_filter_read(const struct cli_arguments *arguments, struct tail_filter *ret_filter, struct truc_fault *fault);
bool tail_filter_takes(const struct tail_filter *filter, const struct operator_event *event);

#endif
