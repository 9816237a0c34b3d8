/* files_inbound.h - the content of a file becomes a message.
 * Pure: opens nothing, moves nothing. What is not shown to be not secret is told apart: its file goes to quarantine.
 * In the flow: files_picking.c and golden cases -> this. */
#ifndef TRUC_FILES_INBOUND_H
#define TRUC_FILES_INBOUND_H

#include "files_adapter.h"

struct files_incoming {
    const char *name;
    uint64_t modified_ns; /* UTC */
    struct bytes content;
};

/* `file`: name, size, modified, digest. */
extern const struct mapping_record files_file_record;

struct files_inbound {
    const struct files_accept *accept;
    struct connector_message message;
    bool is_classified; /* as not secret; while it is not, nothing of the content may be kept elsewhere */
};
void files_inbound_free(struct files_inbound *inbound);

/* TRUC_E_NOT_FOUND: no entry takes it; TRUC_E_PAYLOAD, TRUC_E_SECRET, TRUC_E_MEMORY. ret_inbound is always to be freed. */
int files_inbound_make(const struct files_adapter *adapter, const struct files_incoming *incoming,
                       struct files_inbound *ret_inbound, struct truc_fault *fault);

#endif
