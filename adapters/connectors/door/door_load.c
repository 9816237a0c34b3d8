/* door_load.c - the keys that only a door's file has; and what the door is to the shared loader.
 * The file of tokens is opened when the door starts.
 * In the flow: connector_adapter_load.c -> this. */
#include "connector_case.h"
#include "connector_load.h"
#include "door_adapter.h"
#include "door_file.h"
#include "http_listen.h"
#include "time_text.h"

static int load_keys(struct connector_load *load, const struct connector_file *keys)
{
    struct door_adapter *door = (struct door_adapter *)load->adapter;
    const struct door_file *file = (const struct door_file *)keys;
    BUFFER_CLEANUP struct buffer path = {0};
    buffer_printf(&path, "%s%s", *file->tokens.text == '/' ? "" : door->common.directory, file->tokens.text);
    door->tokens = buffer_failed(&path) ? NULL : arena_string(&door->common.arena, buffer_view(&path));
    if (!door->tokens)
        return connector_load_no_memory(load);
    door->schemas = load->schemas;
    door->lease_ms = file->lease.node ? (uint32_t)(file->lease.number / TIME_NS_PER_MS) : DOOR_LEASE_DEFAULT_MS;
    door->rate_second = file->rate.node ? (uint32_t)file->rate.number : DOOR_RATE_DEFAULT;
    return http_load_listen(load, &file->listen, &door->listen_address, &door->listen_port);
}

static bool takes_override(const struct connector_file *keys, const char *key)
{
    (void)keys;
    return strcmp(key, "listen") == 0;
}

static void summarise(const struct connector_adapter *adapter, struct buffer *out)
{
    const struct door_adapter *door = door_adapter_of(adapter);
    buffer_printf(out, "a lease of %u ms, %u requests a second", door->lease_ms, door->rate_second);
}

static int run_case(const struct connector_adapter *adapter, const json_t *test, json_t **ret_actual,
                    struct truc_fault *fault)
{
    (void)adapter;
    (void)test;
    (void)ret_actual;
    return connector_case_wrong(fault, "a door maps nothing, so it has no cases");
}

const struct connector_format door_format = {
    .file = &door_file_object,
    .adapter_bytes = sizeof(struct door_adapter),
    .overrides = "listen",
    .takes_override = takes_override,
    .load = load_keys,
    .summarise = summarise,
    .run_case = run_case,
};
