/* cmd_schema.c - `truc schema show [TYPE]`: the message types there are, or one with all its fields.
 * Not: the .proto files themselves, which are installed beside the descriptor set.
 * Reads the descriptor set; asks no broker. */
#include "cli_data.h"
#include "cli_file.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"
#include "schema.h"

const struct cli_option cmd_schema_show_options[] = {
    {.name = "schemas", .value = "FILE", .explanation = N_("the descriptor set, instead of the state directory's")},
    {.name = NULL},
};

static json_t *type_json(const struct schema_message *message)
{
    json_t *object = json_object();
    cli_json_set(object, "type", json_string(message->type));
    cli_json_set(object, "version", cli_json_count(message->version));
    cli_json_set(object, "kind", json_string(schema_kind_text(message->kind)));
    cli_json_set(object, "title", json_string(message->title));
    cli_json_set(object, "message", json_string(message->full_name));
    cli_json_set(object, "reply", message->reply ? json_string(message->reply->full_name) : json_null());
    cli_json_set(object, "personal", json_boolean(message->has_personal));
    return object;
}

static json_t *field_json(const struct schema_field *field)
{
    json_t *object = json_object();
    cli_json_set(object, "name", json_string(field->name));
    cli_json_set(object, "number", cli_json_count(field->number));
    cli_json_set(object, "type",
                 json_string(field->message ? field->message->full_name : schema_type_text(field->type)));
    cli_json_set(object, "repeated", json_boolean(field->repeated));
    cli_json_set(object, "title", json_string(field->title));
    cli_json_set(object, "personal", json_string(schema_personal_text(field->personal)));
    cli_json_set(object, "identity", json_boolean(field->identity));
    if (field->enumeration) {
        json_t *values = json_array();
        for (size_t i = 0; i < field->enumeration->value_count; i++)
            json_array_append_new(values, json_string(field->enumeration->values[i].word));
        cli_json_set(object, "values", values);
    }
    return object;
}

static int print_list(const struct cli *cli, const struct schema_set *set)
{
    static const struct cli_column columns[] = {{N_("TYPE"), false},
                                                {N_("KIND"), false},
                                                {N_("VERSION"), true},
                                                {N_("PERSONAL DATA"), false},
                                                {N_("TITLE"), false}};
    if (cli->json) {
        json_t *document = json_object(), *types = json_array();
        for (size_t i = 0; i < schema_set_type_count(set); i++)
            json_array_append_new(types, type_json(schema_set_type(set, i)));
        cli_json_set(document, "types", types);
        return cli_json_print(document, cli->out);
    }
    struct cli_table *table = cli_table_create(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < schema_set_type_count(set); i++) {
        const struct schema_message *message = schema_set_type(set, i);
        cli_table_row(table);
        cli_table_text(table, message->type);
        cli_table_text(table, schema_kind_text(message->kind));
        cli_table_count(table, message->version);
        cli_table_text(table, message->has_personal ? _("yes") : "");
        cli_table_text(table, message->title);
    }
    int code = cli_table_print(table, cli->out);
    cli_table_free(table);
    return code;
}

static int print_type(const struct cli *cli, const struct schema_message *message)
{
    BUFFER_CLEANUP struct buffer text = {0};
    if (cli->json) {
        json_t *document = type_json(message), *fields = json_array();
        for (size_t i = 0; i < message->field_count; i++)
            json_array_append_new(fields, field_json(&message->fields[i]));
        cli_json_set(document, "fields", fields);
        return cli_json_print(document, cli->out);
    }
    int code = schema_describe(message, cli_words, &text);
    const char *whole = buffer_string(&text);
    if (code < 0 || whole == NULL)
        return TRUC_E_MEMORY;
    fputs(whole, cli->out);
    return 0;
}

static const struct schema_message *find(const struct schema_set *set, const char *name, struct truc_fault *fault)
{
    const struct schema_message *message = schema_set_find_type(set, bytes_string(name));
    if (message == NULL)
        message = schema_set_find_message(set, bytes_string(name));
    if (message)
        return message;
    const struct schema_message *nearest = schema_set_nearest_type(set, bytes_string(name));
    fault_set(fault, TRUC_E_NOT_FOUND, _("no schema has the type '%s'"), name);
    if (nearest)
        fault_hint(fault, _("did you mean '%s'?"), nearest->type);
    else
        fault_hint(fault, _("truc schema show lists the types"));
    return NULL;
}

/* The schemas in force, where there is a state directory; else those that came with the program. */
static int default_path(const struct cli *cli, const struct cli_arguments *arguments, char out[CLI_PATH_BYTES],
                        struct truc_fault *fault)
{
    if (cli_option_value(arguments, "state") == NULL && !cli_is_directory(cli->state))
        return cli_data_path(out, "truc.descriptors", fault);
    return cli_path(out, fault, "%s/config/truc.descriptors", cli->state);
}

int cmd_schema_show(struct cli *cli, const struct cli_arguments *arguments)
{
    char path[CLI_PATH_BYTES];
    struct truc_fault fault = {0};
    struct schema_set *set = NULL;
    const char *file = cli_option_value(arguments, "schemas"), *type = cli_operand(arguments, 0);
    int code = file ? cli_path(path, &fault, "%s", file) : default_path(cli, arguments, path, &fault);
    if (code == 0 && (code = cli_schemas_load(path, &set, &fault)) < 0) {
        fault_hint(&fault, _("name the state directory with --state, or a descriptor set with --schemas"));
        cli_fail(cli, &fault);
        return CLI_WRONG_USE;
    }
    const struct schema_message *message = code == 0 && type ? find(set, type, &fault) : NULL;
    if (code == 0 && type && message == NULL)
        code = fault.code;
    if (code < 0) {
        code = cli_fail(cli, &fault);
    } else {
        code = message ? print_type(cli, message) : print_list(cli, set);
        code = code < 0 ? cli_fail_code(cli, code) : CLI_OK;
    }
    schema_set_free(set);
    return code;
}
