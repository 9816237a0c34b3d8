/* organisation.c - see organisation.h.
 * Nothing here is written; who reads the file is deadlines_load.c.
 * Pure look-ups. */
#include "organisation.h"

#include "unit_code.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static int order_of_people(const void *left, const void *right)
{
    return strcmp(((const struct organisation_person *)left)->account,
                  ((const struct organisation_person *)right)->account);
}

void organisation_sort(struct organisation *organisation)
{
    if (organisation->people_count > 0)
        qsort(organisation->people, organisation->people_count, sizeof *organisation->people, order_of_people);
}

const struct organisation_person *organisation_find(const struct organisation *organisation, const char *account)
{
    struct organisation_person key = {.account = account};
    if (organisation->people_count == 0 || account == NULL)
        return NULL;
    return bsearch(&key, organisation->people, organisation->people_count, sizeof key, order_of_people);
}

const char *organisation_leader(const struct organisation *organisation, const char *account, const char *unit)
{
    const struct organisation_person *person = organisation_find(organisation, account);
    const struct organisation_unit *nearest = NULL;
    if (person)
        return person->leader;
    for (uint32_t i = 0; unit && i < organisation->units_count; i++) {
        const struct organisation_unit *candidate = &organisation->units[i];
        if (unit_code_is_under(unit, candidate->code) &&
            (nearest == NULL || unit_code_is_under(candidate->code, nearest->code)))
            nearest = candidate;
    }
    return nearest && (account == NULL || strcmp(nearest->leader, account) != 0) ? nearest->leader : NULL;
}
