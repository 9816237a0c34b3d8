/* exec_load.c - the sections that only a truc-exec adapter file has; and what this connector is to the shared loader.
 * Starts nothing: a program that is not there is found when it is started.
 * In the flow: connector_adapter_load.c -> this. */
#include "connector_load.h"
#include "connector_records.h"
#include "exec_adapter.h"
#include "exec_case.h"
#include "exec_file.h"
#include "time_text.h"

static uint32_t span_ms(const struct typed_value *value, uint32_t otherwise)
{
    return value->node ? (uint32_t)(value->number / TIME_NS_PER_MS) : otherwise;
}

static int load_environment(const struct connector_load *load, const struct yaml_node *map,
                            struct exec_program_settings *program)
{
    if (map->kind != YAML_MAP)
        return connector_load_fail(load, map, "write NAME: value", "the environment is a map");
    for (const struct yaml_node *key = map->first; key; key = key->next) {
        BUFFER_CLEANUP struct buffer line = {0};
        if (program->environment_count == EXEC_ENVIRONMENT_MAX || key->value->kind != YAML_TEXT ||
            memchr(key->text.data, '=', key->text.size))
            return connector_load_fail(load, key, "NAME: value, at most 32", "this is no variable");
        buffer_printf(&line, "%.*s=%.*s", BYTES_PRINTF(key->text), BYTES_PRINTF(key->value->text));
        const char *copy = buffer_failed(&line) ? NULL : arena_string(&load->adapter->arena, buffer_view(&line));
        if (!copy)
            return connector_load_no_memory(load);
        program->environment[program->environment_count++] = copy;
    }
    return 0;
}

static int load_command(const struct connector_load *load, const struct typed_value *command,
                        struct exec_program_settings *program)
{
    if (command->count > EXEC_ARGUMENTS_MAX)
        return connector_load_fail(load, command->node, "", "more than %d arguments", EXEC_ARGUMENTS_MAX);
    for (uint32_t i = 0; i < command->count; i++)
        program->arguments[i] = (const char *)command->items[i]->text.data;
    return 0;
}

static int load_restart(const struct connector_load *load, const struct typed_value *value,
                        struct exec_program_settings *program)
{
    const struct exec_file_restart *file = value->objects;
    program->restart_first_ms = EXEC_RESTART_FIRST_DEFAULT_MS;
    program->restart_most_ms = EXEC_RESTART_MOST_DEFAULT_MS;
    if (!file)
        return 0;
    program->restart_first_ms = span_ms(&file->first, EXEC_RESTART_FIRST_DEFAULT_MS);
    program->restart_most_ms = span_ms(&file->at_most, EXEC_RESTART_MOST_DEFAULT_MS);
    if (program->restart_most_ms >= program->restart_first_ms)
        return 0;
    return connector_load_fail(load, file->node, "restart: {first: 1s, at-most: 60s}", "at-most is less than first");
}

static int load_program(const struct connector_load *load, const struct exec_file_program *file,
                        struct exec_program_settings *program)
{
    program->ready_within_ms = span_ms(&file->ready_within, EXEC_READY_DEFAULT_MS);
    program->answer_within_ms = span_ms(&file->answer_within, EXEC_ANSWER_DEFAULT_MS);
    program->in_flight = file->in_flight.node ? (uint32_t)file->in_flight.number : EXEC_IN_FLIGHT_DEFAULT;
    program->line_bytes = file->line_size.node ? (size_t)file->line_size.number : EXEC_LINE_BYTES_DEFAULT;
    program->deaths = file->deaths.node ? (uint32_t)file->deaths.number : EXEC_DEATHS_DEFAULT;
    int result = load_command(load, &file->command, program);
    if (result == 0)
        result = load_restart(load, &file->restart, program);
    return result == 0 && file->environment.node ? load_environment(load, file->environment.node, program) : result;
}

static int load_mappings(const struct connector_load *load, const struct exec_file_serve *file,
                         struct exec_serve *serve)
{
    struct mapping_scope scope = {.tables = &load->adapter->tables};
    struct mapping_type any = mapping_type_of(MAPPING_ANY);
    const struct schema_message *reply = serve->message->reply;
    mapping_scope_add(&scope, "body", mapping_type_of_message(serve->message));
    mapping_scope_add(&scope, "header",
                      (struct mapping_type){.kind = MAPPING_RECORD, .record = &connector_header_record});
    mapping_scope_add(&scope, "setting", connector_load_setting_type(load));
    int result =
        file->request.node ? connector_load_template(load, file->request.node, &scope, &any, &serve->request) : 0;
    if (result < 0 || !file->reply.node)
        return result;
    if (!reply)
        return connector_load_fail(load, file->reply.node, "only requests are answered", "%s has no reply",
                                   serve->message->type);
    struct mapping_type target = mapping_type_of_message(reply);
    mapping_scope_add(&scope, "$", any);
    return connector_load_template(load, file->reply.node, &scope, &target, &serve->reply);
}

static int load_serve(const struct connector_load *load, struct exec_adapter *adapter,
                      const struct exec_file_serve *file, const struct yaml_node *type)
{
    struct exec_serve *serve = arena_alloc(&adapter->common.arena, sizeof(*serve));
    if (!serve)
        return connector_load_no_memory(load);
    int result = connector_load_type(load, type, &serve->message);
    if (result < 0)
        return result;
    if (exec_adapter_find_serve(adapter, serve->message->type))
        return connector_load_fail(load, type, "one entry a type", "%s is served twice", serve->message->type);
    if (adapter->serve_count == EXEC_SERVES_MAX)
        return connector_load_fail(load, type, "", "more than %d types served", EXEC_SERVES_MAX);
    result = load_mappings(load, file, serve);
    if (result == 0)
        adapter->serves[adapter->serve_count++] = serve;
    return result;
}

static int load_accept(const struct connector_load *load, struct exec_adapter *adapter,
                       const struct exec_file_accept *file)
{
    struct exec_accept *accept = arena_alloc(&adapter->common.arena, sizeof(*accept));
    struct mapping_scope scope = {.tables = &load->adapter->tables};
    if (!accept)
        return connector_load_no_memory(load);
    int result = connector_load_type(load, file->type.node, &accept->form.message);
    if (result < 0)
        return result;
    if (exec_adapter_find_accept(adapter, accept->form.message->type))
        return connector_load_fail(load, file->type.node, "one entry a type", "%s is accepted twice",
                                   accept->form.message->type);
    if (adapter->accept_count == EXEC_ACCEPTS_MAX)
        return connector_load_fail(load, file->node, "", "more than %d entries", EXEC_ACCEPTS_MAX);
    accept->within_ms = span_ms(&file->within, EXEC_WITHIN_DEFAULT_MS);
    mapping_scope_add(&scope, "$", mapping_type_of(MAPPING_ANY));
    mapping_scope_add(&scope, "setting", connector_load_setting_type(load));
    if (file->message.node)
        result = connector_load_message(load, file->message.node, &scope, &accept->form);
    if (result == 0)
        adapter->accepts[adapter->accept_count++] = accept;
    return result;
}

static int load_sections(struct connector_load *load, const struct connector_file *keys)
{
    struct exec_adapter *adapter = (struct exec_adapter *)load->adapter;
    const struct exec_file *file = (const struct exec_file *)keys;
    const struct exec_file_serve *serves = file->serves.objects;
    const struct exec_file_accept *accepts = file->accepts.objects;
    int result = load_program(load, file->program.objects, &adapter->program);
    for (uint32_t i = 0; result == 0 && i < file->serves.count; i++) {
        for (uint32_t j = 0; result == 0 && j < serves[i].type.count; j++)
            result = load_serve(load, adapter, &serves[i], serves[i].type.items[j]);
    }
    for (uint32_t i = 0; result == 0 && i < file->accepts.count; i++)
        result = load_accept(load, adapter, &accepts[i]);
    return result;
}

static bool takes_override(const struct connector_file *keys, const char *key)
{
    (void)keys;
    (void)key;
    return false;
}

static void summarise(const struct connector_adapter *adapter, struct buffer *out)
{
    const struct exec_adapter *exec = exec_adapter_of(adapter);
    buffer_printf(out, "accepts %zu, serves %zu", exec->accept_count, exec->serve_count);
}

const struct connector_format exec_format = {
    .file = &exec_file_object,
    .adapter_bytes = sizeof(struct exec_adapter),
    .overrides = "",
    .takes_override = takes_override,
    .load = load_sections,
    .summarise = summarise,
    .run_case = exec_case_run,
};
