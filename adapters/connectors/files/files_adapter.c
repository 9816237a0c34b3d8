/* files_adapter.c - a loaded adapter: what it serves, found by type.
 * Not the loading (files_load.c).
 * In the flow: asked by everything that runs. */
#include "files_adapter.h"

const struct files_serve *files_adapter_find_serve(const struct files_adapter *adapter, const char *type)
{
    for (size_t i = 0; i < adapter->serve_count; i++) {
        if (strcmp(adapter->serves[i]->message->type, type) == 0)
            return adapter->serves[i];
    }
    return NULL;
}
