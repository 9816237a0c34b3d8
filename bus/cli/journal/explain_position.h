/* explain_position.h - `truc route explain --position N`: why a message of the journal went where it went.
 * Not: whether the record is genuine (journal verify).
 * In the flow: a branch of cmd_route_explain. */
#ifndef TRUC_CLI_EXPLAIN_POSITION_H
#define TRUC_CLI_EXPLAIN_POSITION_H

#include "cli.h"
#include "cli_arguments.h"

/* Explains it under the configuration in force at that time, kept whole in the journal, and under the present one when
 * that is another. Exit code 1 when the message was refused, or would be by the present configuration. */
int route_explain_position(struct cli *cli, const struct cli_arguments *arguments);

#endif
