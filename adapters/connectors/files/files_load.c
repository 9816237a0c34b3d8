/* files_load.c - the sections that only a truc-files adapter file has; and what this connector is to the shared loader.
 * Opens no folder: one that is not there is found when the connector starts.
 * In the flow: connector_adapter_load.c -> this. */
#include "connector_load.h"
#include "connector_records.h"
#include "files_adapter.h"
#include "files_case.h"
#include "files_file.h"
#include "files_inbound.h"
#include "time_text.h"

static uint32_t span_ms(const struct typed_value *value, uint32_t otherwise)
{
    return value->node ? (uint32_t)(value->number / TIME_NS_PER_MS) : otherwise;
}

static int load_folder(const struct connector_load *load, const struct files_file_folder *file,
                       struct files_adapter *adapter)
{
    const char *override = connector_load_override(load, "folder");
    const char *path = override ? override : file->path.text;
    BUFFER_CLEANUP struct buffer whole = {0};
    buffer_printf(&whole, "%s%s", *path == '/' || override ? "" : adapter->common.directory, path);
    adapter->folder = buffer_failed(&whole) ? NULL : arena_string(&adapter->common.arena, buffer_view(&whole));
    if (!adapter->folder)
        return connector_load_no_memory(load);
    adapter->ready = file->ready.node ? (enum files_ready)file->ready.number : FILES_READY_CLOSED;
    adapter->stable_for_ms = span_ms(&file->stable_for, FILES_STABLE_DEFAULT_MS);
    adapter->rescan_ms = span_ms(&file->rescan, FILES_RESCAN_DEFAULT_MS);
    adapter->in_flight = file->in_flight.node ? (uint32_t)file->in_flight.number : FILES_IN_FLIGHT_DEFAULT;
    adapter->size_max = file->file_size.node ? (size_t)file->file_size.number : FILES_SIZE_MAX;
    adapter->remember_s = file->remember.node ? file->remember.number / TIME_NS_PER_S : FILES_REMEMBER_DEFAULT_S;
    return 0;
}

static int load_accept(const struct connector_load *load, struct files_adapter *adapter,
                       const struct files_file_accept *file)
{
    struct files_accept *accept = arena_alloc(&adapter->common.arena, sizeof(*accept));
    struct mapping_scope scope = {.tables = &load->adapter->tables};
    if (!accept)
        return connector_load_no_memory(load);
    if (adapter->accept_count == FILES_ACCEPTS_MAX)
        return connector_load_fail(load, file->node, "", "more than %d entries", FILES_ACCEPTS_MAX);
    accept->name = file->name.text;
    accept->format = file->format.node && file->format.number ? DOCUMENT_FORMAT_XML : DOCUMENT_FORMAT_JSON;
    int result = connector_load_type(load, file->type.node, &accept->form.message);
    if (result == 0 && accept->form.message->kind == SCHEMA_KIND_REQUEST)
        return connector_load_fail(load, file->type.node, "an event or command",
                                   "%s is a question: a file waits for no answer", accept->form.message->type);
    mapping_scope_add(&scope, "$", mapping_type_of(MAPPING_ANY));
    mapping_scope_add(&scope, "file", (struct mapping_type){.kind = MAPPING_RECORD, .record = &files_file_record});
    mapping_scope_add(&scope, "setting", connector_load_setting_type(load));
    if (result == 0 && file->when.node)
        result = connector_load_condition(load, file->when.node, &scope, &accept->when);
    if (result == 0)
        result = connector_load_message(load, file->message.node, &scope, &accept->form);
    if (result == 0)
        adapter->accepts[adapter->accept_count++] = accept;
    return result;
}

static int load_serve(const struct connector_load *load, struct files_adapter *adapter,
                      const struct files_file_serve *file, const struct yaml_node *type)
{
    struct files_serve *serve = arena_alloc(&adapter->common.arena, sizeof(*serve));
    struct mapping_scope scope = {.tables = &load->adapter->tables};
    struct mapping_type any = mapping_type_of(MAPPING_ANY);
    if (!serve)
        return connector_load_no_memory(load);
    int result = connector_load_type(load, type, &serve->message);
    if (result < 0)
        return result;
    if (serve->message->reply)
        return connector_load_fail(load, type, "an event or command", "%s is a question: a file answers nothing",
                                   serve->message->type);
    if (files_adapter_find_serve(adapter, serve->message->type))
        return connector_load_fail(load, type, "one entry a type", "%s is served twice", serve->message->type);
    if (adapter->serve_count == FILES_SERVES_MAX)
        return connector_load_fail(load, type, "", "more than %d types served", FILES_SERVES_MAX);
    mapping_scope_add(&scope, "body", mapping_type_of_message(serve->message));
    mapping_scope_add(&scope, "header",
                      (struct mapping_type){.kind = MAPPING_RECORD, .record = &connector_header_record});
    mapping_scope_add(&scope, "setting", connector_load_setting_type(load));
    if (memchr(file->name.node->text.data, '/', file->name.node->text.size))
        return connector_load_fail(load, file->name.node, "a name within out/", "a file's name has no slash");
    result = connector_pattern_load(load, file->name.node, &scope, &serve->name);
    if (result == 0)
        result = connector_load_template(load, file->content.node, &scope, &any, &serve->content);
    if (result == 0)
        adapter->serves[adapter->serve_count++] = serve;
    return result;
}

static int load_sections(struct connector_load *load, const struct connector_file *keys)
{
    struct files_adapter *adapter = (struct files_adapter *)load->adapter;
    const struct files_file *file = (const struct files_file *)keys;
    const struct files_file_accept *accepts = file->accepts.objects;
    const struct files_file_serve *serves = file->serves.objects;
    int result = load_folder(load, file->folder.objects, adapter);
    for (uint32_t i = 0; result == 0 && i < file->accepts.count; i++)
        result = load_accept(load, adapter, &accepts[i]);
    for (uint32_t i = 0; result == 0 && i < file->serves.count; i++) {
        for (uint32_t j = 0; result == 0 && j < serves[i].type.count; j++)
            result = load_serve(load, adapter, &serves[i], serves[i].type.items[j]);
    }
    return result;
}

static bool takes_override(const struct connector_file *keys, const char *key)
{
    (void)keys;
    return strcmp(key, "folder") == 0;
}

static void summarise(const struct connector_adapter *adapter, struct buffer *out)
{
    const struct files_adapter *files = files_adapter_of(adapter);
    buffer_printf(out, "accepts %zu, serves %zu", files->accept_count, files->serve_count);
}

const struct connector_format files_format = {
    .file = &files_file_object,
    .adapter_bytes = sizeof(struct files_adapter),
    .overrides = "folder",
    .takes_override = takes_override,
    .load = load_sections,
    .summarise = summarise,
    .run_case = files_case_run,
};
