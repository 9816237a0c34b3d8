/* cli_policy.h - the configuration and schemas that an offline command works on.
 * Not: a running broker's: its configuration is the one in the state directory unless it has not been reloaded yet.
 * In the flow: route, schema and journal commands load it; what is wrong in it is told as truc check tells it. */
#ifndef TRUC_CLI_POLICY_H
#define TRUC_CLI_POLICY_H

#include "cli.h"
#include "cli_arguments.h"
#include "policy_load.h"

#define CLI_CONFIG_OPTIONS                                                                                             \
    {.name = "config",                                                                                                 \
     .value = "CONFIGDIR",                                                                                             \
     .explanation = N_("the configuration, instead of the state directory's")},                                        \
    {                                                                                                                  \
        .name = "schemas", .value = "FILE", .explanation = N_("the descriptor set, instead of the one bus.yaml names") \
    }

struct cli_policy {
    struct policy *policy;
    struct schema_set *schemas; /* only when --schemas named one; use policy->schemas */
};

/* Loads; a key or certificate that is missing does not matter here. When it fails, what is wrong has been printed
 * already and the exit code is returned; 0 otherwise. */
int cli_policy_load(const struct cli *cli, const struct cli_arguments *arguments, struct cli_policy *ret_loaded);
void cli_policy_free(struct cli_policy *loaded); /* {0} is fine */

/* Loads only to say what is wrong: the exit code. */
int cli_policy_check(const struct cli *cli, const struct cli_arguments *arguments);

/* A descriptor set from a file. */
int cli_schemas_load(const char *path, struct schema_set **ret_set, struct truc_fault *fault);
/* The one that --schemas names; those in force where there is a state directory; else those that came with the program. */
int cli_schemas_find(const struct cli *cli, const struct cli_arguments *arguments, struct schema_set **ret_set,
                     struct truc_fault *fault);
/* Appends the report as text for people, places under `folder`. */
int cli_report_print(const struct policy_report *report, const char *folder, struct buffer *out);

#endif
