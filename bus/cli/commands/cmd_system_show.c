/* cmd_system_show.c - `truc system show SYSTEM`: its keys, what it sends, gets and sees, and the agreements it stands on.
 * Not: which of them apply to one message (route explain).
 * Reads the configuration; who has none at hand, such as an integrator, asks the broker (system_ask.c). */
#include "certificate.h"
#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"
#include "encode.h"
#include "system_ask.h"
#include "system_view.h"

const struct cli_option cmd_system_show_options[] = {
    CLI_CONFIG_OPTIONS,
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

enum { NAME_COLUMN = 16, KEY_ID_SHOWN_BYTES = 4 /* as much as refusals and logs show */ };

static void put_name(struct buffer *out, const char *name)
{
    buffer_append_string(out, "  ");
    cli_append_padded(out, bytes_string(name), NAME_COLUMN);
}

static void put_ids(struct buffer *out, const struct policy_system *const *systems, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s", i ? ", " : "", systems[i]->id);
}

/* ---- text ---- */

static void put_key(struct buffer *out, const struct policy_signing_key *key, uint64_t now_ns)
{
    char from[SYSTEM_VIEW_DATE_BYTES], until[SYSTEM_VIEW_DATE_BYTES], end[TIME_TEXT_BYTES];
    put_name(out, _("signing key"));
    hex_append(out, bytes_of(key->key_id, KEY_ID_SHOWN_BYTES));
    buffer_printf(out, _("… %s, %s to %s: "), signing_algorithm_name(key->verify_key->algorithm),
                  system_view_date(key->not_before_ns, from), system_view_date(key->not_after_ns, until));
    if (now_ns < key->not_before_ns)
        buffer_append_string(out, _("may not sign yet"));
    else if (now_ns > key->not_after_ns)
        buffer_append_string(out, _("has ended"));
    else if (now_ns >= key->revoked_at_ns)
        buffer_printf(out, _("revoked since %s"), cli_format_time(key->revoked_at_ns, end));
    else if (key->revoked_at_ns != POLICY_NEVER)
        buffer_printf(out, _("may sign until %s"), cli_format_time(key->revoked_at_ns, end));
    else
        buffer_append_string(out, _("may sign"));
    if (key->outside) {
        buffer_append_string(out, _("; certified by "));
        cli_append_safe(out, bytes_string(key->outside->issuer));
    }
    buffer_append_byte(out, '\n');
}

static void put_who(struct buffer *out, const struct policy_system *system, uint64_t now_ns)
{
    buffer_printf(out, "%s · ", system->id);
    cli_append_safe(out, bytes_string(system->title));
    buffer_append_byte(out, '\n');
    put_name(out, _("contact"));
    cli_append_safe(out, bytes_string(*system->contact ? system->contact : "-"));
    buffer_append_byte(out, '\n');
    put_name(out, _("role"));
    buffer_printf(out, "%s\n", policy_role_text(system));
    put_name(out, _("state"));
    buffer_append_string(out, system->suspended ? _("suspended: nothing is taken from it or delivered to it\n")
                                                : _("in force\n"));
    put_name(out, _("declared at"));
    buffer_printf(out, "%s:%u\n", system->place.file, system->place.line);
    put_name(out, _("transport keys"));
    buffer_printf(out, "%u%s\n", system->transport_keys_count,
                  system->transport_keys_count ? "" : _(": it can't connect (truc issue makes one)"));
    for (uint32_t i = 0; i < system->signing_keys_count; i++)
        put_key(out, &system->signing_keys[i], now_ns);
    if (system->signing_keys_count == 0) {
        put_name(out, _("signing key"));
        buffer_append_string(out, _("none: it can't sign (truc issue makes one)\n"));
    }
}

static void put_routes(struct buffer *out, const struct policy *policy, const struct policy_system *system,
                       enum system_part part)
{
    static const char *const names[] = {N_("sends"), N_("receives"), N_("observes")}; /* enum system_part */
    for (uint32_t i = 0; i < policy->routes_count; i++) {
        const struct policy_route *route = &policy->routes[i];
        if (!system_view_has_part(route, system, part))
            continue;
        put_name(out, cli_words(names[part]));
        buffer_printf(out, _("%s by %s, %s "), route->type, route->name, part == SYSTEM_SENDS ? _("to") : _("from"));
        if (part == SYSTEM_SENDS)
            put_ids(out, route->to, route->to_count);
        else
            put_ids(out, route->from, route->from_count);
        buffer_append_byte(out, '\n');
    }
}

static void put_agreements(struct buffer *out, const struct policy *policy, const struct policy_system *system,
                           uint64_t now_ns)
{
    char until[SYSTEM_VIEW_DATE_BYTES];
    for (uint32_t i = 0; i < policy->agreements_count; i++) {
        const struct policy_agreement *agreement = &policy->agreements[i];
        if (agreement->provider != system && agreement->consumer != system)
            continue;
        put_name(out, _("agreement"));
        buffer_printf(out, _("%s, %s gives %s "), agreement->name, agreement->provider->id, agreement->consumer->id);
        for (uint32_t j = 0; j < agreement->types_count; j++)
            buffer_printf(out, "%s%s", j ? ", " : "", agreement->types[j]);
        buffer_append_string(out, agreement->observes ? _(" (copies): ") : ": ");
        if (now_ns < agreement->valid_from_ns)
            buffer_printf(out, _("begins on %s"), system_view_date(agreement->valid_from_ns, until));
        else if (now_ns >= agreement->valid_until_ns)
            buffer_printf(out, _("ended on %s"), system_view_date(agreement->valid_until_ns - 1, until));
        else if (agreement->valid_until_ns == POLICY_NEVER)
            buffer_append_string(out, _("in force, open-ended"));
        else
            buffer_printf(out, _("in force until %s"), system_view_date(agreement->valid_until_ns - 1, until));
        buffer_append_byte(out, '\n');
    }
}

static int print_text(const struct cli *cli, const struct policy *policy, const struct policy_system *system)
{
    BUFFER_CLEANUP struct buffer text = {0};
    put_who(&text, system, cli->now_ns);
    for (enum system_part part = SYSTEM_SENDS; part < SYSTEM_PARTS; part++)
        put_routes(&text, policy, system, part);
    put_agreements(&text, policy, system, cli->now_ns);
    return cli_text_print(&text, cli->out);
}

/* ---- JSON ---- */

static json_t *routes_json(const struct policy *policy, const struct policy_system *system, enum system_part part)
{
    json_t *routes = json_array();
    for (uint32_t i = 0; i < policy->routes_count; i++)
        if (system_view_has_part(&policy->routes[i], system, part))
            json_array_append_new(routes, json_string(policy->routes[i].name));
    return routes;
}

static json_t *agreements_json(const struct policy *policy, const struct policy_system *system, uint64_t now_ns)
{
    json_t *agreements = json_array();
    for (uint32_t i = 0; i < policy->agreements_count; i++) {
        const struct policy_agreement *agreement = &policy->agreements[i];
        struct truc_fault fault = {0};
        if (agreement->provider != system && agreement->consumer != system)
            continue;
        json_t *object = json_object(), *types = json_array();
        for (uint32_t j = 0; j < agreement->types_count; j++)
            json_array_append_new(types, json_string(agreement->types[j]));
        cli_json_set(object, "name", json_string(agreement->name));
        cli_json_set(object, "provider", json_string(agreement->provider->id));
        cli_json_set(object, "consumer", json_string(agreement->consumer->id));
        cli_json_set(object, "types", types);
        cli_json_set(object, "observes", json_boolean(agreement->observes));
        cli_json_set(object, "in_force", json_boolean(policy_agreement_check(agreement, now_ns, NULL, &fault) == 0));
        cli_json_set(object, "valid_from", cli_json_time(agreement->valid_from_ns));
        cli_json_set(object, "valid_until",
                     agreement->valid_until_ns == POLICY_NEVER ? json_null()
                                                               : cli_json_time(agreement->valid_until_ns));
        json_array_append_new(agreements, object);
    }
    return agreements;
}

static int print_json(const struct cli *cli, const struct policy *policy, const struct policy_system *system)
{
    json_t *document = system_view_json(system, cli->now_ns);
    cli_json_set(document, "sends", routes_json(policy, system, SYSTEM_SENDS));
    cli_json_set(document, "receives", routes_json(policy, system, SYSTEM_RECEIVES));
    cli_json_set(document, "observes", routes_json(policy, system, SYSTEM_OBSERVES));
    cli_json_set(document, "agreements", agreements_json(policy, system, cli->now_ns));
    return cli_json_print(document, cli->out);
}

int cmd_system_show(struct cli *cli, const struct cli_arguments *arguments)
{
    struct cli_policy loaded = {0};
    const char *id = cli_operand(arguments, 0);
    struct truc_fault fault = {0};
    if (cli->settings || cli_option_value(arguments, "as") || cli_option_value(arguments, "broker"))
        return system_ask(cli, arguments, id);
    int exit_code = cli_policy_load(cli, arguments, &loaded);
    if (exit_code != 0)
        return exit_code;
    const struct policy_system *system = policy_system_by_id(loaded.policy, bytes_string(id));
    if (system == NULL) {
        fault_set(&fault, TRUC_E_NOT_FOUND, _("there is no system '%s'"), id);
        fault_hint(&fault, _("truc system list shows them"));
        exit_code = cli_fail(cli, &fault);
    } else {
        int code = cli->json ? print_json(cli, loaded.policy, system) : print_text(cli, loaded.policy, system);
        exit_code = code < 0 ? cli_fail_code(cli, code) : CLI_OK;
    }
    cli_policy_free(&loaded);
    return exit_code;
}
