/* files_file.h - the keys of a truc-files adapter file, as tables of the typed YAML layer.
 * Says which keys there are and of what kind; what they mean is the loader's work.
 * In the flow: YAML nodes -> these structs (with places) -> files_load.c. */
#ifndef TRUC_FILES_FILE_H
#define TRUC_FILES_FILE_H

#include "connector_file.h"

struct files_file_folder {
    const struct yaml_node *node;
    struct typed_value path, ready, stable_for, rescan, in_flight, file_size, remember;
};

struct files_file_accept {
    const struct yaml_node *node;
    struct typed_value name, format, type, when, message;
};

struct files_file_serve {
    const struct yaml_node *node;
    struct typed_value type, name, content;
};

struct files_file {
    struct connector_file common;
    struct typed_value folder, accepts, serves;
};

extern const struct yaml_object files_file_object;

#endif
