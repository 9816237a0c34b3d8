/* zmq_server_bind.c - sets the sockets up: the admission first, then every bound that ZeroMQ knows, then the endpoints.
 * Each option is there because its default is without a bound or lets too much in (docs/operations.md, "Limits").
 * The round is in zmq_server.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "curve_key.h"
#include "fault.h"
#include "zmq_server_private.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93 /* a draft name in 4.3's header, in force in its library */
#endif

static int set_number(void *socket, int option, int value, struct truc_fault *fault)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value) == 0)
        return 0;
    return fault_set(fault, TRUC_E_INTERNAL, "libzmq refuses socket option %d: %s", option, zmq_strerror(zmq_errno()));
}

static int bound_router(void *router, struct truc_fault *fault)
{
    static const struct {
        int option, value;
    } numbers[] = {
        {ZMQ_CURVE_SERVER, 1},
        {ZMQ_ZAP_ENFORCE_DOMAIN, 1}, /* without it a missing handler admits everybody */
        {ZMQ_ROUTER_MANDATORY, 1},   /* an unknown peer is an error, not silence */
        {ZMQ_ROUTER_HANDOVER, 0},    /* nobody takes over another's connection */
        {ZMQ_HANDSHAKE_IVL, ZMQ_SERVER_HANDSHAKE_MS},
        {ZMQ_HEARTBEAT_IVL, ZMQ_SERVER_HEARTBEAT_MS},
        {ZMQ_HEARTBEAT_TIMEOUT, ZMQ_SERVER_HEARTBEAT_TIMEOUT_MS},
        {ZMQ_HEARTBEAT_TTL, ZMQ_SERVER_HEARTBEAT_TIMEOUT_MS},
        {ZMQ_TCP_MAXRT, ZMQ_SERVER_TCP_RETRANSMIT_MAX_MS},
        {ZMQ_BACKLOG, ZMQ_SERVER_BACKLOG},
        {ZMQ_RCVHWM, ZMQ_SERVER_RECEIVE_HWM},
        {ZMQ_SNDHWM, ZMQ_SERVER_SEND_HWM},
        {ZMQ_LINGER, ZMQ_SERVER_LINGER_MS},
    };
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof numbers / sizeof numbers[0]; i++)
        code = set_number(router, numbers[i].option, numbers[i].value, fault);
    int64_t frame_bytes_max =
        (int64_t)PROTOCOL_FRAME_BYTES_MAX + ZMQ_SERVER_FRAME_MARGIN_BYTES + ZMQ_SERVER_CURVE_OVERHEAD_BYTES;
    if (code == 0 && zmq_setsockopt(router, ZMQ_MAXMSGSIZE, &frame_bytes_max, sizeof frame_bytes_max) < 0)
        code = fault_set(fault, TRUC_E_INTERNAL, "libzmq refuses a bound on frames: %s", zmq_strerror(zmq_errno()));
    return code;
}

static int set_keys(void *router, const char *secret_text, struct truc_fault *fault)
{
    if (strlen(secret_text) != CURVE_KEY_TEXT_BYTES - 1 ||
        zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret_text, CURVE_KEY_TEXT_BYTES) < 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "the broker's transport key is not 40 characters of Z85");
    if (zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) < 0)
        return fault_set(fault, TRUC_E_INTERNAL, "libzmq refuses the domain of admission: %s",
                         zmq_strerror(zmq_errno()));
    return 0;
}

static int bind_one(struct zmq_server *server, const char *endpoint, struct truc_fault *fault)
{
    char *bound = server->endpoints[server->endpoints_count];
    size_t size = ZMQ_SERVER_ENDPOINT_BYTES;
    int code = set_number(server->router, ZMQ_IPV6, strchr(endpoint, '[') != NULL, fault);
    if (code < 0)
        return code;
    if (zmq_bind(server->router, endpoint) < 0) {
        int error = zmq_errno();
        code = error == EINVAL || error == EPROTONOSUPPORT || error == ENOCOMPATPROTO ? TRUC_E_ARGUMENT
                                                                                      : TRUC_E_UNAVAILABLE;
        fault_set(fault, code, "cannot listen on %s: %s", endpoint, zmq_strerror(error));
        fault_hint(fault, "see who holds the port (ss -ltnp), or change `listen` in bus.yaml");
        return code;
    }
    if (zmq_getsockopt(server->router, ZMQ_LAST_ENDPOINT, bound, &size) < 0)
        return fault_set(fault, TRUC_E_INTERNAL, "libzmq does not say where it listens: %s", zmq_strerror(zmq_errno()));
    server->endpoints_count++;
    return 0;
}

static int open_router(struct zmq_server *server, const struct zmq_server_options *options, struct truc_fault *fault)
{
    server->router = zmq_socket(server->context, ZMQ_ROUTER);
    if (server->router == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "libzmq opens no socket: %s", zmq_strerror(zmq_errno()));
    int code = zmq_connections_open(&server->connections, server->context, server->router, fault);
    if (code == 0)
        code = bound_router(server->router, fault);
    if (code == 0)
        code = set_keys(server->router, options->secret_text, fault);
    for (size_t i = 0; code == 0 && i < options->endpoints_count; i++)
        code = bind_one(server, options->endpoints[i], fault);
    return code;
}

static uint64_t connections_by_descriptors(void)
{
    enum { DESCRIPTORS_WITHOUT_LIMIT = 65536 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > DESCRIPTORS_WITHOUT_LIMIT)
        return DESCRIPTORS_WITHOUT_LIMIT / 2;
    return limit.rlim_cur / 2;
}

int zmq_server_open(const struct zmq_server_options *options, struct zmq_server **ret_server, struct truc_fault *fault)
{
    if (options->endpoints_count == 0 || options->endpoints_count > ZMQ_SERVER_ENDPOINTS_MAX)
        return fault_set(fault, TRUC_E_ARGUMENT, "%zu addresses to listen on; 1 to %d are possible",
                         options->endpoints_count, ZMQ_SERVER_ENDPOINTS_MAX);
    struct zmq_server *server = calloc(1, sizeof *server);
    if (server == NULL || (server->context = zmq_ctx_new()) == NULL) {
        free(server);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the server");
    }
    server->transport = (struct transport){.send = zmq_server_send, .close = zmq_server_forget};
    server->connections_max = options->connections_max ? options->connections_max : connections_by_descriptors();
    server->admission_options = options->admission;
    int code = zap_open(server->context, &options->admission, &server->admission, fault);
    if (code == 0)
        code = open_router(server, options, fault);
    if (code < 0) {
        zmq_server_close(server);
        return code;
    }
    *ret_server = server;
    return 0;
}

void zmq_server_close(struct zmq_server *server)
{
    if (server == NULL)
        return;
    zmq_server_release(server);
    zmq_connections_close(&server->connections);
    if (server->router)
        zmq_close(server->router);
    zap_close(server->admission);
    while (zmq_ctx_term(server->context) < 0 && zmq_errno() == EINTR)
        ; /* interrupted by a signal: the context still has to end */
    zmq_peers_free(&server->peers);
    free(server);
}
