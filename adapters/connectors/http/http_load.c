/* http_load.c - the sections that only an HTTP adapter file has, in their order; and what this connector is to the shared loader.
 * Each section has a file of its own.
 * In the flow: connector_adapter_load.c -> this -> http_far_side_load.c, http_serve_load.c, http_accept_load.c. */
#include "http_load.h"

#include "http_case.h"
#include "http_listen.h"

static int load_sections(struct connector_load *common, const struct connector_file *keys)
{
    const struct http_file *file = (const struct http_file *)keys;
    struct http_load load = {*common, (struct http_adapter *)common->adapter, file->far_side.objects};
    int result = http_load_listen(common, &file->listen, &load.adapter->listen_address, &load.adapter->listen_port);
    if (result == 0)
        result = http_load_far_side(&load);
    const struct http_file_serve *serves = file->serves.objects;
    for (uint32_t i = 0; result == 0 && i < file->serves.count; i++)
        result = http_load_serve(&load, &serves[i]);
    const struct http_file_accept *accepts = file->accepts.objects;
    for (uint32_t i = 0; result == 0 && i < file->accepts.count; i++)
        result = http_load_accept(&load, &accepts[i]);
    return result;
}

static bool takes_override(const struct connector_file *keys, const char *key)
{
    const struct http_file *file = (const struct http_file *)keys;
    return strcmp(key, "listen") == 0 || (file->far_side.node && strcmp(key, "far-side.url") == 0);
}

static void release(struct connector_adapter *adapter)
{
    const char *secret = http_adapter_of(adapter)->far_side.auth_secret;
    if (secret)
        explicit_bzero((void *)(uintptr_t)secret, strlen(secret));
}

static void summarise(const struct connector_adapter *adapter, struct buffer *out)
{
    const struct http_adapter *http = http_adapter_of(adapter);
    buffer_printf(out, "accepts %zu, serves %zu", http->accept_count, http->serve_count);
}

const struct connector_format http_format = {
    .file = &http_file_object,
    .adapter_bytes = sizeof(struct http_adapter),
    .overrides = "far-side.url, listen",
    .takes_override = takes_override,
    .load = load_sections,
    .release = release,
    .summarise = summarise,
    .run_case = http_case_run,
};
