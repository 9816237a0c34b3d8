/* exec_file.h - the keys of a truc-exec adapter file, as tables of the typed YAML layer.
 * Says which keys there are and of what kind; what they mean is the loader's work.
 * In the flow: YAML nodes -> these structs (with places) -> exec_load.c. */
#ifndef TRUC_EXEC_FILE_H
#define TRUC_EXEC_FILE_H

#include "connector_file.h"

struct exec_file_restart {
    const struct yaml_node *node;
    struct typed_value first, at_most;
};

struct exec_file_program {
    const struct yaml_node *node;
    struct typed_value command, environment, ready_within, answer_within, in_flight, line_size, restart, deaths;
};

struct exec_file_serve {
    const struct yaml_node *node;
    struct typed_value type, request, reply;
};

struct exec_file_accept {
    const struct yaml_node *node;
    struct typed_value type, message, within;
};

struct exec_file {
    struct connector_file common;
    struct typed_value program, serves, accepts;
};

extern const struct yaml_object exec_file_object;

#endif
