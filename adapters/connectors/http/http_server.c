/* http_server.c - see http_server.h.
 * A connection is suspended while its request waits for the bus, so a thousand slow answers cost no thread.
 * In the flow: called by the loop. */
#include "http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "fault.h"
#include "list.h"

struct http_server {
    struct MHD_Daemon *daemon;
    http_server_handler *handler, *on_head; /* on_head may be NULL */
    void *context;
    uint16_t port;
    size_t pending;
    struct list_link suspended; /* exchanges that wait for the bus */
};

enum exchange_state { EXCHANGE_READING, EXCHANGE_WAITING, EXCHANGE_ANSWERED };

struct http_exchange {
    struct list_link link; /* while suspended */
    struct http_server *server;
    struct MHD_Connection *connection;
    enum exchange_state state;
    bool too_large, counted, framing_is_doubtful;
    char method[16];
    char *path;
    struct buffer body;
    struct http_answer answer;
};

static enum MHD_Result add_value(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    json_t *object = context;
    char name[128];
    size_t size = strlen(key);
    if (size >= sizeof(name) || json_object_size(object) >= HTTP_REQUEST_HEADERS_MAX)
        return MHD_YES;
    for (size_t i = 0; i <= size; i++)
        name[i] = (char)(kind == MHD_HEADER_KIND && key[i] >= 'A' && key[i] <= 'Z' ? key[i] - 'A' + 'a' : key[i]);
    json_t *text = json_string(value ? value : ""); /* NULL when it is not UTF-8: then it is left out */
    if (text)
        json_object_set_new(object, name, text);
    return MHD_YES;
}

/* What a proxy before us may read in another way than libmicrohttpd does: then the end of one request would be the beginning of
 * another's. RFC 9112 sections 5.1 and 6.3. */
struct framing {
    unsigned lengths, codings;
    bool doubtful;
};

static enum MHD_Result look_at_framing(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct framing *framing = context;
    (void)kind;
    bool is_token =
        *key &&
        strspn(key, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(key);
    bool is_coding = strcasecmp(key, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
    framing->lengths += strcasecmp(key, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0;
    framing->codings += is_coding;
    framing->doubtful = framing->doubtful || !is_token || (is_coding && (!value || strcasecmp(value, "chunked") != 0));
    return MHD_YES;
}

static bool framing_is_doubtful(struct MHD_Connection *connection)
{
    struct framing framing = {0};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_framing, &framing);
    return framing.doubtful || framing.lengths + framing.codings > 1;
}

static enum MHD_Result send_answer(struct http_exchange *exchange)
{
    struct http_answer *answer = &exchange->answer;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.size, answer->body.data ? (void *)answer->body.data : (void *)(uintptr_t) "",
        MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    if (answer->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (answer->challenge)
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, answer->challenge);
    if (answer->retry_after_s) {
        char seconds[16];
        snprintf(seconds, sizeof(seconds), "%u", answer->retry_after_s);
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (answer->status == MHD_HTTP_CONTENT_TOO_LARGE || exchange->framing_is_doubtful)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(exchange->connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Gives the request to @handler, as far as it has come. False without memory. */
static bool give(struct http_exchange *exchange, http_server_handler *handler)
{
    struct http_incoming incoming = {.method = exchange->method,
                                     .path = exchange->path,
                                     .headers = json_object(),
                                     .query = json_object(),
                                     .body = buffer_view(&exchange->body),
                                     .too_large = exchange->too_large};
    bool has_memory = incoming.headers && incoming.query;
    if (has_memory) {
        MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, add_value, incoming.headers);
        MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, add_value, incoming.query);
        handler(exchange->server->context, exchange, &incoming);
    }
    json_decref(incoming.headers);
    json_decref(incoming.query);
    return has_memory;
}

static enum MHD_Result hand_on(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    exchange->state = EXCHANGE_WAITING;
    exchange->counted = true;
    server->pending++;
    if (!give(exchange, server->handler))
        return MHD_NO;
    if (exchange->state == EXCHANGE_ANSWERED)
        return send_answer(exchange);
    list_append(&server->suspended, &exchange->link);
    MHD_suspend_connection(exchange->connection);
    return MHD_YES;
}

static struct http_exchange *exchange_new(struct http_server *server, struct MHD_Connection *connection,
                                          const char *path, const char *method)
{
    struct http_exchange *exchange = calloc(1, sizeof(*exchange));
    if (!exchange)
        return NULL;
    exchange->server = server;
    exchange->connection = connection;
    exchange->body.size_max = HTTP_BODY_BYTES_MAX;
    exchange->framing_is_doubtful = framing_is_doubtful(connection);
    exchange->path = strdup(path);
    snprintf(exchange->method, sizeof(exchange->method), "%.15s", method);
    if (exchange->path)
        return exchange;
    free(exchange);
    return NULL;
}

/* Before its body is read: libmicrohttpd then closes the connection, so that nothing behind it is taken for a request. */
static enum MHD_Result refuse_framing(struct http_exchange *exchange)
{
    http_answer_fault(DOCUMENT_FORMAT_JSON, TRUC_E_PAYLOAD, true, "", "the request's length is doubtful", "",
                      &exchange->answer);
    exchange->state = EXCHANGE_ANSWERED;
    return send_answer(exchange);
}

static enum MHD_Result take_head(struct http_exchange *exchange)
{
    http_server_handler *on_head = exchange->server->on_head;
    if (on_head && !give(exchange, on_head))
        return MHD_NO;
    return exchange->state == EXCHANGE_ANSWERED ? send_answer(exchange) : MHD_YES;
}

/* MHD calls this first with the headers, then for each piece of the body, then once with no piece: the request is
 * whole. */
static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                                 const char *version, const char *data, size_t *data_size, void **exchange_at)
{
    (void)version;
    struct http_exchange *exchange = *exchange_at;
    if (!exchange) {
        exchange = exchange_new(context, connection, path, method);
        *exchange_at = exchange;
        if (exchange && exchange->framing_is_doubtful)
            return refuse_framing(exchange);
        return exchange ? take_head(exchange) : MHD_NO;
    }
    if (*data_size) {
        if (!exchange->too_large)
            buffer_append(&exchange->body, data, *data_size);
        exchange->too_large = exchange->too_large || buffer_failed(&exchange->body);
        if (exchange->too_large)
            buffer_free(&exchange->body); /* the rest is read and forgotten, so that the client gets its answer */
        *data_size = 0;
        return MHD_YES;
    }
    if (exchange->state == EXCHANGE_READING)
        return hand_on(exchange);
    return exchange->state == EXCHANGE_ANSWERED ? send_answer(exchange) : MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **exchange_at,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    struct http_exchange *exchange = *exchange_at;
    if (!exchange)
        return;
    if (exchange->counted)
        exchange->server->pending--;
    list_remove(&exchange->link);
    free(exchange->path);
    buffer_free(&exchange->body);
    buffer_free(&exchange->answer.body);
    free(exchange);
    *exchange_at = NULL;
}

void http_server_answer(struct http_exchange *exchange, struct http_answer *answer)
{
    exchange->answer = *answer;
    *answer = (struct http_answer){0};
    exchange->state = EXCHANGE_ANSWERED;
    if (!list_is_linked(&exchange->link))
        return; /* answered from within the handler: hand_on sends it */
    list_remove(&exchange->link);
    MHD_resume_connection(exchange->connection);
}

int http_server_open(const char *address, uint16_t port, http_server_handler *handler, void *context,
                     struct http_server **ret_server, struct truc_fault *fault)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct http_server *server = calloc(1, sizeof(*server));
    if (!server)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the HTTP server");
    list_init(&server->suspended);
    server->handler = handler;
    server->context = context;
    inet_pton(AF_INET, address, &where.sin_addr);
    server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, port, NULL, NULL, on_access, server,
                                      MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&where, MHD_OPTION_NOTIFY_COMPLETED,
                                      on_completed, server, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
                                      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_TIMEOUT_S,
                                      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_MEMORY_BYTES,
                                      MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info) {
        http_server_close(server);
        return fault_set(fault, TRUC_E_IO, "%s:%u can't be listened on", address, port);
    }
    server->port = info->port;
    *ret_server = server;
    return 0;
}

void http_server_on_head(struct http_server *server, http_server_handler *on_head)
{
    server->on_head = on_head;
}

void http_server_close(struct http_server *server)
{
    if (!server)
        return;
    list_each(link, &server->suspended) { /* MHD can't stop while a connection is suspended */
        struct http_answer answer;
        http_answer_fault(DOCUMENT_FORMAT_JSON, TRUC_E_CLOSED, false, "", "the connector stops", "", &answer);
        http_server_answer(list_element(link, struct http_exchange, link), &answer);
    }
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    free(server);
}

void http_server_quiesce(struct http_server *server)
{
    MHD_socket listening = MHD_quiesce_daemon(server->daemon);
    if (listening != MHD_INVALID_SOCKET)
        close(listening);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

int http_server_fd(const struct http_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

int http_server_timeout_ms(const struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES)
        return -1;
    return timeout_ms > 60000 ? 60000 : (int)timeout_ms;
}

int http_server_step(struct http_server *server, struct truc_fault *fault)
{
    if (MHD_run(server->daemon) != MHD_YES)
        return fault_set(fault, TRUC_E_IO, "the HTTP server failed");
    return 0;
}

size_t http_server_pending(const struct http_server *server)
{
    return server->pending;
}
