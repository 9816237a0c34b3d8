/* far_server.c - libmicrohttpd with an own listening socket, so that an outage can close it and keep its port.
 * No routing, no formats. See far_server.h. */
#include "far_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fault.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct far_server {
    struct MHD_Daemon *daemon; /* NULL while nobody listens */
    int reserved;              /* a bound socket that does not listen, -1 while the daemon has it */
    uint16_t port;
    atomic_bool unavailable; /* answers 503 */
    far_handler handler;
    void *context;
};

/* One request while its body arrives. */
struct exchange {
    struct buffer body;
};

const char *far_request_header(const struct far_request *request, const char *name)
{
    const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
    return value ? value : "";
}

bool far_request_is(const struct far_request *request, const char *method, const char *path)
{
    return strcmp(request->method, method) == 0 && strcmp(request->path, path) == 0;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct far_answer *answer)
{
    if (buffer_failed(&answer->body)) {
        buffer_clear(&answer->body);
        answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->body.size, answer->body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_whole(struct far_server *server, struct MHD_Connection *connection,
                                    const struct far_request *request, bool too_large)
{
    struct far_answer answer = {.status = MHD_HTTP_OK, .content_type = "application/json; charset=utf-8"};
    if (atomic_load(&server->unavailable)) {
        answer.status = MHD_HTTP_SERVICE_UNAVAILABLE;
        buffer_append_string(&answer.body, "{\"error_code\":\"UNAVAILABLE\",\"message\":\"hệ thống đang bảo trì\"}");
    } else if (too_large) {
        answer.status = MHD_HTTP_CONTENT_TOO_LARGE;
        buffer_printf(&answer.body, "{\"error_code\":\"TOO_LARGE\",\"message\":\"quá %d byte\"}", FAR_BODY_BYTES_MAX);
    } else {
        server->handler(server->context, request, &answer);
    }
    enum MHD_Result result = send_answer(connection, &answer);
    buffer_free(&answer.body);
    return result;
}

/* libmicrohttpd's access handler: first call without data, then the body in pieces, then once with size 0. */
static enum MHD_Result on_request(void *closure, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *data_size, void **state)
{
    (void)version;
    struct far_server *server = closure;
    struct exchange *exchange = *state;
    if (!exchange) {
        exchange = calloc(1, sizeof *exchange);
        if (!exchange)
            return MHD_NO;
        exchange->body.size_max = FAR_BODY_BYTES_MAX;
        *state = exchange;
        return MHD_YES;
    }
    if (*data_size > 0) {
        buffer_append(&exchange->body, data, *data_size); /* past the limit it remembers the failure */
        *data_size = 0;
        return MHD_YES;
    }
    const struct far_request request = {method, url, buffer_view(&exchange->body), connection};
    return answer_whole(server, connection, &request, buffer_failed(&exchange->body) != 0);
}

static void on_completed(void *closure, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode reason)
{
    (void)closure;
    (void)connection;
    (void)reason;
    struct exchange *exchange = *state;
    if (!exchange)
        return;
    buffer_free(&exchange->body);
    free(exchange);
    *state = NULL;
}

/* A TCP socket bound to 127.0.0.1:*port but not listening; sets *port to what the system chose. */
static int bind_loopback(uint16_t *port, int *ret_socket, struct truc_fault *fault)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "no socket");
    int yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        int error_number = errno;
        close(fd);
        return fault_errno(fault, TRUC_E_IO, error_number, "can't have 127.0.0.1:%u", *port);
    }
    *port = ntohs(address.sin_port);
    *ret_socket = fd;
    return 0;
}

/* Starts the daemon on the reserved socket. */
static int begin_listening(struct far_server *server, struct truc_fault *fault)
{
    if (listen(server->reserved, SOMAXCONN) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "can't listen on 127.0.0.1:%u", server->port);
    server->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET,
                         server->reserved, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)FAR_IDLE_SECONDS, MHD_OPTION_END);
    if (!server->daemon)
        return fault_errno(fault, TRUC_E_IO, errno, "the HTTP server on 127.0.0.1:%u did not start", server->port);
    server->reserved = -1; /* the daemon closes it */
    return 0;
}

int far_server_start(uint16_t port, far_handler handler, void *context, struct far_server **ret_server,
                     struct truc_fault *fault)
{
    struct far_server *server = calloc(1, sizeof *server);
    if (!server)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an HTTP server");
    *server = (struct far_server){.reserved = -1, .port = port, .handler = handler, .context = context};
    int result = bind_loopback(&server->port, &server->reserved, fault);
    if (result == 0)
        result = begin_listening(server, fault);
    if (result < 0) {
        far_server_stop(server);
        return result;
    }
    *ret_server = server;
    return 0;
}

void far_server_stop(struct far_server *server)
{
    if (!server)
        return;
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    if (server->reserved >= 0)
        close(server->reserved);
    free(server);
}

uint16_t far_server_port(const struct far_server *server)
{
    return server->port;
}

int far_server_down(struct far_server *server, enum far_outage_kind kind, struct truc_fault *fault)
{
    if (kind == FAR_OUTAGE_503) {
        atomic_store(&server->unavailable, true);
        return 0;
    }
    if (!server->daemon)
        return 0;
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    return bind_loopback(&server->port, &server->reserved, fault); /* so that nobody takes the port meanwhile */
}

int far_server_up(struct far_server *server, struct truc_fault *fault)
{
    atomic_store(&server->unavailable, false);
    if (server->daemon)
        return 0;
    if (server->reserved < 0) {
        int result = bind_loopback(&server->port, &server->reserved, fault);
        if (result < 0)
            return result;
    }
    return begin_listening(server, fault);
}
