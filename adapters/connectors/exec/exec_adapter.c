/* exec_adapter.c - a loaded adapter: what it serves and accepts, found by type.
 * Not the loading (exec_load.c).
 * In the flow: asked by everything that runs. */
#include "exec_adapter.h"

const struct exec_serve *exec_adapter_find_serve(const struct exec_adapter *adapter, const char *type)
{
    for (size_t i = 0; i < adapter->serve_count; i++) {
        if (strcmp(adapter->serves[i]->message->type, type) == 0)
            return adapter->serves[i];
    }
    return NULL;
}

const struct exec_accept *exec_adapter_find_accept(const struct exec_adapter *adapter, const char *type)
{
    for (size_t i = 0; i < adapter->accept_count; i++) {
        if (strcmp(adapter->accepts[i]->form.message->type, type) == 0)
            return adapter->accepts[i];
    }
    return NULL;
}
