/* files_connector.c - see files_connector.h.
 * The clocks are read here, and for the reasons beside files in files_work.c.
 * In the flow: step after step, until drained. */
#include "files_connector.h"
#include "connector_time.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "fault.h"
#include "files_picking.h"
#include "files_serving.h"

struct files_connector {
    truc_adapter *bus;
    struct files_folder folder;
    struct files_picking *picking; /* NULL: nothing is accepted */
    struct files_serving *serving;
    struct connector_log log;
    bool is_draining;
};

static void close_connector(void *running)
{
    struct files_connector *connector = running;
    if (!connector)
        return;
    truc_adapter_close(connector->bus); /* what was published ends as CLOSED: its files stay in work/ */
    files_picking_close(connector->picking);
    files_serving_close(connector->serving);
    files_folder_close(&connector->folder);
    free(connector);
}

static int open_parts(struct files_connector *connector, const struct files_adapter *adapter, truc_adapter *bus,
                      struct truc_fault *fault)
{
    int result = files_serving_open(adapter, bus, &connector->folder, &connector->log, &connector->serving, fault);
    if (result == 0 && adapter->accept_count)
        result = files_picking_open(adapter, bus, &connector->folder, &connector->log, &connector->picking, fault);
    return result;
}

static int open_connector(const struct connector_adapter *adapter, truc_adapter *bus, const struct connector_log *log,
                          void **ret_running, struct truc_fault *fault)
{
    const struct files_adapter *files = files_adapter_of(adapter);
    struct files_connector *connector = calloc(1, sizeof(*connector));
    if (!connector)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the connector");
    connector->log = *log;
    int result = files_folder_open(files->folder, &connector->folder, fault);
    if (result < 0) {
        free(connector);
        return result;
    }
    result = open_parts(connector, files, bus, fault);
    if (result < 0) { /* the bus is still the caller's */
        close_connector(connector);
        return result;
    }
    connector->bus = bus;
    *ret_running = connector;
    return 0;
}

static int step(void *running, int extra_fd, struct truc_fault *fault)
{
    struct files_connector *connector = running;
    struct pollfd fds[3] = {{.fd = truc_fd(connector->bus), .events = POLLIN}, {.fd = extra_fd, .events = POLLIN}};
    nfds_t count = 2;
    int timeout_ms = connector_shorter_ms(CONNECTOR_STEP_MAX_MS, truc_timeout_ms(connector->bus));
    if (connector->picking) {
        fds[count++] = (struct pollfd){.fd = files_picking_fd(connector->picking), .events = POLLIN};
        timeout_ms = connector_shorter_ms(timeout_ms, files_picking_timeout_ms(connector->picking, connector_now_ms()));
    }
    poll(fds, count, timeout_ms); /* everything is looked at below, whatever this says */
    int result = truc_step(connector->bus, fault);
    if (result == 0 && connector->picking)
        result = files_picking_step(connector->picking, connector_now_ms(), fault);
    files_serving_forget(connector->serving, (uint64_t)time(NULL));
    return result;
}

static void drain(void *running)
{
    struct files_connector *connector = running;
    if (connector->is_draining)
        return;
    connector->is_draining = true;
    truc_drain(connector->bus);
    if (connector->picking)
        files_picking_stop(connector->picking);
}

static bool is_drained(const void *running)
{
    const struct files_connector *connector = running;
    return connector->is_draining && truc_is_drained(connector->bus) &&
           (!connector->picking || files_picking_out(connector->picking) == 0);
}

const struct connector_engine files_engine = {
    .program = "truc-files",
    .about = "Joins a system that leaves and takes files to the bus, by an adapter file alone.",
    .open = open_connector,
    .step = step,
    .drain = drain,
    .is_drained = is_drained,
    .close = close_connector,
};
