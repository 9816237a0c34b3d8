/* door_load.c - the keys that only a door's file has; and what the door is to the shared loader.
 * The file of tokens is opened when the door starts.
 * In the flow: connector_adapter_load.c -> this. */
#include "connector_case.h"
#include "connector_load.h"
#include "door_adapter.h"
#include "door_file.h"
#include "http_listen.h"
#include "http_secret.h"
#include "time_text.h"

/* In clear only what does not leave this machine. A user name before '@' would make another host of it. */
static bool is_safe_url(const char *url)
{
    if (strchr(url, '@'))
        return false;
    return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://127.0.0.1:", 17) == 0 ||
           strncmp(url, "http://127.0.0.1/", 17) == 0;
}

static int load_webhook(const struct connector_load *load, const struct door_file_webhook *file,
                        struct door_webhook_target *target)
{
    target->url = file->url.text;
    target->timeout_ms =
        file->timeout.node ? (uint32_t)(file->timeout.number / TIME_NS_PER_MS) : DOOR_WEBHOOK_TIMEOUT_DEFAULT_MS;
    target->in_flight = file->in_flight.node ? (uint32_t)file->in_flight.number : DOOR_WEBHOOK_IN_FLIGHT_DEFAULT;
    const char *override = connector_load_override(load, "webhook.url");
    if (override)
        target->url = override;
    if (!is_safe_url(target->url))
        return connector_load_fail(load, file->url.node, "https://…, or http://127.0.0.1:PORT/…",
                                   "the webhook's url would send messages in clear");
    int result = http_load_secret(load, &file->secret, &target->secrets[0]);
    if (result == 0 && file->secret_before.node)
        result = http_load_secret(load, &file->secret_before, &target->secrets[1]);
    return result;
}

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
    if (file->webhook.node) {
        int result = load_webhook(load, file->webhook.objects, &door->webhook);
        if (result < 0)
            return result;
    }
    return http_load_listen(load, &file->listen, &door->listen_address, &door->listen_port);
}

static bool takes_override(const struct connector_file *keys, const char *key)
{
    const struct door_file *file = (const struct door_file *)keys;
    return strcmp(key, "listen") == 0 || (strcmp(key, "webhook.url") == 0 && file->webhook.node);
}

static void summarise(const struct connector_adapter *adapter, struct buffer *out)
{
    const struct door_adapter *door = door_adapter_of(adapter);
    buffer_printf(out, "a lease of %u ms, %u requests a second%s", door->lease_ms, door->rate_second,
                  door->webhook.url ? ", a webhook" : "");
}

static int run_case(const struct connector_adapter *adapter, const json_t *given, json_t *actual,
                    struct truc_fault *fault)
{
    (void)adapter;
    (void)given;
    (void)actual;
    return connector_case_wrong(fault, "a door maps nothing, so it has no cases");
}

const struct connector_format door_format = {
    .file = &door_file_object,
    .adapter_bytes = sizeof(struct door_adapter),
    .overrides = "listen, webhook.url",
    .takes_override = takes_override,
    .load = load_keys,
    .summarise = summarise,
    .run_case = run_case,
};
