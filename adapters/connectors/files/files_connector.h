/* files_connector.h - the connector as a whole: one thread that polls the bus and the drop folder.
 * Wiring only; the program around it opens files and handles signals.
 * In the flow: connector_main and the tests -> this. */
#ifndef TRUC_FILES_CONNECTOR_H
#define TRUC_FILES_CONNECTOR_H

#include "connector.h"

extern const struct connector_engine files_engine;

#endif
