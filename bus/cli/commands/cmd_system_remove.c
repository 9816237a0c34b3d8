/* cmd_system_remove.c - `truc system remove`: takes a system out of the configuration when nothing needs it any more.
 * Not: its routes and agreements, which are people's decisions and are named, nor its keys, nor what was ever journaled.
 * In the flow: configuration and the broker's queues → are there reasons against it? → its file is removed → cmd_reload. */
#include "cli_broker.h"
#include "cli_file.h"
#include "cli_format.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "operator_answer.h"
#include "policy_index.h"
#include "system_change.h"
#include "system_file.h"
#include "system_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct cli_option cmd_system_remove_options[] = {
    {.name = "with-queue", .explanation = N_("also when messages wait for it: they become dead letters")},
    SYSTEM_CHANGE_OPTIONS,
    {.name = NULL},
};

/* ---- what names it ---- */

static void put_place(struct buffer *out, const char *what, const char *name, const struct policy_place *place)
{
    buffer_printf(out, "  %s:%u  %s %s\n", place->file, (unsigned)place->line, what, name);
}

/* A line for every rule that names it. */
static void put_rules(const struct policy *policy, const struct policy_system *system, struct buffer *out)
{
    for (uint32_t i = 0; i < policy->routes_count; i++) {
        const struct policy_route *route = &policy->routes[i];
        bool named = false;
        for (enum system_part part = SYSTEM_SENDS; part < SYSTEM_PARTS; part++)
            named |= system_view_has_part(route, system, part);
        if (named)
            put_place(out, _("route"), route->name, &route->place);
    }
    for (uint32_t i = 0; i < policy->agreements_count; i++) {
        const struct policy_agreement *agreement = &policy->agreements[i];
        if (agreement->provider == system || agreement->consumer == system)
            put_place(out, _("agreement"), agreement->name, &agreement->place);
    }
    for (uint32_t i = 0; i < policy->systems_count; i++)
        if (policy_looks_after(&policy->systems[i], bytes_string(system->id)))
            put_place(out, _("integrator"), policy->systems[i].id, &policy->systems[i].place);
}

/* 0 when no rule names it; otherwise it has been said which, with the exit code. */
static int check_rules(struct cli *cli, const struct cli_arguments *arguments, int *ret_exit_code)
{
    BUFFER_CLEANUP struct buffer rules = {0};
    struct cli_policy loaded = {0};
    struct truc_fault fault = {0};
    const char *id = cli_operand(arguments, 0);
    *ret_exit_code = cli_policy_load(cli, arguments, &loaded);
    if (*ret_exit_code != CLI_OK)
        return TRUC_E_CONFIG;
    put_rules(loaded.policy, policy_system_by_id(loaded.policy, bytes_string(id)), &rules);
    cli_policy_free(&loaded);
    const char *text = buffer_string(&rules);
    if (text == NULL)
        *ret_exit_code = cli_fail_code(cli, TRUC_E_MEMORY);
    else if (*text) {
        fault_set(&fault, TRUC_E_STATE, _("'%s' is still part of the rules"), id);
        fault_hint(&fault, _("take it out of these first; what goes where, and by which right, is for people to say"));
        *ret_exit_code = cli_fail(cli, &fault);
        fputs(text, cli->err);
    }
    return *ret_exit_code == CLI_OK ? 0 : TRUC_E_STATE;
}

/* ---- what waits for it ---- */

static int count_waiting(struct bytes queues, const char *id, uint64_t *ret_waiting, struct truc_fault *fault)
{
    struct operator_queue queue;
    size_t offset = 0;
    int more;
    while ((more = operator_queue_next(queues, &offset, &queue, fault)) > 0)
        if (bytes_equal_string(queue.system, id))
            *ret_waiting = queue.waiting + queue.timed + queue.dead;
    return more;
}

/* Asks the broker; one that can't be asked can't be told to reload either. */
static int check_queue(const struct cli *cli, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    struct cli_client *client = NULL;
    struct command_answer answer = {0};
    struct operator_status status = {0};
    const char *id = cli_operand(arguments, 0);
    uint64_t waiting = 0;
    char count[CLI_NUMBER_BYTES];
    int code = cli_broker_open(cli, arguments, -1, &client, fault);
    if (code == 0)
        code = cli_client_call(client, "status", BYTES_EMPTY, &answer, fault);
    if (code == 0)
        code = operator_status_decode(answer.result, &status, fault);
    if (code == 0)
        code = count_waiting(status.queues, id, &waiting, fault);
    cli_client_close(client);
    if (code < 0 || waiting == 0 || cli_option_value(arguments, "with-queue"))
        return code;
    fault_set(fault, TRUC_E_STATE, _("%s messages wait for '%s', or for a person on its behalf"),
              cli_format_count(waiting, count), id);
    return fault_hint(fault,
                      _("let them be delivered or discard them (truc queue show %s, truc dead list); or "
                        "--with-queue: they become dead letters"),
                      id);
}

/* ---- the end ---- */

static int tell(const struct cli *cli, const char *id)
{
    fprintf(cli->out,
            _("%s is no system of this bus any more. Its keys and certificate files are where they were: the journal "
              "keeps\n"
              "every certificate, so they may go. What it sent and received stays provable.\n"),
            id);
    return CLI_OK;
}

int cmd_system_remove(struct cli *cli, const struct cli_arguments *arguments)
{
    char path[CLI_PATH_BYTES];
    struct truc_fault fault = {0};
    int exit_code = CLI_OK;
    const char *id = cli_operand(arguments, 0);
    if (system_change_check_reason(arguments, &fault) < 0)
        return cli_fail(cli, &fault);
    if (system_change_is_asker(arguments, id)) {
        fault_set(&fault, TRUC_E_ARGUMENT, _("'%s' is who asks"), id);
        fault_hint(&fault, _("remove it as another operator: --as SYSTEM"));
        return cli_fail(cli, &fault);
    }
    if (system_file_find(cli, arguments, path, &exit_code) < 0 || check_rules(cli, arguments, &exit_code) < 0)
        return exit_code;
    if (check_queue(cli, arguments, &fault) < 0)
        return cli_fail(cli, &fault);
    if (cli_file_remove(path, &fault) < 0)
        return cli_fail(cli, &fault);
    exit_code = system_change_reload(cli, arguments, path);
    return exit_code == CLI_OK && !cli->json ? tell(cli, id) : exit_code;
}
