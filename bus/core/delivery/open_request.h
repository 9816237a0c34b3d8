/* open_request.h - requests that wait for their reply.
 * A function of the journal: accepted requests without reply, rejection or expiry.
 * Used by accept.c, fate.c, settle.c, outgoing.c and recovery.c. */
#ifndef TRUC_OPEN_REQUEST_H
#define TRUC_OPEN_REQUEST_H

#include "core_state.h"

int request_open(struct core *core, uint64_t sequence, uint64_t deadline_ns, struct bytes asker, struct bytes provider,
                 struct bytes id, struct bytes type, struct bytes agreement);
struct open_request *request_find(const struct core *core, uint64_t sequence);
void request_close(struct core *core, struct open_request *request);
/* Tells the asker, if it is connected, and closes. `code` negative. */
void request_failed(struct core *core, struct open_request *request, int code, struct bytes reason, struct bytes text);
size_t request_open_count(const struct core *core, struct bytes asker);
void request_free_all(struct core *core);

#endif
