/* connector_options.h - the command line that all connectors have.
 * No file is opened here.
 * In the flow: argv -> this -> connector_main.c. */
#ifndef TRUC_CONNECTOR_OPTIONS_H
#define TRUC_CONNECTOR_OPTIONS_H

#include "connector.h"

enum { CONNECTOR_EXIT_WRONG = 1, CONNECTOR_EXIT_USAGE = 2 };

struct connector_options {
    const char *adapter, *settings, *schemas, *where, *cases;
    bool check;
    struct connector_override overrides[CONNECTOR_OVERRIDES_MAX];
    size_t override_count;
};

/* @ret_options zeroed by the caller; its texts are argv's. */
void connector_options_read(const struct connector_format *format, const struct connector_engine *engine, int argc,
                            char **argv, struct connector_options *ret_options);

#endif
