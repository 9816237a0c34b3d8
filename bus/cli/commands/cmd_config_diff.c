/* cmd_config_diff.c - `truc config diff CONFIGDIR`: what a proposed configuration changes, before it comes into force.
 * Not: letting it in; that is a reload of the broker, which judges it by the same loader.
 * Asks no broker. Exit code 0: the same rules; 1: they differ; 2: a configuration is wrong, or the use. */
#include "cli_file.h"
#include "cli_format.h"
#include "cli_journal.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"
#include "config_dry_run.h"
#include "encode.h"
#include "policy_difference.h"
#include "schema.h"

#include <string.h>

enum { SHORT_HASH_BYTES = 3, JOURNAL_DAYS_MAX = 3650 };
#define DAY_NS (86400ull * TIME_NS_PER_S)

const struct cli_option cmd_config_diff_options[] = {
    {.name = "against",
     .value = "DIR",
     .explanation = N_("the configuration it is compared with; else the state directory's")},
    {.name = "schemas",
     .value = "FILE",
     .explanation = N_("a descriptor set for both, instead of those bus.yaml names")},
    {.name = "without-keys",
     .explanation =
         N_("key and certificate files may be missing, and are not compared: a configuration before truc init")},
    {.name = "days",
     .value = "DAYS",
     .explanation = N_("a dry run over the journal's last days: which messages would go elsewhere or be refused")},
    CLI_JOURNAL_OPTIONS,
    {.name = NULL},
};

struct diff {
    const struct cli *cli;
    struct schema_set *schemas; /* only when --schemas named one */
    struct policy *before, *after;
    bool without_keys;
    size_t added, removed, changed, restarts;
    struct cli_table *table; /* for people, */
    json_t *changes;         /* or for programs */
    bool has_run;
    struct dry_run run;
};

/* Whatever failed: 1 would mean that the rules differ. */
static int fail(const struct diff *diff, const struct truc_fault *fault)
{
    (void)cli_fail(diff->cli, fault);
    return CLI_WRONG_USE;
}

static int fail_code(const struct diff *diff, int code)
{
    (void)cli_fail_code(diff->cli, code);
    return CLI_WRONG_USE;
}

/* ---- changes ---- */

static bool is_about_keys(const struct policy_change *change)
{
    return bytes_equal_string(change->key, "transport-key") || bytes_equal_string(change->key, "signing-key") ||
           bytes_equal_string(change->key, "ca") || bytes_equal_string(change->key, "outside-ca");
}

static const char *kind_word(const struct policy_change *change)
{
    static const char *const words[] = {
        [POLICY_ADDED] = N_("added"), [POLICY_REMOVED] = N_("removed"), [POLICY_CHANGED] = N_("changed")};
    return words[change->kind];
}

static void place_text(const struct policy_place *place, struct buffer *out)
{
    if (place)
        buffer_printf(out, "%s:%u", place->file, place->line);
}

static void add_row(struct cli_table *table, const struct policy_change *change)
{
    BUFFER_CLEANUP struct buffer place = {0}, before = {0}, after = {0};
    place_text(change->place, &place);
    cli_append_short(&before, change->before);
    cli_append_short(&after, change->after);
    cli_table_row(table);
    cli_table_text(table, cli_words(kind_word(change)));
    cli_table_text(table, change->what);
    cli_table_text(table, change->name);
    cli_table_cell(table, change->key);
    cli_table_cell(table, buffer_view(&before));
    cli_table_cell(table, buffer_view(&after));
    cli_table_cell(table, buffer_view(&place));
    cli_table_text(table, change->needs_restart ? _("restart") : "");
}

static json_t *change_json(const struct policy_change *change)
{
    json_t *object = json_object();
    cli_json_set(object, "change", json_string(kind_word(change)));
    cli_json_set(object, "what", json_string(change->what));
    cli_json_set(object, "name", json_string(change->name));
    cli_json_set(object, "key", cli_json_text(change->key));
    cli_json_set(object, "before", cli_json_text(change->before));
    cli_json_set(object, "after", cli_json_text(change->after));
    cli_json_set(object, "file", change->place ? json_string(change->place->file) : json_null());
    cli_json_set(object, "line", change->place ? cli_json_count(change->place->line) : json_null());
    cli_json_set(object, "needs_restart", json_boolean(change->needs_restart));
    return object;
}

static int take_change(void *context, const struct policy_change *change)
{
    struct diff *diff = context;
    if (diff->without_keys && is_about_keys(change))
        return 0;
    diff->added += change->kind == POLICY_ADDED;
    diff->removed += change->kind == POLICY_REMOVED;
    diff->changed += change->kind == POLICY_CHANGED;
    diff->restarts += change->needs_restart;
    if (diff->changes)
        json_array_append_new(diff->changes, change_json(change));
    else
        add_row(diff->table, change);
    return 0;
}

static bool differs(const struct diff *diff)
{
    return diff->added + diff->removed + diff->changed > 0;
}

/* ---- telling ---- */

static void put_hash(const struct policy *policy, struct buffer *out)
{
    hex_append(out, bytes_of(policy->hash.bytes, SHORT_HASH_BYTES));
}

static void put_summary(const struct diff *diff, struct buffer *out)
{
    buffer_append_string(out, _("configuration "));
    put_hash(diff->before, out);
    buffer_append_string(out, " → ");
    put_hash(diff->after, out);
    if (!differs(diff)) {
        buffer_append_string(out, _(": the same rules\n"));
        return;
    }
    buffer_printf(out, _(": %zu added, %zu removed, %zu keys changed"), diff->added, diff->removed, diff->changed);
    if (diff->restarts > 0)
        buffer_printf(out, _("; %zu of it only after a restart of trucd"), diff->restarts);
    if (strcmp(diff->before->bus_id, diff->after->bus_id) != 0)
        buffer_append_string(out, _("; a running bus refuses another id: its journal belongs to the old one"));
    buffer_append_byte(out, '\n');
}

/* The first schema change that readers or writers of today would not survive. */
static const char *incompatibility(const struct diff *diff, struct truc_fault *fault)
{
    if (diff->before->schemas == diff->after->schemas)
        return NULL;
    return schema_set_compatible(diff->before->schemas, diff->after->schemas, fault) < 0 ? fault->text : NULL;
}

static int print_groups(const struct diff *diff, FILE *out)
{
    static const struct cli_column columns[] = {{N_("MESSAGES"), true},
                                                {N_("TYPE"), false},
                                                {N_("ROUTE NOW"), false},
                                                {N_("WOULD BE"), false},
                                                {N_("EXAMPLES"), false}};
    struct cli_table *table = cli_table_create(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < diff->run.groups_count; i++) {
        const struct dry_run_group *group = &diff->run.groups[i];
        BUFFER_CLEANUP struct buffer examples = {0};
        for (size_t e = 0; e < group->examples_count; e++) {
            buffer_printf(&examples, "%s%llu ", e ? ", " : "", (unsigned long long)group->examples[e].position);
            cli_append_safe(&examples, bytes_string(group->examples[e].subject));
        }
        cli_table_row(table);
        cli_table_count(table, group->count);
        cli_table_text(table, group->type);
        cli_table_text(table, group->way[0] ? group->way : _("(refused)"));
        cli_table_text(table, group->change);
        cli_table_cell(table, buffer_view(&examples));
    }
    int code = diff->run.groups_count > 0 ? cli_table_print(table, out) : 0;
    cli_table_free(table);
    return code;
}

static int print_run(const struct diff *diff, FILE *out)
{
    const struct dry_run *run = &diff->run;
    char messages[CLI_NUMBER_BYTES], changed[CLI_NUMBER_BYTES], not_judged[CLI_NUMBER_BYTES];
    fprintf(out, _("\n%s messages of these days judged again: %s would change"),
            cli_format_count(run->messages, messages), cli_format_count(run->differ, changed));
    if (run->not_judged > 0)
        fprintf(out, _(", %s can't be judged (their payload can't be read)"),
                cli_format_count(run->not_judged, not_judged));
    fputc('\n', out);
    if (run->others > 0)
        fprintf(out, _("%llu of them are in no line below: too many different ways\n"),
                (unsigned long long)run->others);
    return print_groups(diff, out);
}

static int print_text(struct diff *diff)
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct truc_fault fault = {0};
    put_summary(diff, &text);
    const char *broken = incompatibility(diff, &fault);
    if (broken)
        buffer_printf(&text, _("warning: the schemas are not compatible: %s\n"), broken);
    int code = cli_text_print(&text, diff->cli->out);
    if (code == 0 && differs(diff)) {
        fputc('\n', diff->cli->out);
        code = cli_table_print(diff->table, diff->cli->out);
    }
    return code == 0 && diff->has_run ? print_run(diff, diff->cli->out) : code;
}

static json_t *group_json(const struct dry_run_group *group)
{
    json_t *object = json_object(), *examples = json_array();
    for (size_t e = 0; e < group->examples_count; e++) {
        json_t *example = json_object();
        cli_json_set(example, "position", cli_json_count(group->examples[e].position));
        cli_json_set(example, "subject", cli_json_text(bytes_string(group->examples[e].subject)));
        json_array_append_new(examples, example);
    }
    cli_json_set(object, "type", json_string(group->type));
    cli_json_set(object, "route", json_string(group->way));
    cli_json_set(object, "would_be", json_string(group->change));
    cli_json_set(object, "messages", cli_json_count(group->count));
    cli_json_set(object, "examples", examples);
    return object;
}

static json_t *run_json(const struct dry_run *run)
{
    json_t *object = json_object(), *groups = json_array();
    for (size_t i = 0; i < run->groups_count; i++)
        json_array_append_new(groups, group_json(&run->groups[i]));
    cli_json_set(object, "messages", cli_json_count(run->messages));
    cli_json_set(object, "would_change", cli_json_count(run->differ));
    cli_json_set(object, "in_no_group", cli_json_count(run->others));
    cli_json_set(object, "not_judged", cli_json_count(run->not_judged));
    cli_json_set(object, "groups", groups);
    return object;
}

static int print_json(struct diff *diff)
{
    json_t *document = json_object();
    struct truc_fault fault = {0};
    const char *broken = incompatibility(diff, &fault);
    cli_json_set(document, "before", cli_json_hex(sha256_view(&diff->before->hash)));
    cli_json_set(document, "after", cli_json_hex(sha256_view(&diff->after->hash)));
    cli_json_set(document, "same", json_boolean(!differs(diff)));
    cli_json_set(document, "changes", json_incref(diff->changes));
    cli_json_set(document, "schemas_incompatible", broken ? json_string(broken) : json_null());
    cli_json_set(document, "dry_run", diff->has_run ? run_json(&diff->run) : json_null());
    return cli_json_print(document, diff->cli->out);
}

/* ---- the two configurations ---- */

/* 0, or an exit code after the mistakes were told. Warnings of the proposal are the operator's business, too. */
static int load(const struct diff *diff, const char *folder, bool proposed, struct policy **ret_policy)
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct policy_report report = {.translate = cli_words};
    struct truc_fault fault = {0};
    const struct policy_load_options options = {
        .schemas = diff->schemas, .now_ns = diff->cli->now_ns, .allow_missing_keys = diff->without_keys};
    if (!cli_is_directory(folder)) {
        fault_set(&fault, TRUC_E_CONFIG, _("there is no configuration '%s'"), folder);
        fault_hint(&fault, _("truc config diff CONFIGDIR [--against DIR | --state DIR]"));
        return fail(diff, &fault);
    }
    int code = policy_load_directory(folder, &options, ret_policy, &report);
    bool tells = code < 0 || (proposed && !diff->without_keys); /* then every key is missing */
    if (tells && !diff->cli->json && cli_report_print(&report, folder, &text) == 0 && text.size > 0)
        fputs(buffer_string(&text), diff->cli->err);
    policy_report_free(&report);
    if (code == 0)
        return 0;
    fault_set(&fault, code, _("the %s configuration %s is not right"), proposed ? _("proposed") : _("present"), folder);
    fault_hint(&fault, _("truc check %s"), folder);
    return fail(diff, &fault);
}

static int load_both(struct diff *diff, const struct cli_arguments *arguments)
{
    char folder[CLI_PATH_BYTES];
    struct truc_fault fault = {0};
    const char *against = cli_option_value(arguments, "against"), *schemas = cli_option_value(arguments, "schemas");
    int code =
        against ? cli_path(folder, &fault, "%s", against) : cli_path(folder, &fault, "%s/config", diff->cli->state);
    if (code == 0 && schemas)
        code = cli_schemas_load(schemas, &diff->schemas, &fault);
    if (code < 0)
        return fail(diff, &fault);
    int exit_code = load(diff, folder, false, &diff->before);
    return exit_code != 0 ? exit_code : load(diff, cli_operand(arguments, 0), true, &diff->after);
}

static int make_run(struct diff *diff, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    struct cli_journal journal = {0};
    uint64_t days = 0;
    int given = cli_option_number(arguments, "days", &days, fault);
    if (given <= 0)
        return given;
    if (days == 0 || days > JOURNAL_DAYS_MAX)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--days is between 1 and %d"), JOURNAL_DAYS_MAX);
    diff->has_run = true;
    diff->run = (struct dry_run){.before = diff->before, .after = diff->after, .now_ns = diff->cli->now_ns};
    int code = cli_journal_open(diff->cli, arguments, &journal, fault);
    if (code == 0)
        code = dry_run_make(&diff->run, journal.journal, diff->cli->now_ns - days * DAY_NS, fault);
    cli_journal_close(&journal);
    return code;
}

static int compare_and_tell(struct diff *diff, const struct cli_arguments *arguments)
{
    static const struct cli_column columns[] = {{N_("CHANGE"), false},      {N_("WHAT"), false},   {N_("NAME"), false},
                                                {N_("KEY"), false},         {N_("BEFORE"), false}, {N_("AFTER"), false},
                                                {N_("DECLARED AT"), false}, {N_("NEEDS"), false}};
    struct truc_fault fault = {0};
    if (diff->cli->json)
        diff->changes = json_array();
    else
        diff->table = cli_table_create(columns, sizeof columns / sizeof *columns);
    int code = policy_differ(diff->before, diff->after, take_change, diff);
    if (code < 0)
        return fail_code(diff, code);
    if (make_run(diff, arguments, &fault) < 0)
        return fail(diff, &fault);
    code = diff->cli->json ? print_json(diff) : print_text(diff);
    if (code < 0)
        return fail_code(diff, code);
    return differs(diff) ? CLI_NOT_SO : CLI_OK;
}

int cmd_config_diff(struct cli *cli, const struct cli_arguments *arguments)
{
    struct diff diff = {.cli = cli, .without_keys = cli_option_value(arguments, "without-keys") != NULL};
    int exit_code = load_both(&diff, arguments);
    if (exit_code == 0)
        exit_code = compare_and_tell(&diff, arguments);
    dry_run_free(&diff.run);
    cli_table_free(diff.table);
    json_decref(diff.changes);
    policy_free(diff.before);
    policy_free(diff.after);
    schema_set_free(diff.schemas);
    return exit_code;
}
