/* http_load.c - the sections that only an HTTP adapter file has, in their order; and what this connector is to the shared loader.
 * Each section has a file of its own.
 * In the flow: connector_adapter_load.c -> this -> http_far_side_load.c, http_serve_load.c, http_accept_load.c. */
#include "http_load.h"

#include <stdlib.h>

#include "http_case.h"

/* "127.0.0.1:PORT": the connector has no TLS, so it listens to this machine only. */
static int load_listen(const struct http_load *load, const struct typed_value *value)
{
    static const char address[] = "127.0.0.1";
    const char *listen = value->text ? value->text : "127.0.0.1:0";
    const char *override = connector_load_override(&load->common, "listen");
    if (override)
        listen = override;
    char *end;
    const char *colon = strrchr(listen, ':');
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    bool right = colon && (size_t)(colon - listen) == sizeof(address) - 1 &&
                 strncmp(listen, address, sizeof(address) - 1) == 0 && colon[1] >= '0' && colon[1] <= '9' &&
                 *end == 0 && port <= UINT16_MAX;
    if (!right)
        return connector_load_fail(
            &load->common, value->node ? value->node : &(struct yaml_node){.file = "--set listen"},
            "127.0.0.1:7481; a reverse proxy ends TLS and listens to others", "listen is 127.0.0.1:PORT");
    load->adapter->listen_address = address;
    load->adapter->listen_port = (uint16_t)port;
    return 0;
}

static int load_sections(struct connector_load *common, const struct connector_file *keys)
{
    const struct http_file *file = (const struct http_file *)keys;
    struct http_load load = {*common, (struct http_adapter *)common->adapter, file->far_side.objects};
    int result = load_listen(&load, &file->listen);
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
