/* cmd_route_explain.c - `truc route explain`: what the bus would do with a message, stage by stage, and why.
 * The decision is policy_route's, asked with a trace: the same code that decides for real messages.
 * Reads the configuration; asks no broker, publishes nothing. Exit code 1 when the message would be refused. */
#include "cli_format.h"
#include "cli_json.h"
#include "cli_payload.h"
#include "cli_policy.h"
#include "command_table.h"
#include "encode.h"
#include "text.h"

const struct cli_option cmd_route_explain_options[] = {
    {.name = "from", .value = "SYSTEM", .explanation = "who sends it"},
    {.name = "type", .value = "TYPE", .explanation = "its message type"},
    {.name = "field", .value = "PATH=VALUE", .explanation = "a field of its payload", .repeats = true},
    {.name = "header",
     .value = "NAME=VALUE",
     .explanation = "a field of its header, like purpose.officer=CB01",
     .repeats = true},
    {.name = "at", .value = "TIME", .explanation = "when it would be sent; now when not given"},
    CLI_CONFIG_OPTIONS,
    {.name = NULL},
};

enum { NOTES_MAX = 512, NAME_COLUMN = 34 };

struct explained_note {
    enum policy_note_kind kind;
    const char *name;
    struct policy_place place;
    const char *text;
};

struct explanation {
    const struct policy *policy;
    const struct schema_message *message;
    const struct policy_system *sender;
    struct buffer payload;
    struct arena arena; /* of the notes' texts, which live only during the call */
    struct explained_note notes[NOTES_MAX];
    size_t notes_count, notes_left_out;
    struct policy_query query;
    struct policy_decision decision;
    int outcome;
    struct truc_fault reason;
};

static void take_note(void *context, const struct policy_note *note)
{
    struct explanation *explanation = context;
    const char *text =
        explanation->notes_count < NOTES_MAX ? arena_string(&explanation->arena, bytes_string(note->text)) : NULL;
    if (text == NULL) {
        explanation->notes_left_out++;
        return;
    }
    explanation->notes[explanation->notes_count++] = (struct explained_note){note->kind, note->name, note->place, text};
}

/* ---- asking ---- */

static int find_sender(struct explanation *explanation, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const char *from = cli_option_value(arguments, "from"), *ids[POLICY_SYSTEMS_MAX];
    const struct policy *policy = explanation->policy;
    if (from == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, "who sends it? add --from SYSTEM");
    explanation->sender = policy_system_by_id(policy, bytes_string(from));
    if (explanation->sender)
        return 0;
    for (uint32_t i = 0; i < policy->systems_count; i++)
        ids[i] = policy->systems[i].id;
    const char *nearest = text_nearest(bytes_string(from), ids, policy->systems_count);
    int code = fault_set(fault, TRUC_E_ARGUMENT, "there is no system '%s' on the bus", from);
    if (nearest)
        fault_hint(fault, "did you mean '%s'?", nearest);
    return code;
}

static int find_type(struct explanation *explanation, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const char *type = cli_option_value(arguments, "type");
    if (type == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, "which type? add --type TYPE");
    explanation->message = schema_set_find_type(explanation->policy->schemas, bytes_string(type));
    if (explanation->message)
        return 0;
    const struct schema_message *nearest = schema_set_nearest_type(explanation->policy->schemas, bytes_string(type));
    int code = fault_set(fault, TRUC_E_ARGUMENT, "no schema has the type '%s'", type);
    if (nearest)
        fault_hint(fault, "did you mean '%s'?", nearest->type);
    else
        fault_hint(fault, "truc schema show lists the types");
    return code;
}

static int explain(struct explanation *explanation, const struct cli *cli, const struct cli_arguments *arguments,
                   struct truc_fault *fault)
{
    struct policy_trace trace = {take_note, explanation};
    struct policy_query *query = &explanation->query;
    query->now_ns = cli->now_ns;
    int code = find_sender(explanation, arguments, fault);
    if (code == 0)
        code = find_type(explanation, arguments, fault);
    if (code == 0)
        code = cli_payload_build(explanation->message, arguments, &explanation->payload, fault);
    if (code == 0)
        code = cli_header_build(arguments, &query->header, fault);
    if (code == 0 && (code = cli_option_time(arguments, "at", cli->now_ns, &query->now_ns, fault)) > 0)
        code = 0;
    if (code < 0 || explanation->message == NULL)
        return code;
    query->sender = explanation->sender;
    query->type = bytes_string(explanation->message->type);
    query->kind = (enum policy_kind)explanation->message->kind;
    query->payload = buffer_view(&explanation->payload);
    explanation->outcome =
        policy_route(explanation->policy, query, &explanation->decision, &trace, &explanation->reason);
    return 0;
}

/* ---- showing ---- */

static bool is_about_routes(const struct explained_note *note)
{
    return note->kind == POLICY_NOTE_ROUTE_MATCHES || note->kind == POLICY_NOTE_ROUTE_DIFFERS;
}

static void put_until(const struct policy *policy, const char *name, struct buffer *out)
{
    char date[TIME_TEXT_BYTES];
    const struct policy_agreement *agreement = policy_agreement_by_name(policy, bytes_string(name));
    if (agreement == NULL || agreement->valid_until_ns == POLICY_NEVER)
        return;
    time_format_full(agreement->valid_until_ns - 1, date); /* the last day counts */
    buffer_printf(out, ", until %.10s", date);
}

static void put_notes(const struct explanation *explanation, bool routes, struct buffer *out)
{
    const char *label = routes ? "route" : "agreement";
    size_t taken = 0;
    for (size_t i = 0; i < explanation->notes_count; i++) {
        const struct explained_note *note = &explanation->notes[i];
        if (note->kind != (routes ? POLICY_NOTE_ROUTE_MATCHES : POLICY_NOTE_AGREEMENT))
            continue;
        buffer_printf(out, "  %-14s %s", taken++ ? "" : label, note->name);
        if (routes) {
            buffer_printf(out, " (%s:%u)", note->place.file, note->place.line);
        } else {
            put_until(explanation->policy, note->name, out);
            buffer_printf(out, ", for %s", note->text);
        }
        buffer_append_byte(out, '\n');
    }
    if (taken == 0)
        buffer_printf(out, "  %-14s none %s\n", label, routes ? "matches" : "serves");
    for (size_t i = 0; i < explanation->notes_count; i++) {
        const struct explained_note *note = &explanation->notes[i];
        if (note->kind != (routes ? POLICY_NOTE_ROUTE_DIFFERS : POLICY_NOTE_AGREEMENT_NOT))
            continue;
        buffer_append_string(out, "    ");
        cli_append_padded(out, bytes_string(note->name), NAME_COLUMN);
        buffer_append_string(out, "  ");
        cli_append_safe(out, bytes_string(note->text));
        buffer_append_byte(out, '\n');
    }
}

static bool has_agreement_stage(const struct explanation *explanation)
{
    for (size_t i = 0; i < explanation->notes_count; i++)
        if (!is_about_routes(&explanation->notes[i]))
            return true;
    return explanation->outcome == TRUC_E_NO_AGREEMENT;
}

/* ", to onestop, archive (waits for a person: SUSPENDED)"; ", observed by deadlines" */
static void put_deliveries(const struct explanation *explanation, bool observers, struct buffer *out)
{
    size_t count = 0;
    for (uint32_t i = 0; i < explanation->decision.deliveries_count; i++) {
        const struct policy_delivery *delivery = &explanation->decision.deliveries[i];
        if (delivery->observer != observers)
            continue;
        buffer_printf(out, "%s%s", count++ ? ", " : observers ? ", observed by " : ", to ", delivery->to->id);
        if (delivery->outcome < 0)
            buffer_printf(out, " (%s: %s)", observers ? "misses it" : "waits for a person",
                          truc_error_name(delivery->outcome));
    }
}

static void put_outcome(const struct explanation *explanation, struct buffer *out)
{
    if (explanation->outcome < 0) {
        buffer_printf(out, "  %-14s refused: %s\n", "outcome", truc_error_name(explanation->outcome));
        if (explanation->outcome != TRUC_E_NO_ROUTE) /* then the routes above have said it */
            buffer_printf(out, "    %s\n    %s\n", explanation->reason.text, truc_error_hint(explanation->outcome));
        return;
    }
    buffer_printf(out, "  %-14s accepted", "outcome");
    put_deliveries(explanation, false, out);
    put_deliveries(explanation, true, out);
    buffer_append_byte(out, '\n');
}

static int print_text(const struct cli *cli, const struct explanation *explanation)
{
    BUFFER_CLEANUP struct buffer text = {0};
    const struct policy_system *sender = explanation->sender;
    buffer_printf(&text, "  %-14s as %s", "authenticated", sender->id);
    if (sender->signing_keys_count > 0) {
        buffer_append_string(&text, " (key ");
        hex_append(&text, bytes_of(sender->signing_keys[0].key_id, 2));
        buffer_append_string(&text, "…)");
    }
    buffer_printf(&text, "\n  %-14s %s v%u, valid\n", "schema", explanation->message->type,
                  explanation->message->version);
    if (explanation->outcome != TRUC_E_SUSPENDED || explanation->notes_count > 0)
        put_notes(explanation, true, &text);
    if (has_agreement_stage(explanation))
        put_notes(explanation, false, &text);
    if (explanation->notes_left_out > 0)
        buffer_printf(&text, "  … and %zu rules more\n", explanation->notes_left_out);
    put_outcome(explanation, &text);
    const char *whole = buffer_string(&text);
    if (whole == NULL)
        return TRUC_E_MEMORY;
    fputs(whole, cli->out);
    return 0;
}

static json_t *note_json(const struct explained_note *note)
{
    static const char *const kinds[] = {[POLICY_NOTE_ROUTE_MATCHES] = "route-matches",
                                        [POLICY_NOTE_ROUTE_DIFFERS] = "route-differs",
                                        [POLICY_NOTE_AGREEMENT] = "agreement-serves",
                                        [POLICY_NOTE_AGREEMENT_NOT] = "agreement-does-not"};
    json_t *object = json_object();
    cli_json_set(object, "kind", json_string(kinds[note->kind]));
    cli_json_set(object, "name", json_string(note->name));
    cli_json_set(object, "file", json_string(note->place.file));
    cli_json_set(object, "line", cli_json_count(note->place.line));
    cli_json_set(object, "text", cli_json_text(bytes_string(note->text)));
    return object;
}

static json_t *delivery_json(const struct policy_delivery *delivery)
{
    json_t *object = json_object();
    cli_json_set(object, "to", json_string(delivery->to->id));
    cli_json_set(object, "observer", json_boolean(delivery->observer));
    cli_json_set(object, "route", json_string(delivery->route->name));
    cli_json_set(object, "agreement", delivery->agreement ? json_string(delivery->agreement->name) : json_null());
    cli_json_set(object, "outcome", json_string(delivery->outcome ? truc_error_name(delivery->outcome) : "DELIVER"));
    return object;
}

static int print_json(const struct cli *cli, const struct explanation *explanation)
{
    json_t *document = json_object(), *notes = json_array(), *deliveries = json_array();
    for (size_t i = 0; i < explanation->notes_count; i++)
        json_array_append_new(notes, note_json(&explanation->notes[i]));
    for (uint32_t i = 0; explanation->outcome == 0 && i < explanation->decision.deliveries_count; i++)
        json_array_append_new(deliveries, delivery_json(&explanation->decision.deliveries[i]));
    cli_json_set(document, "from", json_string(explanation->sender->id));
    cli_json_set(document, "type", json_string(explanation->message->type));
    cli_json_set(document, "version", cli_json_count(explanation->message->version));
    cli_json_set(document, "notes", notes);
    cli_json_set(document, "outcome",
                 json_string(explanation->outcome ? truc_error_name(explanation->outcome) : "ACCEPTED"));
    cli_json_set(document, "reason", cli_json_text(bytes_string(explanation->outcome ? explanation->reason.text : "")));
    cli_json_set(document, "deliveries", deliveries);
    return cli_json_print(document, cli->out);
}

static int explain_and_print(struct explanation *explanation, const struct cli *cli,
                             const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    int code = explain(explanation, cli, arguments, &fault);
    if (code < 0 || explanation->message == NULL || explanation->sender == NULL)
        return cli_fail(cli, &fault);
    code = cli->json ? print_json(cli, explanation) : print_text(cli, explanation);
    if (code < 0)
        return cli_fail_code(cli, code);
    return explanation->outcome < 0 ? CLI_NOT_SO : CLI_OK;
}

int cmd_route_explain(struct cli *cli, const struct cli_arguments *arguments)
{
    struct cli_policy loaded = {0};
    int exit_code = cli_policy_load(cli, arguments, &loaded);
    if (exit_code != 0)
        return exit_code;
    struct explanation *explanation = calloc(1, sizeof *explanation);
    if (explanation == NULL) {
        exit_code = cli_fail_code(cli, TRUC_E_MEMORY);
    } else {
        explanation->policy = loaded.policy;
        exit_code = explain_and_print(explanation, cli, arguments);
        buffer_free(&explanation->payload);
        arena_free(&explanation->arena);
        free(explanation);
    }
    cli_policy_free(&loaded);
    return exit_code;
}
