/* open_request.c - requests that wait for their reply: found by journal position, ended by reply, rejection or deadline.
 * The asker always learns the end: by the reply in its queue, or by a named failure; its own timer covers lost connections.
 * Filled by accept.c and by recovery. */
#include "open_request.h"

#include <stdlib.h>

#include "core_emit.h"
#include "destination.h"
#include "text.h"

int request_open(struct core *core, uint64_t sequence, uint64_t deadline_ns, struct bytes asker, struct bytes provider,
                 struct bytes id, struct bytes type, struct bytes agreement)
{
    struct open_request *request = calloc(1, sizeof *request);
    struct destination *asking = destination_get(core, asker);
    if (request == NULL || asking == NULL) {
        free(request);
        return TRUC_E_MEMORY;
    }
    request->asking = asking;
    request->sequence = sequence;
    request->deadline_ns = deadline_ns;
    text_copy(request->asker, sizeof request->asker, asker);
    text_copy(request->provider, sizeof request->provider, provider);
    text_copy(request->id, sizeof request->id, id);
    text_copy(request->type, sizeof request->type, type);
    text_copy(request->agreement, sizeof request->agreement, agreement);
    if (map_put_number(&core->requests, sequence, request) < 0) {
        free(request);
        return TRUC_E_MEMORY;
    }
    if (heap_put(&core->request_timers, &request->timer, deadline_ns) < 0) {
        map_remove_number(&core->requests, sequence);
        free(request);
        return TRUC_E_MEMORY;
    }
    asking->requests_open++;
    return 0;
}

struct open_request *request_find(const struct core *core, uint64_t sequence)
{
    return map_get_number(&core->requests, sequence);
}

void request_close(struct core *core, struct open_request *request)
{
    map_remove_number(&core->requests, request->sequence);
    heap_remove(&core->request_timers, &request->timer);
    request->asking->requests_open--;
    free(request);
}

void request_free_all(struct core *core)
{
    struct heap_node *node;
    while ((node = heap_first(&core->request_timers)))
        request_close(core, heap_element(node, struct open_request, timer));
    map_free(&core->requests);
    heap_free(&core->request_timers);
}

size_t request_open_count(const struct core *core, struct bytes asker)
{
    const struct destination *destination = destination_find(core, asker);
    return destination ? destination->requests_open : 0;
}

void request_failed(struct core *core, struct open_request *request, int code, struct bytes reason, struct bytes text)
{
    const struct destination *asker = destination_find(core, bytes_string(request->asker));
    if (asker && asker->session) {
        struct command command = {.kind = COMMAND_FAILED};
        command.failed = (struct command_failed){.request_id = bytes_string(request->id),
                                                 .sequence = request->sequence,
                                                 .code = (uint32_t)-code,
                                                 .reason = reason,
                                                 .text = text};
        core_send(core, asker->session->peer, &command);
    }
    request_close(core, request);
}
