/* zap_handler.h - answers ZeroMQ's question "may this key come in?" (ZeroMQ RFC 27, ZAP 1.0, mechanism CURVE).
 * Not authorisation: what a system may do is decided on every frame by the core. No thread: the loop calls it.
 * Opened before the ROUTER is bound, for without a handler libzmq lets everybody in. */
#ifndef TRUC_ZAP_HANDLER_H
#define TRUC_ZAP_HANDLER_H

#include <stdbool.h>
#include <stdint.h>
#include <truc/error.h>

struct zap_handler;

#define ZAP_DOMAIN "truc"

enum {
    ZAP_KEY_BYTES = 32,
    ZAP_USER_ID_BYTES = 64,         /* the key in lower-case hexadecimal */
    ZAP_REQUESTS_A_ROUND_MAX = 256, /* answered before frames get their turn again */
};

struct zap_options {
    bool (*admit)(void *context, const uint8_t key[ZAP_KEY_BYTES]); /* whether the key is registered now */
    void (*log)(void *context, int level, const char *text);        /* level as syslog's */
    uint64_t (*up_ns)(void *context);                               /* monotonic */
    void *context;
};

struct zap_counts {
    uint64_t admitted, refused, malformed;
};

/* Binds in `zmq_context`. TRUC_E_STATE when there is a handler already. Owned by the caller; close before the
 * context ends. */
int zap_open(void *zmq_context, const struct zap_options *options, struct zap_handler **ret_handler,
             struct truc_fault *fault);
void zap_close(struct zap_handler *handler);         /* NULL is fine */
void *zap_socket(const struct zap_handler *handler); /* to be polled for input */
/* Answers what has come, and says in the log how many refusals were not written out. 0, or TRUC_E_INTERNAL. */
int zap_serve(struct zap_handler *handler, struct truc_fault *fault);
struct zap_counts zap_counts(const struct zap_handler *handler);

#endif
