/* organisation.h - who leads whom: officer -> leader -> the leader above.
 * Data of the province (organisation.yaml), by account; names of people are not in it.
 * In the flow: reminder.c asks whom a reminder is for. */
#ifndef DEADLINES_ORGANISATION_H
#define DEADLINES_ORGANISATION_H

#include <stdint.h>

enum { ORGANISATION_LEVELS_MAX = 16 }; /* how many people; the YAML layer bounds the file */

struct organisation_person {
    const char *account;
    const char *leader; /* account; NULL: nobody is above */
};

struct organisation_unit {
    const char *code;
    const char *leader; /* account: of officers that are not listed themselves */
};

/* People sorted by account, so that looking up is halving. */
struct organisation {
    struct organisation_person *people;
    uint32_t people_count;
    struct organisation_unit *units;
    uint32_t units_count;
};

void organisation_sort(struct organisation *organisation);
/* The listed person, or NULL. */
const struct organisation_person *organisation_find(const struct organisation *organisation, const char *account);
/* The leader of an officer: as listed; else the leader of the nearest unit that `unit` is part of. NULL: nobody is known, or nobody is
 * above. Both may be empty. */
const char *organisation_leader(const struct organisation *organisation, const char *account, const char *unit);

#endif
