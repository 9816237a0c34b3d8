/* far_side.c - opening and closing any far side, and what all of them answer alike.
 * No far side's own formats. See far_side.h. */
#include "far_side.h"
#include "far_json.h"

#include <fault.h>
#include <stdio.h>

/* The handler of each server: health first, then the kind's own. */
static void handle_any(void *context, const struct far_request *request, struct far_answer *answer)
{
    const struct far_side *side = context;
    if (far_request_is(request, "GET", "/health")) {
        far_answer_json(answer, 200, json_pack("{s:s, s:s}", "error_code", "0", "id", side->kind->id));
        return;
    }
    if (strcmp(request->method, "POST") != 0) {
        far_answer_error(answer, 405, "1", "chỉ nhận POST", "");
        return;
    }
    side->kind->handle(side->state, request, answer);
}

int far_side_open(const struct far_side_kind *kind, const struct far_world *world, uint16_t port, struct far_side *side,
                  struct truc_fault *fault)
{
    struct far_side opened = {.kind = kind};
    int result = kind->open(world, &opened.state, fault);
    if (result < 0)
        return result;
    *side = opened; /* in place before the server runs: it keeps a pointer to it */
    result = far_server_start(port, handle_any, side, &side->server, fault);
    if (result < 0) {
        kind->close(opened.state);
        *side = (struct far_side){0};
    }
    return result;
}

void far_side_close(struct far_side *side)
{
    if (!side->kind)
        return;
    far_server_stop(side->server); /* first: its handler uses the state */
    side->kind->close(side->state);
    *side = (struct far_side){0};
}

void far_side_url(const struct far_side *side, char out[FAR_URL_BYTES_MAX])
{
    snprintf(out, FAR_URL_BYTES_MAX, "http://127.0.0.1:%u", far_server_port(side->server));
}
