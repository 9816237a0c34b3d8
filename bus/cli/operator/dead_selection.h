/* dead_selection.h - which dead letters a command means, by its options, and asking the broker about them.
 * Not: what is done with them.
 * Used by cmd_dead.c and cmd_dead_change.c. */
#ifndef TRUC_DEAD_SELECTION_H
#define TRUC_DEAD_SELECTION_H

#include "cli_arguments.h"
#include "cli_client.h"
#include "operator_answer.h"

#define DEAD_SELECTION_OPTIONS                                                                                         \
    {.name = "destination", .value = "SYSTEM", .explanation = N_("only those for this system")},                       \
        {.name = "from", .value = "SYSTEM", .explanation = N_("only those of this sender")},                           \
        {.name = "type", .value = "TYPE", .explanation = N_("only messages of this type")},                            \
        {.name = "code", .value = "ERROR", .explanation = N_("only those that died of this error: RETRIES")},          \
    {                                                                                                                  \
        .name = "position", .value = "N", .explanation = N_("only the message at this journal position")               \
    }

/* Views into the arguments. A command may lack some of the options. */
int dead_selection_read(const struct cli_arguments *arguments, struct operator_dead_query *ret,
                        struct truc_fault *fault);
bool dead_selection_is_all(const struct operator_dead_query *query); /* no option narrows it */
int dead_selection_call(struct cli_client *client, const char *verb, const struct operator_dead_query *query,
                        struct command_answer *ret_answer, struct truc_fault *fault);

#endif
