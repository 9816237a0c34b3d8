/* transport_zmq.c - the DEALER socket, its monitor, and the one descriptor that stands for both.
 * A socket is never reused: each connection is a new one, so that nothing of an old session can leak into it.
 * Called by adapter.c alone. */
#include "transport_zmq.h"

#include "protocol_limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <zmq.h>

enum {
    TRANSPORT_LINGER_MS = 500,     /* for a bye or an error to leave */
    TRANSPORT_HANDSHAKE_MS = 8000, /* below the session's greeting time, so that the better reason is told */
    REASON_BYTES = 160,            /* an endpoint and some words */
    MONITOR_EVENT_BYTES = 6,       /* event u16, value u32 (zmq_socket_monitor(3)) */
};

struct transport {
    struct transport_settings settings;
    void *context, *dealer, *monitor;
    int epoll;
    size_t tried;                      /* connections made or tried: the next address follows from it */
    const char *endpoint, *server_key; /* the present ones */
    unsigned serial;                   /* makes the monitors' inproc addresses unique */
    zmq_msg_t frame;                   /* the one a caller looks at */
    bool is_lost;                      /* told already for this socket */
    char nobody[REASON_BYTES];         /* the reason that names the endpoint */
};

static int zmq_fault(struct truc_fault *fault, const char *what)
{
    int number = zmq_errno();
    return fault_set(fault, number == ENOMEM ? TRUC_E_MEMORY : TRUC_E_IO, "%s: %s", what, zmq_strerror(number));
}

int transport_open(const struct transport_settings *settings, struct transport **ret_transport,
                   struct truc_fault *fault)
{
    struct transport *transport = calloc(1, sizeof *transport);
    if (transport == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a transport");
    transport->settings = *settings;
    transport->epoll = epoll_create1(EPOLL_CLOEXEC);
    transport->context = zmq_ctx_new();
    (void)zmq_msg_init(&transport->frame); /* never fails */
    if (transport->epoll < 0 || transport->context == NULL) {
        int number = errno;
        transport_close(transport);
        return fault_errno(fault, TRUC_E_IO, number, "no transport");
    }
    *ret_transport = transport;
    return 0;
}

static int watch(struct transport *transport, void *socket)
{
    int descriptor;
    size_t size = sizeof descriptor;
    if (zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size) < 0)
        return -1;
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(transport->epoll, EPOLL_CTL_ADD, descriptor, &event);
}

/* Closing the descriptor takes it out of the epoll set. ZeroMQ may close it later in its own thread: take it out by hand. */
static void unwatch(struct transport *transport, void *socket)
{
    int descriptor;
    size_t size = sizeof descriptor;
    if (zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size) == 0)
        (void)epoll_ctl(transport->epoll, EPOLL_CTL_DEL, descriptor, NULL); /* fails only when it is not in the set */
}

void transport_disconnect(struct transport *transport)
{
    if (transport->dealer) {
        (void)zmq_socket_monitor(transport->dealer, NULL, 0); /* stops the events; the socket goes next anyway */
        unwatch(transport, transport->dealer);
        (void)zmq_close(transport->dealer);
        transport->dealer = NULL;
    }
    if (transport->monitor) {
        unwatch(transport, transport->monitor);
        (void)zmq_close(transport->monitor);
        transport->monitor = NULL;
    }
}

void transport_close(struct transport *transport)
{
    if (transport == NULL)
        return;
    transport_disconnect(transport);
    (void)zmq_msg_close(&transport->frame);
    if (transport->context)
        (void)zmq_ctx_term(transport->context); /* waits at most TRANSPORT_LINGER_MS */
    if (transport->epoll >= 0)
        (void)close(transport->epoll);
    free(transport);
}

static int set_number(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value);
}

static int set_options(struct transport *transport)
{
    const struct transport_settings *settings = &transport->settings;
    void *dealer = transport->dealer;
    int64_t frame_bytes_max = PROTOCOL_FRAME_BYTES_MAX;
    const char *server_key = transport->server_key;
    if (zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, server_key, strlen(server_key) + 1) < 0 ||
        zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, settings->public_key, strlen(settings->public_key) + 1) < 0 ||
        zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, settings->secret_key, strlen(settings->secret_key) + 1) < 0 ||
        zmq_setsockopt(dealer, ZMQ_MAXMSGSIZE, &frame_bytes_max, sizeof frame_bytes_max) < 0)
        return -1;
    /* No high-water mark for sending: the protocol's credit bounds what waits, and nothing may be refused half-way. */
    if (set_number(dealer, ZMQ_SNDHWM, 0) < 0 || set_number(dealer, ZMQ_LINGER, TRANSPORT_LINGER_MS) < 0 ||
        set_number(dealer, ZMQ_HANDSHAKE_IVL, TRANSPORT_HANDSHAKE_MS) < 0 ||
        set_number(dealer, ZMQ_RECONNECT_IVL, -1) < 0)
        return -1;
    return set_number(dealer, ZMQ_TCP_KEEPALIVE, 1);
}

static int open_monitor(struct transport *transport)
{
    /* Never HANDSHAKE_FAILED_PROTOCOL: libzmq 4.3 tells of a message that can't be decrypted before it looks at errno, which the
     * telling changes, and ends the process in an assertion. */
    enum {
        EVENTS = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED
    };
    char address[64];
    (void)snprintf(address, sizeof address, "inproc://truc-monitor-%u", ++transport->serial);
    if (zmq_socket_monitor(transport->dealer, address, EVENTS) < 0)
        return -1;
    transport->monitor = zmq_socket(transport->context, ZMQ_PAIR);
    if (transport->monitor == NULL || set_number(transport->monitor, ZMQ_LINGER, 0) < 0)
        return -1;
    return zmq_connect(transport->monitor, address);
}

int transport_connect(struct transport *transport, struct truc_fault *fault)
{
    transport_disconnect(transport);
    transport->is_lost = false;
    size_t keys = transport->settings.server_key_count, tried = transport->tried++;
    transport->endpoint = transport->settings.endpoints[tried / keys % transport->settings.endpoint_count];
    transport->server_key = transport->settings.server_keys[tried % keys];
    transport->dealer = zmq_socket(transport->context, ZMQ_DEALER);
    if (transport->dealer == NULL)
        return zmq_fault(fault, "no socket");
    if (set_options(transport) < 0 || open_monitor(transport) < 0 || watch(transport, transport->dealer) < 0 ||
        watch(transport, transport->monitor) < 0 || zmq_connect(transport->dealer, transport->endpoint) < 0) {
        int code = zmq_fault(fault, transport->endpoint);
        transport_disconnect(transport);
        return code;
    }
    return 0;
}

int transport_send(struct transport *transport, struct bytes frame, struct truc_fault *fault)
{
    if (transport->dealer == NULL)
        return fault_set(fault, TRUC_E_DISCONNECTED, "there is no connection");
    while (zmq_send(transport->dealer, frame.data, frame.size, ZMQ_DONTWAIT) < 0) {
        if (zmq_errno() == EAGAIN)
            return fault_set(fault, TRUC_E_DISCONNECTED, "the connection is gone");
        if (zmq_errno() != EINTR)
            return zmq_fault(fault, "sending");
    }
    return 0;
}

static const char *reason_of(struct transport *transport, uint16_t event)
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return "the broker does not know this transport key: register it in config/systems/ID.yaml, transport-keys "
               "(UNKNOWN_KEY)";
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: /* a wrong server key looks like this: the broker can't read us */
        return "the handshake failed: is server-key the broker's?";
    case ZMQ_EVENT_CLOSED:
        (void)snprintf(transport->nobody, sizeof transport->nobody, "nobody listens at %s", transport->endpoint);
        return transport->nobody;
    default:
        return "the connection was lost";
    }
}

/* One event of the monitor: its first frame holds number and value, its second the address. 0 when there is none. */
static int next_monitor_event(struct transport *transport, uint16_t *ret_event, struct truc_fault *fault)
{
    uint8_t event[MONITOR_EVENT_BYTES];
    char address[256];
    int size = zmq_recv(transport->monitor, event, sizeof event, ZMQ_DONTWAIT);
    if (size < 0)
        return zmq_errno() == EAGAIN || zmq_errno() == EINTR ? 0 : zmq_fault(fault, "watching the connection");
    if (zmq_recv(transport->monitor, address, sizeof address, 0) < 0)
        return zmq_fault(fault, "watching the connection");
    memcpy(ret_event, event, sizeof *ret_event); /* in the machine's own order */
    return 1;
}

int transport_next(struct transport *transport, struct transport_event *ret_event, struct truc_fault *fault)
{
    if (transport->dealer == NULL)
        return 0;
    (void)zmq_msg_close(&transport->frame);
    (void)zmq_msg_init(&transport->frame);
    if (zmq_msg_recv(&transport->frame, transport->dealer, ZMQ_DONTWAIT) >= 0) {
        *ret_event = (struct transport_event){
            .kind = TRANSPORT_FRAME,
            .frame = bytes_of(zmq_msg_data(&transport->frame), zmq_msg_size(&transport->frame))};
        return 1;
    }
    if (zmq_errno() != EAGAIN && zmq_errno() != EINTR)
        return zmq_fault(fault, "receiving");
    uint16_t event = 0;
    int more;
    while ((more = next_monitor_event(transport, &event, fault)) > 0) {
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            *ret_event = (struct transport_event){.kind = TRANSPORT_CONNECTED};
            return 1;
        }
        if (transport->is_lost)
            continue;
        transport->is_lost = true;
        *ret_event = (struct transport_event){.kind = TRANSPORT_LOST, .reason = reason_of(transport, event)};
        return 1;
    }
    return more;
}

int transport_fd(const struct transport *transport)
{
    return transport->epoll;
}

static bool is_readable(void *socket)
{
    int events = 0;
    size_t size = sizeof events;
    return socket && zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && events & ZMQ_POLLIN;
}

bool transport_has_events(struct transport *transport)
{
    return is_readable(transport->dealer) || is_readable(transport->monitor);
}
