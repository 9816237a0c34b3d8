/* cmd_route.c - `truc route list`: what goes from where to where, under which name.
 * Not: why one message goes somewhere (cmd_route_explain.c).
 * Reads the configuration; asks no broker. */
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"

const struct cli_option cmd_route_list_options[] = {
    {.name = "from", .value = "SYSTEM", .explanation = N_("only routes that take messages of this system")},
    {.name = "to", .value = "SYSTEM", .explanation = N_("only routes that lead to this system, or show it a copy")},
    {.name = "type", .value = "TYPE", .explanation = N_("only routes of this message type")},
    CLI_CONFIG_OPTIONS,
    {.name = NULL},
};

static bool has(const struct policy_system *const *systems, uint32_t count, const char *id)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(systems[i]->id, id) == 0)
            return true;
    return false;
}

static bool selected(const struct policy_route *route, const struct cli_arguments *arguments)
{
    const char *from = cli_option_value(arguments, "from"), *to = cli_option_value(arguments, "to");
    const char *type = cli_option_value(arguments, "type");
    return (from == NULL || has(route->from, route->from_count, from)) &&
           (to == NULL || has(route->to, route->to_count, to) || has(route->observe, route->observe_count, to)) &&
           (type == NULL || strcmp(type, route->type) == 0);
}

static const char *kind_name(enum policy_kind kind)
{
    static const char *const names[] = {"", "event", "command", "request", "reply"};
    return names[kind];
}

static void join(const struct policy_system *const *systems, uint32_t count, struct buffer *out)
{
    buffer_clear(out);
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s", i ? ", " : "", systems[i]->id);
}

static json_t *ids_json(const struct policy_system *const *systems, uint32_t count)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(systems[i]->id));
    return array;
}

static json_t *route_json(const struct policy_route *route)
{
    json_t *object = json_object();
    cli_json_set(object, "name", json_string(route->name));
    cli_json_set(object, "title", json_string(route->title));
    cli_json_set(object, "type", json_string(route->type));
    cli_json_set(object, "kind", json_string(kind_name(route->kind)));
    cli_json_set(object, "from", ids_json(route->from, route->from_count));
    cli_json_set(object, "to", ids_json(route->to, route->to_count));
    cli_json_set(object, "observe", ids_json(route->observe, route->observe_count));
    cli_json_set(object, "conditions", cli_json_count(route->matches_count));
    cli_json_set(object, "within_ms", cli_json_count(route->within_ns / 1000000));
    cli_json_set(object, "file", json_string(route->place.file));
    cli_json_set(object, "line", cli_json_count(route->place.line));
    return object;
}

static int print_json(const struct cli *cli, const struct policy *policy, const struct cli_arguments *arguments)
{
    json_t *document = json_object(), *routes = json_array();
    for (uint32_t i = 0; i < policy->routes_count; i++)
        if (selected(&policy->routes[i], arguments))
            json_array_append_new(routes, route_json(&policy->routes[i]));
    cli_json_set(document, "routes", routes);
    return cli_json_print(document, cli->out);
}

static int print_table(const struct cli *cli, const struct policy *policy, const struct cli_arguments *arguments)
{
    static const struct cli_column columns[] = {
        {N_("ROUTE"), false}, {N_("TYPE"), false},        {N_("KIND"), false},      {N_("FROM"), false},
        {N_("TO"), false},    {N_("OBSERVED BY"), false}, {N_("CONDITIONS"), true}, {N_("DECLARED AT"), false}};
    struct cli_table *table = cli_table_create(columns, sizeof columns / sizeof *columns);
    BUFFER_CLEANUP struct buffer text = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < policy->routes_count; i++) {
        const struct policy_route *route = &policy->routes[i];
        if (!selected(route, arguments))
            continue;
        count++;
        cli_table_row(table);
        cli_table_text(table, route->name);
        cli_table_text(table, route->type);
        cli_table_text(table, kind_name(route->kind));
        join(route->from, route->from_count, &text);
        cli_table_cell(table, buffer_view(&text));
        join(route->to, route->to_count, &text);
        cli_table_cell(table, buffer_view(&text));
        join(route->observe, route->observe_count, &text);
        cli_table_cell(table, buffer_view(&text));
        cli_table_count(table, route->matches_count);
        buffer_clear(&text);
        buffer_printf(&text, "%s:%u", route->place.file, route->place.line);
        cli_table_cell(table, buffer_view(&text));
    }
    int code = count ? cli_table_print(table, cli->out) : 0;
    if (count == 0)
        fputs(_("no route is so; truc route list shows all\n"), cli->out);
    cli_table_free(table);
    return code;
}

int cmd_route_list(struct cli *cli, const struct cli_arguments *arguments)
{
    struct cli_policy loaded = {0};
    int exit_code = cli_policy_load(cli, arguments, &loaded);
    if (exit_code != 0)
        return exit_code;
    int code = cli->json ? print_json(cli, loaded.policy, arguments) : print_table(cli, loaded.policy, arguments);
    cli_policy_free(&loaded);
    return code < 0 ? cli_fail_code(cli, code) : CLI_OK;
}
