/* door_connector.h - the door as a whole: one thread that polls the bus and the vendors' connections.
 * The program around it opens files and handles signals (connector_main).
 * In the flow: door_main.c and tests -> this. */
#ifndef TRUC_DOOR_CONNECTOR_H
#define TRUC_DOOR_CONNECTOR_H

#include "connector.h"

extern const struct connector_engine door_engine;

#endif
