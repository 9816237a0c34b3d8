/* transport_zmq.h - one ZeroMQ DEALER under CURVE at a time: connect, send, receive, be told when it is lost.
 * No protocol: frames are bytes here, and when to connect again is the session's decision; to which address is decided here.
 * Between adapter.c and the network. */
#ifndef TRUC_TRANSPORT_ZMQ_H
#define TRUC_TRANSPORT_ZMQ_H

#include "bytes.h"
#include "fault.h"

struct transport;

struct transport_settings {
    const char *const *endpoints;        /* tcp://host:port, in the order they are tried, round and round */
    size_t endpoint_count;               /* at least 1 */
    const char *const *server_keys;      /* Z85, as the two below: all of them at an address, then the next address */
    size_t server_key_count;             /* at least 1 */
    const char *public_key, *secret_key; /* all copied or used only while the transport lives */
};

enum transport_event_kind { TRANSPORT_CONNECTED = 1, TRANSPORT_LOST, TRANSPORT_FRAME };
struct transport_event {
    enum transport_event_kind kind;
    const char *reason; /* TRANSPORT_LOST: a constant text */
    struct bytes frame; /* until the next call of transport_next */
};

/* Not connected yet. TRUC_E_MEMORY, TRUC_E_IO. The settings' strings must outlive the transport. */
int transport_open(const struct transport_settings *settings, struct transport **ret_transport,
                   struct truc_fault *fault);
void transport_close(struct transport *transport); /* lets what was sent leave for a moment; NULL is fine */

/* Drops the connection there was and makes the next: to the first address and key, later to what comes after the last tried. */
int transport_connect(struct transport *transport, struct truc_fault *fault);
void transport_disconnect(struct transport *transport);
/* TRUC_E_DISCONNECTED when it can't be taken: the connection is being lost, and an event will say so. */
int transport_send(struct transport *transport, struct bytes frame, struct truc_fault *fault);
/* 1 and an event, 0 when there is none now, or TRUC_E_IO, TRUC_E_MEMORY. */
int transport_next(struct transport *transport, struct transport_event *ret_event, struct truc_fault *fault);
/* Readable when there may be events; must then be drained with transport_next until it says 0. */
int transport_fd(const struct transport *transport);
/* ZeroMQ's descriptor tells of changes only: after any call above, ask whether something waits already. */
bool transport_has_events(struct transport *transport);

#endif
