/* system_change.h - what the commands that change a system's file on a running bus have in common: a reason, and the reload.
 * Not: the change (system_edit.h).
 * In the flow: options → here → the broker, which journals who and why. */
#ifndef TRUC_SYSTEM_CHANGE_H
#define TRUC_SYSTEM_CHANGE_H

#include "cli.h"
#include "cli_arguments.h"
#include "cli_broker.h"
#include "cli_words.h"
#include "fault.h"

/* What each of them takes. */
#define SYSTEM_CHANGE_OPTIONS                                                                                          \
    {.name = "reason", .value = "TEXT", .explanation = N_("why: it is journaled with your name")},                     \
        {.name = "config",                                                                                             \
         .value = "CONFIGDIR",                                                                                         \
         .explanation = N_("the configuration the broker reads, instead of the state directory's")},                   \
        CLI_BROKER_OPTIONS

/* TRUC_E_ARGUMENT when no reason was given. */
int system_change_check_reason(const struct cli_arguments *arguments, struct truc_fault *fault);
/* Who asks the broker: it may not shut itself out. */
bool system_change_is_asker(const struct cli_arguments *arguments, const char *id);
/* Asks the broker to reload, now that `path` says what was wanted; the exit code. */
int system_change_reload(struct cli *cli, const struct cli_arguments *arguments, const char *path);

#endif
