/* calendar_file.h - the keys of a calendar file, as tables of the typed YAML layer.
 * Says which keys there are and of what kind; what follows from them is the loader's work.
 * In the flow: YAML nodes -> these structs (with places) -> calendar_load. */
#ifndef DEADLINES_CALENDAR_FILE_H
#define DEADLINES_CALENDAR_FILE_H

#include "yaml_typed.h"

struct calendar_file_valid {
    const struct yaml_node *node;
    struct typed_value from, until;
};

struct calendar_file_holiday {
    const struct yaml_node *node;
    struct typed_value from, until, title, provisional;
};

struct calendar_file_swap {
    const struct yaml_node *node;
    struct typed_value off, worked, basis;
};

struct calendar_file_make_up {
    const struct yaml_node *node;
    struct typed_value date, basis;
};

struct calendar_file {
    const struct yaml_node *node;
    struct typed_value calendar, basis, valid, hours, weekend, holidays, swaps, make_up;
};

extern const struct yaml_object calendar_file_object;

#endif
