/* cmd_system_list.c - `truc system list`: who is on the bus, what it may do there, and until when it can sign.
 * Not: whether it is connected and what waits for it (queue list), which only a running broker knows.
 * Reads the configuration; asks no broker. */
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"
#include "system_view.h"

const struct cli_option cmd_system_list_options[] = {
    CLI_CONFIG_OPTIONS,
    {.name = NULL},
};

static int print_json(const struct cli *cli, const struct policy *policy)
{
    json_t *document = json_object(), *systems = json_array();
    for (uint32_t i = 0; i < policy->systems_count; i++)
        json_array_append_new(systems, system_view_json(&policy->systems[i], cli->now_ns));
    cli_json_set(document, "systems", systems);
    return cli_json_print(document, cli->out);
}

static int print_table(const struct cli *cli, const struct policy *policy)
{
    static const struct cli_column columns[] = {
        {N_("SYSTEM"), false}, {N_("ROLE"), false},        {N_("STATE"), false},
        {N_("SENDS"), true},   {N_("RECEIVES"), true},     {N_("OBSERVES"), true},
        {N_("KEYS"), true},    {N_("SIGNS UNTIL"), false}, {N_("TITLE"), false}};
    struct cli_table *table = cli_table_create(columns, sizeof columns / sizeof *columns);
    char date[SYSTEM_VIEW_DATE_BYTES];
    for (uint32_t i = 0; i < policy->systems_count; i++) {
        const struct policy_system *system = &policy->systems[i];
        uint32_t usable = 0;
        uint64_t until_ns = system_view_signs_until(system, cli->now_ns, &usable);
        cli_table_row(table);
        cli_table_text(table, system->id);
        cli_table_text(table, policy_role_text(system));
        cli_table_text(table, system->suspended ? _("suspended") : _("in force"));
        for (enum system_part part = SYSTEM_SENDS; part < SYSTEM_PARTS; part++)
            cli_table_count(table, system_view_routes(policy, system, part));
        cli_table_count(table, usable);
        cli_table_text(table, usable ? system_view_date(until_ns, date) : _("can't sign"));
        cli_table_text(table, system->title);
    }
    int code = cli_table_print(table, cli->out);
    cli_table_free(table);
    return code;
}

int cmd_system_list(struct cli *cli, const struct cli_arguments *arguments)
{
    struct cli_policy loaded = {0};
    int exit_code = cli_policy_load(cli, arguments, &loaded);
    if (exit_code != 0)
        return exit_code;
    int code = cli->json ? print_json(cli, loaded.policy) : print_table(cli, loaded.policy);
    cli_policy_free(&loaded);
    return code < 0 ? cli_fail_code(cli, code) : CLI_OK;
}
