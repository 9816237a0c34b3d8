/* system_ask.h - one system as the running broker has it: for who has no copy of the configuration, or wants what is in force.
 * Not the configuration on disk (cmd_system_show.c).
 * In the flow: system show --as WHO, or by a context that names settings. */
#ifndef TRUC_SYSTEM_ASK_H
#define TRUC_SYSTEM_ASK_H

#include "cli.h"
#include "cli_arguments.h"

/* Asks and prints; an exit code. */
int system_ask(const struct cli *cli, const struct cli_arguments *arguments, const char *system);

#endif
