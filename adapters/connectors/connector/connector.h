/* connector.h - a connector: a program that joins one system to the bus by an adapter file alone.
 * The whole of what differs between connectors stands in two tables: struct connector_format (what the file says) and
 * struct connector_engine (how it runs). Everything else is here. See docs/architecture.md, "A connector".
 * In the flow: a program's main -> connector_main -> the tables' functions. */
#ifndef TRUC_CONNECTOR_H
#define TRUC_CONNECTOR_H

#include <truc/truc.h>

#include "connector_adapter.h"
#include "connector_log.h"

enum {
    CONNECTOR_DRAIN_MS = 30000,  /* what is under way at SIGTERM has this long to end */
    CONNECTOR_STEP_MAX_MS = 1000 /* a step waits at most this long */
};

/* How a connector runs. `running` is what open made. */
struct connector_engine {
    const char *program; /* "truc-http" */
    const char *about;   /* one line for --help */
    /* Registers its handlers on @bus and begins. All arguments outlive the result; on error @bus is still the caller's. */
    int (*open)(const struct connector_adapter *adapter, truc_adapter *bus, const struct connector_log *log,
                void **ret_running, struct truc_fault *fault);
    /* For --where and the log: members of a JSON object, as "url": "http://127.0.0.1:7481". NULL: it listens nowhere. */
    int (*where)(const void *running, json_t *where);
    /* Waits for something to do, at most CONNECTOR_STEP_MAX_MS, and does it. @extra_fd also ends the wait. An error ends
     * the connector. */
    int (*step)(void *running, int extra_fd, struct truc_fault *fault);
    void (*drain)(void *running); /* nothing new from now on; what is under way ends */
    bool (*is_drained)(const void *running);
    void (*close)(void *running); /* closes the bus too; NULL is fine */
};

/* The program: command line, files, signals; the exit status that the connectors' manuals name. */
int connector_main(const struct connector_format *format, const struct connector_engine *engine, int argc, char **argv);

#endif
