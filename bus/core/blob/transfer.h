/* transfer.h - the uploads and downloads of one client: which there are, how far each is, and how its client is told.
 * No bytes of an attachment come here: a chunk is a view that goes on to the engine.
 * Parts: transfer_list.c, transfer.c. Shared by blob_put.c, blob_get.c and blob_look.c (docs/protocol.md, "Blobs"). */
#ifndef TRUC_TRANSFER_H
#define TRUC_TRANSFER_H

#include "core_state.h"

enum transfer_phase {
    TRANSFER_LOOKING, /* the message that was named is being read */
    TRANSFER_OPENING, /* the store was asked */
    TRANSFER_OPEN,    /* chunks pass */
    TRANSFER_ENDING,  /* all came; the store is finishing it, or the journal is not durable yet */
};

struct transfer {
    struct list_link link;
    uint64_t number;
    bool is_get;
    enum transfer_phase phase;
    struct sha256_digest sha256;
    uint64_t size_bytes;
    uint64_t message; /* position plus one; 0: none was named */
    uint64_t offset;  /* put: where the next chunk begins. get: sent so far */
    uint64_t through; /* put: the client may send so far. get: the broker may */
    uint64_t touched_up_ns;
    char reason[PROTOCOL_TEXT_BYTES_MAX + 1]; /* of an operator's or auditor's get */
};

struct transfer *transfer_find(const struct client *session, uint64_t number); /* NULL: none is open */
/* A new one, or NULL: the client was told why not, or ended, or (core->out_of_memory) there is no memory. */
struct transfer *transfer_begin(struct core *core, struct client *session, uint64_t number, struct bytes sha256);
void transfer_end(struct client *session, struct transfer *transfer); /* of which the engine knows nothing any more */
void transfer_forget_all(struct core *core, struct client *session);  /* its client ends: the engine closes them */

/* Tells how far it is. */
void transfer_say(struct core *core, const struct client *session, const struct transfer *transfer, bool complete);
void transfer_fill_state(const struct transfer *transfer, bool complete, struct command *ret);
/* Says a code in answer to `number`. */
void transfer_refuse(struct core *core, const struct client *session, uint64_t number, const struct truc_fault *fault);
enum transfer_close { TRANSFER_KEEP, TRANSFER_DISCARD };
/* Ends it here and in the engine; what came so far of an upload stays to be gone on with, or goes. */
void transfer_close(struct core *core, struct client *session, struct transfer *transfer, enum transfer_close how);
/* A record of what became of a blob. Returns 0 or TRUC_E_MEMORY. */
int transfer_journal(struct core *core, const struct record_blob *record, bool lazy);
/* The same of what was refused: of a flood its beginning. */
int transfer_journal_refusal(struct core *core, const struct client *session, const struct record_blob *record);
/* What it asks for is allowed: the store is asked to begin it. */
void transfer_ask_store(struct core *core, const struct client *session, struct transfer *transfer);
/* The record of a fetch is durable: its bytes may leave. */
void transfer_send(struct core *core, uint64_t peer, uint64_t number);

#endif
