/* blob_put.h - uploads: who may begin one, which chunk is due, and the record when it is stored.
 * The store and its order of syncs are bus/io/blob_upload.c's.
 * Called by dispatch.c and core.c. */
#ifndef TRUC_BLOB_PUT_H
#define TRUC_BLOB_PUT_H

#include "transfer.h"

int blob_put_take(struct core *core, struct client *session, const struct command_blob_put *put);
void blob_put_chunk(struct core *core, struct client *session, const struct command_blob_chunk *chunk);
/* Opened, written, stored, held or failed. */
int blob_put_told(struct core *core, struct client *session, struct transfer *transfer,
                  const struct core_blob_told *told);

#endif
