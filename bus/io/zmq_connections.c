/* zmq_connections.c - reads libzmq's monitor socket: two frames an event, the first holds its number and a value.
 * libzmq can't stop accepting without cutting the connections it has (zmq_unbind does that), so the kernel is asked to
 * drop what arrives at the listeners: a socket filter that lets nothing through (socket(7), SO_ATTACH_FILTER). */
#include "zmq_connections.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <zmq.h>

#include "bytes.h"
#include "fault.h"

/* Never ZMQ_EVENT_HANDSHAKE_FAILED_*: libzmq 4.3 tells of a message that can't be decrypted between setting errno and looking at it, so
 * that the telling changes the reason. It then takes the connection for one that waits, and ends the process in an assertion when it
 * breaks: one byte changed on the wire would do. tests/interop/test_wire.py. */
enum {
    WATCHED = ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED,
    EVENT_BYTES = 6, /* 16 bits of event, 32 of value */
};

int zmq_connections_open(struct zmq_connections *connections, void *zmq_context, void *router, struct truc_fault *fault)
{
    static const char endpoint[] = "inproc://truc.connections";
    int unbounded = 0,
        linger_ms = 0; /* a full queue here would stop libzmq's thread; what fills it are connections, slowly */
    void *events = zmq_socket(zmq_context, ZMQ_PAIR);
    if (events == NULL || zmq_setsockopt(events, ZMQ_RCVHWM, &unbounded, sizeof unbounded) < 0 ||
        zmq_setsockopt(events, ZMQ_LINGER, &linger_ms, sizeof linger_ms) < 0 ||
        zmq_socket_monitor(router, endpoint, WATCHED) < 0 || zmq_connect(events, endpoint) < 0) {
        int code =
            fault_set(fault, TRUC_E_INTERNAL, "libzmq does not report connections: %s", zmq_strerror(zmq_errno()));
        if (events)
            zmq_close(events);
        return code;
    }
    *connections = (struct zmq_connections){.router = router, .events = events};
    return 0;
}

void zmq_connections_close(struct zmq_connections *connections)
{
    if (connections->events == NULL)
        return;
    zmq_socket_monitor(connections->router, NULL, 0);
    zmq_close(connections->events);
    connections->events = NULL;
}

static void take(struct zmq_connections *connections, unsigned event, uint32_t value)
{
    if (event == ZMQ_EVENT_LISTENING && connections->listeners_count < ZMQ_CONNECTIONS_LISTENERS_MAX)
        connections->listeners[connections->listeners_count++] = (int)value;
    else if (event == ZMQ_EVENT_ACCEPTED)
        connections->accepted++;
    else if (event == ZMQ_EVENT_DISCONNECTED)
        connections->ended++;
}

int zmq_connections_count(struct zmq_connections *connections, struct truc_fault *fault)
{
    uint8_t event[EVENT_BYTES], rest[1];
    for (;;) {
        int size = zmq_recv(connections->events, event, sizeof event, ZMQ_DONTWAIT);
        if (size < 0 && (zmq_errno() == EAGAIN || zmq_errno() == EINTR))
            return 0;
        if (size != EVENT_BYTES ||
            zmq_recv(connections->events, rest, sizeof rest, 0) < 0) /* the address: not needed */
            return fault_set(fault, TRUC_E_INTERNAL, "libzmq reports connections in a form that is not known");
        uint16_t number; /* both in the machine's own order */
        uint32_t value;
        memcpy(&number, event, sizeof number);
        memcpy(&value, event + sizeof number, sizeof value);
        take(connections, number, value);
    }
}

int zmq_connections_pause(struct zmq_connections *connections, bool pause, struct truc_fault *fault)
{
    static struct sock_filter drop[] = {{.code = BPF_RET | BPF_K, .k = 0}}; /* keeps 0 bytes of every packet */
    const struct sock_fprog program = {.len = 1, .filter = drop};
    for (size_t i = 0; i < connections->listeners_count; i++) {
        int listener = connections->listeners[i], unused = 0;
        int result = pause ? setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)
                           : setsockopt(listener, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
        if (result < 0 && errno != ENOENT)
            return fault_errno(fault, TRUC_E_INTERNAL, errno, "cannot %s connections", pause ? "stop taking" : "take");
    }
    connections->is_paused = pause;
    return 0;
}
