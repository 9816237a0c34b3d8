/* far_catalogue.h - the synthetic province's procedures, agencies and officers, shared by far sides that must agree.
 * Data of the sandbox only: the bus and its adapters read none of it.
 * Codes follow Decision 20/2020 (H56.nn) and the national procedure catalogue's form. */
#ifndef FAR_CATALOGUE_H
#define FAR_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct far_procedure {
    const char *code, *name;
    const char *sector_code, *sector_name;
    const char *service;       /* "toàn trình" or "một phần" */
    const char *document_name; /* what is handed in */
    const char *result_name;
    unsigned working_days;
    unsigned fee_dong; /* 0: none */
};

struct far_agency {
    const char *code, *name;
};

struct far_officer {
    const char *number; /* 12 digits, the fourth is 9 */
    const char *name, *position, *department;
};

size_t far_procedures_count(void);
const struct far_procedure *far_procedure_at(size_t place);       /* modulo the count */
const struct far_procedure *far_procedure_find(const char *code); /* NULL when unknown */
const struct far_agency *far_agency_at(uint64_t place);           /* modulo the count */
const struct far_officer *far_officer_at(uint64_t place);         /* modulo the count */
bool far_officer_known(const char *number);

#endif
