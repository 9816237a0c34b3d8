/* cli_broker.h - from a command's options to an open conversation with the broker.
 * Not: the conversation (cli_client.h). Reads DIR/systems/ID/settings.yaml and the transport key it names.
 * In the flow: status, tail, queue, dead → here → cli_client. */
#ifndef TRUC_CLI_BROKER_H
#define TRUC_CLI_BROKER_H

#include "cli.h"
#include "cli_arguments.h"
#include "cli_client.h"

/* The options of every command that asks a broker; put first into a command's own table. */
#define CLI_BROKER_OPTIONS                                                                                             \
    {.name = "broker",                                                                                                 \
     .value = "ENDPOINT",                                                                                              \
     .explanation = N_("where the broker listens, instead of what the settings say")},                                 \
        {.name = "as", .value = "SYSTEM", .explanation = N_("whose key to use; operator when not given")},             \
    {                                                                                                                  \
        .name = "timeout", .value = "SPAN", .explanation = N_("how long to wait for an answer; 5s when not given")     \
    }

/* Settings and keys are read, the connection is made, the broker has let us in. stop_fd as in cli_client.h. */
int cli_broker_open(const struct cli *cli, const struct cli_arguments *arguments, int stop_fd,
                    struct cli_client **ret_client, struct truc_fault *fault);

#endif
