/* door_file.h - the keys of a truc-door file, as tables of the typed YAML layer.
 * Says which keys there are and of what kind; what they mean is the loader's work.
 * In the flow: YAML nodes -> these structs (with places) -> door_load.c. */
#ifndef TRUC_DOOR_FILE_H
#define TRUC_DOOR_FILE_H

#include "connector_file.h"

struct door_file_webhook {
    const struct yaml_node *node;
    struct typed_value url, secret, secret_before, timeout, in_flight;
};

struct door_file {
    struct connector_file common;
    struct typed_value listen, tokens, lease, rate, webhook;
};

extern const struct yaml_object door_file_object;

#endif
