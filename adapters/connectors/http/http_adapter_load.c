/* http_adapter_load.c - reads an adapter file: typed keys, then settings, tables, far side, serves and accepts.
 * The only part of the connector's data side that opens files; runs once at start (and for --check and --cases).
 * In the flow: command line -> this -> struct http_adapter. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fault.h"
#include "http_load.h"
#include "text.h"

static int read_file(const char *path, struct buffer *out, struct truc_fault *fault)
{
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return fault_set(fault, TRUC_E_IO, "%s can't be opened", path);
    size_t size;
    do {
        uint8_t chunk[4096];
        size = fread(chunk, 1, sizeof(chunk), stream);
        buffer_append(out, chunk, size);
    } while (size && !buffer_failed(out));
    bool failed = ferror(stream);
    fclose(stream);
    if (buffer_failed(out))
        return fault_set(fault, buffer_failed(out), "%s is larger than %d bytes", path, YAML_BYTES_MAX);
    return failed ? fault_set(fault, TRUC_E_IO, "%s can't be read", path) : 0;
}

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

static int load_table(const struct http_load *load, const struct yaml_node *key)
{
    struct mapping_table *table;
    struct arena *arena = &load->adapter->arena;
    if (key->value->kind != YAML_MAP)
        return http_load_fail(load, key, "write code: word", "a table is a map");
    int result = mapping_tables_add(&load->adapter->tables, key->text, arena, &table, load->fault);
    for (const struct yaml_node *pair = key->value->first; result == 0 && pair; pair = pair->next) {
        if (pair->value->kind != YAML_TEXT)
            return http_load_fail(load, pair, "write code: word", "a table's lines are texts");
        result = mapping_table_add(table, pair->text, pair->value->text, arena, load->fault);
    }
    if (result < 0)
        fault_where(load->fault, "%s:%u:%u", key->file, key->line, key->column);
    return result;
}

static int load_tables(const struct http_load *load, const struct yaml_node *map)
{
    int result = 0;
    if (map->kind != YAML_MAP)
        return http_load_fail(load, map, "write name: {code: word}", "tables are a map");
    for (const struct yaml_node *key = map->first; result == 0 && key; key = key->next)
        result = load_table(load, key);
    return result;
}

static const char *overridden(const struct http_load *load, const char *name)
{
    static const char prefix[] = "setting.";
    for (size_t i = 0; i < load->override_count; i++) {
        const char *key = load->overrides[i].key;
        if (strncmp(key, prefix, sizeof(prefix) - 1) == 0 && strcmp(key + sizeof(prefix) - 1, name) == 0)
            return load->overrides[i].value;
    }
    return NULL;
}

static int load_settings(const struct http_load *load, const struct yaml_node *map)
{
    struct http_adapter *adapter = load->adapter;
    adapter->setting_record = (struct mapping_record){"settings", adapter->setting_members, 0};
    adapter->settings = json_object();
    if (!adapter->settings)
        return http_load_no_memory(load);
    if (map && map->kind != YAML_MAP)
        return http_load_fail(load, map, "write name: value", "settings are a map");
    for (const struct yaml_node *key = map ? map->first : NULL; key; key = key->next) {
        const char *name = (const char *)key->text.data;
        if (adapter->setting_record.member_count == HTTP_SETTINGS_MAX || key->value->kind != YAML_TEXT)
            return http_load_fail(load, key, "name: value, at most 64", "a setting is one text");
        const char *value = overridden(load, name);
        json_t *text = json_string(value ? value : (const char *)key->value->text.data);
        if (json_object_set_new(adapter->settings, name, text) < 0)
            return http_load_no_memory(load);
        adapter->setting_members[adapter->setting_record.member_count++] =
            (struct mapping_member){name, mapping_type_of(MAPPING_TEXT)};
    }
    return 0;
}

static int check_overrides(const struct http_load *load)
{
    for (size_t i = 0; i < load->override_count; i++) {
        const char *key = load->overrides[i].key;
        bool setting = strncmp(key, "setting.", 8) == 0 && json_object_get(load->adapter->settings, key + 8);
        if (setting || strcmp(key, "listen") == 0 || (load->far_side && strcmp(key, "far-side.url") == 0))
            continue;
        fault_set(load->fault, TRUC_E_CONFIG, "--set %s: there is no such key to set", key);
        fault_hint(load->fault, "far-side.url, listen, or setting.NAME for a name under settings:");
        return TRUC_E_CONFIG;
    }
    return 0;
}

/* "127.0.0.1:PORT": the connector has no TLS, so it listens to this machine only. */
static int load_listen(const struct http_load *load, const struct typed_value *value)
{
    static const char address[] = "127.0.0.1";
    const char *listen = value->text ? value->text : "127.0.0.1:0";
    for (size_t i = 0; i < load->override_count; i++) {
        if (strcmp(load->overrides[i].key, "listen") == 0)
            listen = load->overrides[i].value;
    }
    char *end;
    const char *colon = strrchr(listen, ':');
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    bool right = colon && (size_t)(colon - listen) == sizeof(address) - 1 &&
                 strncmp(listen, address, sizeof(address) - 1) == 0 && colon[1] >= '0' && colon[1] <= '9' &&
                 *end == 0 && port <= UINT16_MAX;
    if (!right)
        return http_load_fail(load, value->node ? value->node : &(struct yaml_node){.file = "--set listen"},
                              "127.0.0.1:7481; a reverse proxy ends TLS and listens to others",
                              "listen is 127.0.0.1:PORT");
    load->adapter->listen_address = address;
    load->adapter->listen_port = (uint16_t)port;
    return 0;
}

static int load_sections(struct http_load *load, const struct http_file *file)
{
    struct http_adapter *adapter = load->adapter;
    adapter->name = file->adapter.text;
    adapter->title = file->title.text;
    load->shared = file->shared.node && file->shared.node->kind == YAML_MAP ? file->shared.node : NULL;
    load->far_side = file->far_side.objects;
    int result = load_listen(load, &file->listen);
    if (result == 0)
        result = load_settings(load, file->settings.node);
    if (result == 0)
        result = check_overrides(load);
    if (result == 0 && file->tables.node)
        result = load_tables(load, file->tables.node);
    if (result == 0)
        result = http_load_far_side(load);
    const struct http_file_serve *serves = file->serves.objects;
    for (uint32_t i = 0; result == 0 && i < file->serves.count; i++)
        result = http_load_serve(load, &serves[i]);
    const struct http_file_accept *accepts = file->accepts.objects;
    for (uint32_t i = 0; result == 0 && i < file->accepts.count; i++)
        result = http_load_accept(load, &accepts[i]);
    return result;
}

enum { PLACE_BYTES = sizeof ":4294967295:4294967295" };

static int load_document(struct http_load *load, const char *path, struct bytes content)
{
    struct policy_report report = {0};
    struct yaml_node *root;
    struct http_file file = {0};
    const char *slash = strrchr(path, '/');
    /* As it was given, so that an editor finds it, unless that would leave no room for line and column. */
    bool is_long = strlen(path) + PLACE_BYTES > TRUC_FAULT_WHERE_BYTES_MAX;
    const char *name = arena_string(&load->adapter->arena, bytes_string(is_long && slash ? slash + 1 : path));
    load->directory = arena_string(&load->adapter->arena, bytes_of(path, slash ? (size_t)(slash + 1 - path) : 0));
    if (!name || !load->directory)
        return http_load_no_memory(load);
    int result = yaml_document_read(&load->adapter->arena, name, content, &report, &root);
    if (result == 0)
        result = yaml_typed_read(&load->adapter->arena, &http_file_object, root, &report, &file);
    policy_report_sort(&report);
    int mistake = fault_of_report(&report, load->fault);
    policy_report_free(&report);
    if (mistake < 0)
        return mistake;
    return result < 0 ? fault_set(load->fault, result, "%s can't be read", path) : load_sections(load, &file);
}

int http_adapter_load(const char *path, const struct schema_set *schemas, const struct http_override *overrides,
                      size_t override_count, struct http_adapter **ret_adapter, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {.size_max = YAML_BYTES_MAX};
    int result = read_file(path, &content, fault);
    if (result < 0)
        return result;
    struct http_adapter *adapter = calloc(1, sizeof(*adapter));
    if (!adapter)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the adapter file");
    adapter->arena.used_bytes_max = HTTP_ADAPTER_MEMORY_MAX;
    struct http_load load = {.adapter = adapter,
                             .schemas = schemas,
                             .overrides = overrides,
                             .override_count = override_count,
                             .fault = fault};
    result = load_document(&load, path, buffer_view(&content));
    if (result < 0) {
        http_adapter_free(adapter);
        return result;
    }
    *ret_adapter = adapter;
    return 0;
}
