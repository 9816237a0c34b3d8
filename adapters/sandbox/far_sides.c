/* far_sides.c - the table of far sides: the one place that knows them all.
 * Not their code: each is a file of its own that exports a kind. */
#include "far_side.h"

#include <string.h>

static const struct far_side_kind *const kinds[] = {
    &far_portal_kind,
    &far_onestop_kind,
    &far_population_kind,
    &far_national_portal_kind,
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };
_Static_assert((int)KINDS <= (int)FAR_SIDES_MAX, "more far sides than FAR_SIDES_MAX");

size_t far_side_kinds_count(void)
{
    return KINDS;
}

const struct far_side_kind *far_side_kind_at(size_t place)
{
    return place < KINDS ? kinds[place] : NULL;
}

const struct far_side_kind *far_side_kind_find(const char *id)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i]->id, id) == 0)
            return kinds[i];
    }
    return NULL;
}
