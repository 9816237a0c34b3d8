/* http_connector.c - see http_connector.h.
 * The clock is read here and nowhere else in the connector.
 * In the flow: step after step, until drained. */
#include "http_connector.h"
#include "connector_time.h"

#include <stdlib.h>

#include "fault.h"

struct http_connector {
    truc_adapter *bus;
    struct connector_log log;
    struct http_client *client;
    struct http_server *server; /* NULL: nothing is accepted */
    struct http_accepting *accepting;
    struct http_serving *serving;
    bool draining;
};

int http_connector_open(const struct http_adapter *adapter, truc_adapter *bus, const struct connector_log *log,
                        struct http_connector **ret_connector, struct truc_fault *fault)
{
    struct http_connector *connector = calloc(1, sizeof(*connector));
    if (!connector)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the connector");
    connector->bus = bus;
    connector->log = *log;
    int result =
        http_client_open(adapter->far_side.in_flight ? adapter->far_side.in_flight : 1, &connector->client, fault);
    if (result == 0)
        result = http_serving_open(adapter, bus, connector->client, &connector->log, &connector->serving, fault);
    if (result == 0)
        result = http_accepting_open(adapter, bus, &connector->log, &connector->accepting, fault);
    if (result == 0 && adapter->accept_count)
        result = http_server_open(adapter->listen_address, adapter->listen_port, http_accepting_handle,
                                  connector->accepting, &connector->server, fault);
    if (result < 0) {
        connector->bus = NULL; /* still the caller's */
        http_connector_close(connector);
        return result;
    }
    *ret_connector = connector;
    return 0;
}

uint16_t http_connector_port(const struct http_connector *connector)
{
    return connector->server ? http_server_port(connector->server) : 0;
}

int http_connector_step(struct http_connector *connector, int extra_fd, struct truc_fault *fault)
{
    struct pollfd fds[3] = {{.fd = truc_fd(connector->bus), .events = POLLIN}};
    unsigned count = 1;
    int timeout_ms = connector_shorter_ms(CONNECTOR_STEP_MAX_MS, truc_timeout_ms(connector->bus));
    if (connector->server) {
        fds[count++] = (struct pollfd){.fd = http_server_fd(connector->server), .events = POLLIN};
        timeout_ms = connector_shorter_ms(timeout_ms, http_server_timeout_ms(connector->server));
    }
    if (extra_fd >= 0)
        fds[count++] = (struct pollfd){.fd = extra_fd, .events = POLLIN};
    timeout_ms = connector_shorter_ms(timeout_ms, http_accepting_timeout_ms(connector->accepting, connector_now_ms()));
    int result = http_client_poll(connector->client, fds, count, timeout_ms, fault);
    if (result == 0)
        result = truc_step(connector->bus, fault);
    if (result == 0)
        result = http_client_step(connector->client, fault);
    http_accepting_set_now(connector->accepting, connector_now_ms());
    if (result == 0 && connector->server)
        result = http_server_step(connector->server, fault);
    http_accepting_expire(connector->accepting, connector_now_ms());
    return result;
}

void http_connector_drain(struct http_connector *connector)
{
    if (connector->draining)
        return;
    connector->draining = true;
    truc_drain(connector->bus);
    if (connector->server)
        http_server_quiesce(connector->server);
}

bool http_connector_is_drained(const struct http_connector *connector)
{
    return connector->draining && truc_is_drained(connector->bus) && http_client_pending(connector->client) == 0 &&
           (!connector->server || http_server_pending(connector->server) == 0);
}

void http_connector_close(struct http_connector *connector)
{
    if (!connector)
        return;
    http_client_close(connector->client); /* deliveries under way become retries */
    truc_adapter_close(connector->bus);   /* publishes and questions under way end as CLOSED: their callers get 503 */
    http_server_close(connector->server);
    http_accepting_close(connector->accepting);
    http_serving_close(connector->serving);
    free(connector);
}

static int engine_open(const struct connector_adapter *adapter, truc_adapter *bus, const struct connector_log *log,
                       void **ret_running, struct truc_fault *fault)
{
    struct http_connector *connector = NULL;
    int result = http_connector_open(http_adapter_of(adapter), bus, log, &connector, fault);
    *ret_running = connector;
    return result;
}

static int engine_where(const void *running, json_t *where)
{
    uint16_t port = http_connector_port(running);
    return port ? json_object_set_new(where, "url", json_sprintf("http://127.0.0.1:%u", port)) : 0;
}

static int engine_step(void *running, int extra_fd, struct truc_fault *fault)
{
    return http_connector_step(running, extra_fd, fault);
}

static void engine_drain(void *running)
{
    http_connector_drain(running);
}

static bool engine_is_drained(const void *running)
{
    return http_connector_is_drained(running);
}

static void engine_close(void *running)
{
    http_connector_close(running);
}

const struct connector_engine http_engine = {
    .program = "truc-http",
    .about = "Joins a system that speaks HTTP to the bus, by an adapter file alone.",
    .open = engine_open,
    .where = engine_where,
    .step = engine_step,
    .drain = engine_drain,
    .is_drained = engine_is_drained,
    .close = engine_close,
};
