/* exec_connector.c - see exec_connector.h.
 * The clock is read here and nowhere else in the connector.
 * In the flow: step after step, until drained. */
#include "exec_connector.h"
#include "connector_time.h"

#include <signal.h>
#include <stdlib.h>

#include "exec_accepting.h"
#include "exec_serving.h"
#include "fault.h"

enum { OWN_FDS = 2 };

struct exec_connector {
    truc_adapter *bus;
    struct exec_runner *runner;
    struct exec_serving *serving;
    struct exec_accepting *accepting;
    struct connector_log log;
    bool is_draining;
};

static void on_line(void *context, struct exec_line *line)
{
    struct exec_connector *connector = context;
    struct truc_fault fault = {0};
    if (!exec_op_is_answer(line->op))
        exec_accepting_line(connector->accepting, line);
    else if (exec_serving_answer(connector->serving, line, &fault) < 0)
        exec_runner_fail(connector->runner, fault.text);
}

static void on_end(void *context, const char *why)
{
    struct exec_connector *connector = context;
    exec_serving_lost(connector->serving, why);
}

static void close_connector(void *running)
{
    struct exec_connector *connector = running;
    if (!connector)
        return;
    exec_serving_close(connector->serving); /* deliveries under way become retries */
    truc_adapter_close(connector->bus);     /* what the program sent ends as CLOSED */
    exec_accepting_close(connector->accepting);
    exec_runner_close(connector->runner);
    free(connector);
}

static int open_connector(const struct connector_adapter *adapter, truc_adapter *bus, const struct connector_log *log,
                          void **ret_running, struct truc_fault *fault)
{
    const struct exec_adapter *exec = exec_adapter_of(adapter);
    struct exec_connector *connector = calloc(1, sizeof(*connector));
    if (!connector)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the connector");
    struct exec_runner_events events = {connector, on_line, on_end};
    connector->log = *log;
    signal(SIGPIPE, SIG_IGN); /* a program that reads no more is shown by EPIPE and by its end */
    int result = exec_runner_open(exec, &connector->log, &events, &connector->runner, fault);
    if (result == 0)
        result = exec_serving_open(exec, bus, connector->runner, &connector->log, &connector->serving, fault);
    if (result == 0)
        result = exec_accepting_open(exec, bus, connector->runner, &connector->log, &connector->accepting, fault);
    if (result < 0) { /* the bus is still the caller's */
        close_connector(connector);
        return result;
    }
    connector->bus = bus;
    *ret_running = connector;
    return 0;
}

/* What is needed to go: nothing with the program, nothing of it with the bus. */
static void let_go(struct exec_connector *connector)
{
    if (exec_runner_is_leaving(connector->runner) && exec_serving_out(connector->serving) == 0 &&
        exec_accepting_pending(connector->accepting) == 0)
        exec_runner_release(connector->runner);
}

static int step(void *running, int extra_fd, struct truc_fault *fault)
{
    struct exec_connector *connector = running;
    struct pollfd fds[OWN_FDS + EXEC_PROCESS_FDS] = {{.fd = truc_fd(connector->bus), .events = POLLIN},
                                                     {.fd = extra_fd, .events = POLLIN}};
    unsigned count = OWN_FDS + exec_runner_fds(connector->runner, fds + OWN_FDS);
    int timeout_ms = connector_shorter_ms(CONNECTOR_STEP_MAX_MS, truc_timeout_ms(connector->bus));
    timeout_ms = connector_shorter_ms(timeout_ms, exec_runner_timeout_ms(connector->runner, connector_now_ms()));
    timeout_ms = connector_shorter_ms(timeout_ms, exec_serving_timeout_ms(connector->serving, connector_now_ms()));
    poll(fds, count, timeout_ms); /* everything is looked at below, whatever this says */
    exec_serving_set_now(connector->serving, connector_now_ms());
    int result = truc_step(connector->bus, fault);
    exec_runner_step(connector->runner, connector_now_ms());
    exec_serving_step(connector->serving, connector_now_ms());
    let_go(connector);
    return result;
}

static void drain(void *running)
{
    struct exec_connector *connector = running;
    if (connector->is_draining)
        return;
    connector->is_draining = true;
    truc_drain(connector->bus);
    exec_serving_stop(connector->serving);
    exec_runner_leave(connector->runner);
}

static bool is_drained(const void *running)
{
    const struct exec_connector *connector = running;
    return connector->is_draining && exec_runner_is_over(connector->runner) && truc_is_drained(connector->bus);
}

const struct connector_engine exec_engine = {
    .program = "truc-exec",
    .about = "Joins a program that speaks JSON lines to the bus, by an adapter file.",
    .open = open_connector,
    .step = step,
    .drain = drain,
    .is_drained = is_drained,
    .close = close_connector,
};
