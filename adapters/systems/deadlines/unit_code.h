/* unit_code.h - agency codes in both forms: 000.00.06.H56 (QCVN 102:2016) and H56.14 (Decision 20/2020).
 * Not the agency directory: only what the code itself says about who is part of whom.
 * Called by organisation.c and report.c. */
#ifndef DEADLINES_UNIT_CODE_H
#define DEADLINES_UNIT_CODE_H

#include <stdbool.h>

/* Whether `code` is `unit` or below it. New form: as a prefix, H56.14 is under H56. Old form: zeros say how deep a unit is, from the
 * right: 000.12.06.H56 is under 000.00.06.H56, and both are under 000.00.00.H56 and H56. */
bool unit_code_is_under(const char *code, const char *unit);

#endif
