/* blob_keep.h - what is stored in all, and its end: unfinished uploads that rest too long, blobs that no message needs.
 * The sweep that finds them is bus/io/blob_sweep.c; here is the decision and its record.
 * Used by core.c, recovery.c and awaiting.c. */
#ifndef TRUC_BLOB_KEEP_H
#define TRUC_BLOB_KEEP_H

#include "core_state.h"

int blob_told(struct core *core, const struct core_blob_told *told); /* CORE_EVENT_BLOB: to blob_put.c or blob_get.c */
int blob_unused(struct core *core, const struct sha256_digest *sha256, uint64_t size_bytes);
void blob_tick(struct core *core);
int blob_replay(struct core *core, struct bytes body, struct truc_fault *fault);

#endif
