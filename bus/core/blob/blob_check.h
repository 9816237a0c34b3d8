/* blob_check.h - before a bundle is taken: whether the attachments that its messages name are there, and held by its sender.
 * Asked like ids of runs are: the publish waits in held.c, the answer is an event. And what is noted when a message is accepted.
 * Used by publish.c, accept.c, recovery.c and core.c. */
#ifndef TRUC_BLOB_CHECK_H
#define TRUC_BLOB_CHECK_H

#include "core_state.h"

/* For core->bundle. 0: nothing is named, or the answers are there; 1: the disk is asked, and nothing else was done. */
int blobs_lookup(struct core *core, struct client *session);
bool blobs_answered(struct client *session, const struct core_blob_answer *answers, size_t count);
void blobs_lookup_free(struct client *session); /* the bundle was taken, or its client is gone */
/* The answer to the n-th attachment of message `index`; NULL: more are named than are looked at. */
const struct core_blob_answer *blobs_answer(const struct client *session, uint32_t index, uint32_t n);
/* The message at `sequence` names its header's attachments: they stay as long as its payload. */
void blobs_name(struct core *core, struct bytes header, uint64_t sequence);

#endif
