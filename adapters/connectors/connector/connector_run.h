/* connector_run.h - a connector from its connection to the bus until it is drained: signals and the loop.
 * Reads no adapter file and no command line.
 * In the flow: connector_main.c -> this -> struct connector_engine. */
#ifndef TRUC_CONNECTOR_RUN_H
#define TRUC_CONNECTOR_RUN_H

#include "connector_options.h"

/* Until SIGTERM or SIGINT, then until drained, at most CONNECTOR_DRAIN_MS. TRUC_E_CONFIG: the settings are wrong. */
int connector_run(const struct connector_engine *engine, const struct connector_adapter *adapter,
                  const struct connector_options *options, const struct connector_log *log, struct truc_fault *fault);

/* Until the adapter is open whatever fails is a wrong file; its fault says which. */
static inline int connector_wrong_file(int result)
{
    return result < 0 && result != TRUC_E_MEMORY ? TRUC_E_CONFIG : result;
}

#endif
