/* deadlines_file.h - the keys of adapter.yaml and organisation.yaml, as tables of the typed YAML layer.
 * Says which keys there are and of what kind; what follows from them is the loader's work.
 * In the flow: YAML nodes -> these structs (with places) -> deadlines_load. */
#ifndef DEADLINES_FILE_H
#define DEADLINES_FILE_H

#include "yaml_typed.h"

struct deadlines_file_valid {
    const struct yaml_node *node;
    struct typed_value from;
};

struct deadlines_file_apology {
    const struct yaml_node *node;
    struct typed_value earliest, latest, extension;
};

struct deadlines_file_rules {
    const struct yaml_node *node;
    struct typed_value id, title, valid, due_soon, escalate_after, apology, supplements;
};

struct deadlines_file_term {
    const struct yaml_node *node;
    struct typed_value procedure, days;
};

struct deadlines_file {
    const struct yaml_node *node;
    struct typed_value adapter, title, calendar, organisation, rules, terms;
};

struct organisation_file_person {
    const struct yaml_node *node;
    struct typed_value account, leader, position;
};

struct organisation_file_unit {
    const struct yaml_node *node;
    struct typed_value code, leader, title;
};

struct organisation_file {
    const struct yaml_node *node;
    struct typed_value people, units;
};

extern const struct yaml_object deadlines_file_object, organisation_file_object;

#endif
