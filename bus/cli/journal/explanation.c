/* explanation.c - see explanation.h. Notes are kept in their order: routes first, then agreements, as they were asked.
 * Values of personal fields are masked by policy_route already.
 * In the flow: see explanation.h. */
#include "explanation.h"

#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "encode.h"

enum { LABEL_COLUMN = 14, NAME_COLUMN = 34 };

static void put_label(struct buffer *out, const char *label)
{
    buffer_append_string(out, "  ");
    cli_append_padded(out, bytes_string(label), LABEL_COLUMN);
    buffer_append_byte(out, ' ');
}

static void take_note(void *context, const struct policy_note *note)
{
    struct explanation *explanation = context;
    const char *text = explanation->notes_count < EXPLANATION_NOTES_MAX
                           ? arena_string(&explanation->arena, bytes_string(note->text))
                           : NULL;
    if (text == NULL) {
        explanation->notes_left_out++;
        return;
    }
    explanation->notes[explanation->notes_count++] = (struct explained_note){note->kind, note->name, note->place, text};
}

void explanation_make(struct explanation *explanation)
{
    const struct policy_trace trace = {take_note, explanation, cli_words};
    explanation->outcome =
        policy_route(explanation->policy, &explanation->query, &explanation->decision, &trace, &explanation->reason);
}

void explanation_clear(struct explanation *explanation)
{
    arena_free(&explanation->arena);
    explanation->notes_count = explanation->notes_left_out = 0;
}

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
    buffer_printf(out, _(", until %.10s"), date);
}

static void put_notes(const struct explanation *explanation, bool routes, struct buffer *out)
{
    const char *label = routes ? _("route") : _("agreement");
    size_t taken = 0;
    for (size_t i = 0; i < explanation->notes_count; i++) {
        const struct explained_note *note = &explanation->notes[i];
        if (note->kind != (routes ? POLICY_NOTE_ROUTE_MATCHES : POLICY_NOTE_AGREEMENT))
            continue;
        put_label(out, taken++ ? "" : label);
        buffer_append_string(out, note->name);
        if (routes) {
            buffer_printf(out, " (%s:%u)", note->place.file, note->place.line);
        } else {
            put_until(explanation->policy, note->name, out);
            buffer_printf(out, _(", for %s"), note->text);
        }
        buffer_append_byte(out, '\n');
    }
    if (taken == 0) {
        put_label(out, label);
        buffer_append_string(out, routes ? _("none matches\n") : _("none serves\n"));
    }
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
        buffer_printf(out, "%s%s", count++ ? ", " : observers ? _(", observed by ") : _(", to "), delivery->to->id);
        if (delivery->outcome < 0)
            buffer_printf(out, " (%s: %s)", observers ? _("misses it") : _("waits for a person"),
                          truc_error_name(delivery->outcome));
    }
}

static void put_outcome(const struct explanation *explanation, struct buffer *out)
{
    if (explanation->outcome < 0) {
        put_label(out, _("outcome"));
        buffer_printf(out, _("refused: %s\n"), truc_error_name(explanation->outcome));
        if (explanation->outcome != TRUC_E_NO_ROUTE) /* then the routes above have said it */
            buffer_printf(out, "    %s\n    %s\n", explanation->reason.text,
                          cli_words(truc_error_hint(explanation->outcome)));
        return;
    }
    put_label(out, _("outcome"));
    buffer_append_string(out, _("accepted"));
    put_deliveries(explanation, false, out);
    put_deliveries(explanation, true, out);
    buffer_append_byte(out, '\n');
}

void explanation_append(const struct explanation *explanation, struct buffer *out)
{
    const struct policy_system *sender = explanation->sender;
    put_label(out, _("authenticated"));
    buffer_printf(out, _("as %s"), sender->id);
    if (sender->signing_keys_count > 0) {
        buffer_append_string(out, _(" (key "));
        hex_append(out, bytes_of(sender->signing_keys[0].key_id, 2));
        buffer_append_string(out, "…)");
    }
    buffer_append_byte(out, '\n');
    put_label(out, _("schema"));
    buffer_printf(out, _("%s v%u, valid\n"), explanation->message->type, explanation->message->version);
    if (explanation->outcome != TRUC_E_SUSPENDED || explanation->notes_count > 0)
        put_notes(explanation, true, out);
    if (has_agreement_stage(explanation))
        put_notes(explanation, false, out);
    if (explanation->notes_left_out > 0)
        buffer_printf(out, _("  … and %zu rules more\n"), explanation->notes_left_out);
    put_outcome(explanation, out);
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

json_t *explanation_json(const struct explanation *explanation)
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
    return document;
}
