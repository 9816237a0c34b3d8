/* connector_adapter_load.c - reads an adapter file: typed keys, then settings and code tables, then the connector's own sections.
 * Runs once at start, and for --check and --cases.
 * In the flow: command line -> this -> the connector's struct. */
#include <stdio.h>
#include <stdlib.h>

#include "connector_load.h"
#include "connector_read.h"
#include "fault.h"
#include "text.h"

enum { OVERRIDE_BYTES_MAX = 256 };

/* The first mistake of a report, as a fault. */
static int fault_of_report(const struct policy_report *report, struct truc_fault *fault)
{
    if (report->failed)
        return fault_set(fault, report->failed, "no memory for the adapter file");
    for (uint32_t i = 0; i < report->problems_count; i++) {
        const struct policy_problem *problem = report->problems[i];
        if (problem->severity != POLICY_ERROR)
            continue;
        fault_set(fault, TRUC_E_CONFIG, "%s", problem->text);
        fault_where(fault, "%s:%u:%u", problem->file, problem->line, problem->column);
        fault_hint(fault, "%s", problem->details_count ? problem->details[0] : "");
        return TRUC_E_CONFIG;
    }
    return 0;
}

static int load_table(const struct connector_load *load, const struct yaml_node *key)
{
    struct mapping_table *table;
    struct arena *arena = &load->adapter->arena;
    if (key->value->kind != YAML_MAP)
        return connector_load_fail(load, key, "write code: word", "a table is a map");
    int result = mapping_tables_add(&load->adapter->tables, key->text, arena, &table, load->fault);
    for (const struct yaml_node *pair = key->value->first; result == 0 && pair; pair = pair->next) {
        if (pair->value->kind != YAML_TEXT)
            return connector_load_fail(load, pair, "write code: word", "a table's lines are texts");
        result = mapping_table_add(table, pair->text, pair->value->text, arena, load->fault);
    }
    if (result < 0)
        fault_where(load->fault, "%s:%u:%u", key->file, key->line, key->column);
    return result;
}

static int load_tables(const struct connector_load *load, const struct yaml_node *map)
{
    int result = 0;
    if (map->kind != YAML_MAP)
        return connector_load_fail(load, map, "write name: {code: word}", "tables are a map");
    for (const struct yaml_node *key = map->first; result == 0 && key; key = key->next)
        result = load_table(load, key);
    return result;
}

static int load_settings(const struct connector_load *load, const struct yaml_node *map)
{
    struct connector_adapter *adapter = load->adapter;
    adapter->setting_record = (struct mapping_record){"settings", adapter->setting_members, 0};
    adapter->settings = json_object();
    if (!adapter->settings)
        return connector_load_no_memory(load);
    if (map && map->kind != YAML_MAP)
        return connector_load_fail(load, map, "write name: value", "settings are a map");
    for (const struct yaml_node *key = map ? map->first : NULL; key; key = key->next) {
        const char *name = (const char *)key->text.data;
        if (adapter->setting_record.member_count == CONNECTOR_SETTINGS_MAX || key->value->kind != YAML_TEXT)
            return connector_load_fail(load, key, "name: value, at most 64", "a setting is one text");
        char override[OVERRIDE_BYTES_MAX];
        snprintf(override, sizeof(override), "setting.%s", name);
        const char *value = connector_load_override(load, override);
        json_t *text = json_string(value ? value : (const char *)key->value->text.data);
        if (json_object_set_new(adapter->settings, name, text) < 0)
            return connector_load_no_memory(load);
        adapter->setting_members[adapter->setting_record.member_count++] =
            (struct mapping_member){name, mapping_type_of(MAPPING_TEXT)};
    }
    return 0;
}

static int check_overrides(const struct connector_load *load, const struct connector_file *file)
{
    const struct connector_format *format = load->adapter->format;
    for (size_t i = 0; i < load->override_count; i++) {
        const char *key = load->overrides[i].key;
        bool setting = strncmp(key, "setting.", 8) == 0 && json_object_get(load->adapter->settings, key + 8);
        if (setting || format->takes_override(file, key))
            continue;
        fault_set(load->fault, TRUC_E_CONFIG, "--set %s: there is no such key to set", key);
        fault_hint(load->fault, "%s%ssetting.NAME for a name under settings:", format->overrides,
                   *format->overrides ? ", or " : "");
        return TRUC_E_CONFIG;
    }
    return 0;
}

static int load_sections(struct connector_load *load, const struct connector_file *file)
{
    struct connector_adapter *adapter = load->adapter;
    adapter->name = file->adapter.text;
    adapter->title = file->title.text;
    load->shared = file->shared.node && file->shared.node->kind == YAML_MAP ? file->shared.node : NULL;
    int result = load_settings(load, file->settings.node);
    if (result == 0)
        result = check_overrides(load, file);
    if (result == 0 && file->tables.node)
        result = load_tables(load, file->tables.node);
    return result == 0 ? adapter->format->load(load, file) : result;
}

enum { PLACE_BYTES = sizeof ":4294967295:4294967295" };

static int load_document(struct connector_load *load, const char *path, struct bytes content)
{
    struct policy_report report = {0};
    struct yaml_node *root;
    const char *slash = strrchr(path, '/');
    /* As it was given, so that an editor finds it, unless that would leave no room for line and column. */
    bool is_long = strlen(path) + PLACE_BYTES > TRUC_FAULT_WHERE_BYTES_MAX;
    const char *name = arena_string(&load->adapter->arena, bytes_string(is_long && slash ? slash + 1 : path));
    load->adapter->directory =
        arena_string(&load->adapter->arena, bytes_of(path, slash ? (size_t)(slash + 1 - path) : 0));
    const struct yaml_object *keys = load->adapter->format->file;
    struct connector_file *file = arena_alloc(&load->adapter->arena, keys->size);
    if (!name || !load->adapter->directory || !file)
        return connector_load_no_memory(load);
    int result = yaml_document_read(&load->adapter->arena, name, content, &report, &root);
    if (result == 0)
        result = yaml_typed_read(&load->adapter->arena, keys, root, &report, file);
    policy_report_sort(&report);
    int mistake = fault_of_report(&report, load->fault);
    policy_report_free(&report);
    if (mistake < 0)
        return mistake;
    return result < 0 ? fault_set(load->fault, result, "%s can't be read", path) : load_sections(load, file);
}

int connector_adapter_load(const struct connector_format *format, const char *path, const struct schema_set *schemas,
                           const struct connector_override *overrides, size_t override_count,
                           struct connector_adapter **ret_adapter, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {.size_max = YAML_BYTES_MAX};
    int result = connector_read_file(path, &content, fault);
    if (result < 0)
        return result;
    struct connector_adapter *adapter = calloc(1, format->adapter_bytes);
    if (!adapter)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the adapter file");
    adapter->format = format;
    adapter->arena.used_bytes_max = CONNECTOR_ADAPTER_MEMORY_MAX;
    struct connector_load load = {.adapter = adapter,
                                  .schemas = schemas,
                                  .overrides = overrides,
                                  .override_count = override_count,
                                  .fault = fault};
    result = load_document(&load, path, buffer_view(&content));
    if (result < 0) {
        connector_adapter_free(adapter);
        return result;
    }
    *ret_adapter = adapter;
    return 0;
}

void connector_adapter_free(struct connector_adapter *adapter)
{
    if (!adapter)
        return;
    if (adapter->format->release)
        adapter->format->release(adapter);
    json_decref(adapter->settings);
    arena_free(&adapter->arena);
    free(adapter);
}
