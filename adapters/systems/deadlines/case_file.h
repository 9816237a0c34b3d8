/* case_file.h - the keys of a case file, as tables of the typed YAML layer.
 * What they do is case.c's work.
 * In the flow: YAML nodes -> these structs -> case.c. */
#ifndef DEADLINES_CASE_FILE_H
#define DEADLINES_CASE_FILE_H

#include "yaml_typed.h"

struct case_file_dossier {
    const struct yaml_node *node;
    struct typed_value code, procedure, unit;
};

struct case_file_fact {
    const struct yaml_node *node;
    struct typed_value at, what, status, due, step, step_due, officer, supplement, historical;
};

struct case_file_expect {
    const struct yaml_node *node;
    struct typed_value due, national, province, reminders;
};

struct case_file {
    const struct yaml_node *node;
    struct typed_value title, dossier, facts, until, expect;
};

extern const struct yaml_object case_file_object;
extern const char *const case_file_verdicts[]; /* in the order of enum rate_verdict */

#endif
