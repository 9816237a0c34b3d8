/* far_client.h - POST a body over HTTP and get the answer: one keep-alive libcurl handle.
 * No retries and no meaning: those belong to the caller. One client per thread.
 * Used by the traffic (citizens at the portal) and by the one-stop desk's clerks. */
#ifndef FAR_CLIENT_H
#define FAR_CLIENT_H

#include <buffer.h>
#include <stdatomic.h>
#include <truc/error.h>

enum {
    FAR_ANSWER_BYTES_MAX = 4 * 1024 * 1024,
    FAR_CONNECT_TIMEOUT_MS = 3000,
    FAR_ANSWER_TIMEOUT_MS = 30000, /* longer than any request's deadline on the bus */
};

struct far_client;

/* `stopping` may be NULL; when it becomes true a transfer under way ends with TRUC_E_CLOSED. */
int far_client_open(const atomic_bool *stopping, struct far_client **ret_client, struct truc_fault *fault);
void far_client_close(struct far_client *client); /* NULL is fine */

struct far_post {
    const char *url;
    const char *content_type;
    const char *message_id;          /* header X-Message-Id; NULL: none */
    const char *const *header_lines; /* more "Name: value" lines, NULL at the end; NULL: none */
    struct bytes body;
};

/* Returns the HTTP status, with the answer's body in `answer` (cleared first), or
 * UNAVAILABLE (no connection), TIMEOUT (connected, no answer: it may have been taken), LIMIT, CLOSED, MEMORY. */
int far_client_post(struct far_client *client, const struct far_post *post, struct buffer *answer,
                    struct truc_fault *fault);

#endif
