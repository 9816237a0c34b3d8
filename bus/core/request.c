/* request.c - requests that wait for their reply: found by journal position, ended by reply, rejection or deadline.
 * The asker always learns the end: by the reply in its queue, or by a named failure; its own timer covers lost connections.
 * Filled by publish.c and by recovery. */
#include "core_internal.h"

int request_open(struct core *core, uint64_t sequence, uint64_t deadline_ns, struct bytes asker, struct bytes provider, struct bytes id,
                 struct bytes type, struct bytes agreement)
{
    struct open_request *request = calloc(1, sizeof *request);
    struct destination *asking = core_destination(core, asker);
    if (request == NULL || asking == NULL) {
        free(request);
        return TRUC_E_MEMORY;
    }
    request->asking = asking;
    request->sequence = sequence;
    request->deadline_ns = deadline_ns;
    core_copy_text(request->asker, sizeof request->asker, asker);
    core_copy_text(request->provider, sizeof request->provider, provider);
    core_copy_text(request->id, sizeof request->id, id);
    core_copy_text(request->type, sizeof request->type, type);
    core_copy_text(request->agreement, sizeof request->agreement, agreement);
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
    const struct destination *destination = core_find_destination(core, asker);
    return destination ? destination->requests_open : 0;
}

void request_failed(struct core *core, struct open_request *request, int code, struct bytes reason, struct bytes text)
{
    const struct destination *asker = core_find_destination(core, bytes_string(request->asker));
    if (asker && asker->session) {
        struct command command = {.kind = COMMAND_FAILED};
        command.failed = (struct command_failed){.request_id = bytes_string(request->id), .sequence = request->sequence,
                                                 .code = (uint32_t)-code, .reason = reason, .text = text};
        core_send(core, asker->session->peer, &command);
    }
    request_close(core, request);
}

/* The deadline has passed: the provider's copy is ended too, wherever it is. */
static int expire(struct core *core, struct open_request *request)
{
    struct destination *provider = core_destination(core, bytes_string(request->provider));
    if (provider == NULL)
        return TRUC_E_MEMORY;
    core->counts.deadlines++;
    int code = fate_deadline(core, provider, request->sequence);
    if (code == 0)
        request_failed(core, request, TRUC_E_DEADLINE, BYTES_EMPTY, bytes_string(truc_error_meaning(TRUC_E_DEADLINE)));
    return code;
}

int request_tick(struct core *core)
{
    struct heap_node *node;
    while ((node = heap_first(&core->request_timers)) && node->key <= core->now_ns) {
        int code = expire(core, heap_element(node, struct open_request, timer));
        if (code < 0)
            return code;
    }
    return 0;
}
