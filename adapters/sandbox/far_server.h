/* far_server.h - an HTTP server on 127.0.0.1: whole requests to one handler, and out of order on demand.
 * Knows no far side and no message; a thin layer over libmicrohttpd.
 * Every far side has one; the handler runs in the server's own thread, one request at a time. */
#ifndef FAR_SERVER_H
#define FAR_SERVER_H

#include <buffer.h>
#include <truc/error.h>

enum {
    FAR_BODY_BYTES_MAX = 8 * 1024 * 1024, /* more is answered 413 */
    FAR_IDLE_SECONDS = 60,                /* an idle connection is closed after this */
};

struct far_request {
    const char *method, *path;
    struct bytes body;
    void *connection; /* opaque: for far_request_header */
};

/* A header's value or "" ; names are compared without case. Valid during the handler. */
const char *far_request_header(const struct far_request *request, const char *name);
bool far_request_is(const struct far_request *request, const char *method, const char *path);

struct far_answer {
    unsigned status;          /* 200 unless set */
    const char *content_type; /* a literal; application/json unless set */
    struct buffer body;
};

/* Fills `answer`. Must not keep anything of `request`. */
typedef void (*far_handler)(void *context, const struct far_request *request, struct far_answer *answer);

enum far_outage_kind {
    FAR_OUTAGE_REFUSED, /* nobody listens: connection refused, open connections cut */
    FAR_OUTAGE_503,     /* answers everything 503 */
};

struct far_server;

/* Listens on 127.0.0.1:port (0: the system chooses). The server never outlives `context`.
 * Errors: IO (port taken), MEMORY. */
int far_server_start(uint16_t port, far_handler handler, void *context, struct far_server **ret_server,
                     struct truc_fault *fault);
/* Cuts what is under way, frees; NULL is fine. */
void far_server_stop(struct far_server *server);
uint16_t far_server_port(const struct far_server *server);

/* Out of order from now on, keeping the port reserved; and back. Both harmless when already so.
 * Not thread-safe against each other or far_server_stop. */
int far_server_down(struct far_server *server, enum far_outage_kind kind, struct truc_fault *fault);
int far_server_up(struct far_server *server, struct truc_fault *fault);

#endif
