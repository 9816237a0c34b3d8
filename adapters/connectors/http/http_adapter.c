/* http_adapter.c - a loaded adapter: what it serves, found by type, and its end.
 * Not the loading (http_adapter_load.c).
 * In the flow: asked by everything that runs. */
#include "http_adapter.h"

#include <stdlib.h>
#include <string.h>

void http_adapter_free(struct http_adapter *adapter)
{
    if (!adapter)
        return;
    json_decref(adapter->settings);
    if (adapter->far_side.auth_secret)
        explicit_bzero((void *)(uintptr_t)adapter->far_side.auth_secret, strlen(adapter->far_side.auth_secret));
    arena_free(&adapter->arena);
    free(adapter);
}

const struct http_serve *http_adapter_find_serve(const struct http_adapter *adapter, const char *type)
{
    for (size_t i = 0; i < adapter->serve_count; i++) {
        if (strcmp(adapter->serves[i]->message->type, type) == 0)
            return adapter->serves[i];
    }
    return NULL;
}
