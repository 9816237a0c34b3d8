/* blob_get.h - downloads: who may have an attachment, the record that says who asked, and only then its bytes.
 * Bytes go from the store to the transport; here is only how far.
 * Called by dispatch.c and blob_keep.c. */
#ifndef TRUC_BLOB_GET_H
#define TRUC_BLOB_GET_H

#include "transfer.h"

int blob_get_take(struct core *core, struct client *session, const struct command_blob_get *get);
void blob_get_more(struct core *core, struct client *session, const struct command_blob_more *more);
/* Found, sent or failed. */
int blob_get_told(struct core *core, struct client *session, struct transfer *transfer,
                  const struct core_blob_told *told);

#endif
