/* send_blob.h - attachments of the command line: uploaded from a file, downloaded to one, through a system's own session.
 * Not: what names them (send_message.h). Waits as long as something comes.
 * In the flow: cmd_blob and cmd_send → here → libtruc. */
#ifndef TRUC_SEND_BLOB_H
#define TRUC_SEND_BLOB_H

#include "send_session.h"
#include "sha256.h"

/* How it ended. */
struct send_blob {
    int code; /* 0 or an enum truc_error */
    struct sha256_digest sha256;
    uint64_t size_bytes;
    char text[TRUC_FAULT_TEXT_BYTES_MAX], hint[TRUC_FAULT_TEXT_BYTES_MAX];
};

/* 0 when it ended, well or not; TRUC_E_TIMEOUT when nothing came for the time-out; TRUC_E_IO, TRUC_E_SECRET. */
int send_blob_put(struct send_session *session, const char *path, enum truc_classification classification,
                  struct send_blob *ret_blob, struct truc_fault *fault);
/* `sequence`: position of the message it is fetched for, or TRUC_BLOB_HELD. */
int send_blob_get(struct send_session *session, const struct sha256_digest *sha256, uint64_t sequence, const char *path,
                  struct send_blob *ret_blob, struct truc_fault *fault);

enum { SEND_ATTACHMENTS_MAX = 64 };
/* Uploads each file that --attach names, in their order, and makes the message name them. `attachments` must live as long as it is sent. */
struct send_attachments {
    struct truc_attachment named[SEND_ATTACHMENTS_MAX];
    struct send_blob blobs[SEND_ATTACHMENTS_MAX];
    size_t count;
};
int send_blob_attach(struct send_session *session, const struct cli_arguments *arguments,
                     struct send_attachments *attachments, struct truc_outgoing *message, struct truc_fault *fault);

#endif
