/* far_registry.h - the population register: synthetic citizens in SQLite, asked for by number, name and birth together.
 * Knows no SOAP. Matching is on folded names (case, marks and spaces aside), as clerks type them.
 * Behind far_population.c. */
#ifndef FAR_REGISTRY_H
#define FAR_REGISTRY_H

#include "far_citizen.h"
#include "far_store.h"

enum { FAR_REGISTRY_NAME_BYTES_MAX = 400 };

/* Opens DIRECTORY/population.db and fills it once with citizens 0 .. count - 1 of `seed`.
 * STATE when it was filled with others. */
int far_registry_open(struct far_store *store, const char *directory, uint64_t seed, uint32_t count,
                      struct truc_fault *fault);

struct far_query {
    char number[16]; /* SoDinhDanh (12 digits) or SoCMND (9) */
    bool is_old_number;
    char name[FAR_REGISTRY_NAME_BYTES_MAX + 1];
    char birth[9]; /* yyyyMMdd, or yyyy when only the year is known */
};

/* Fills `ret_citizen` on a match. 1: matches; 0: not found or other data: one outcome; negative: IO, ARGUMENT (name not
 * UTF-8), MEMORY. */
int far_registry_find(struct far_store *store, const struct far_query *query, struct far_citizen *ret_citizen,
                      struct truc_fault *fault);

/* One line of the message log: who asked what with which outcome; of the number only the last three digits. */
int far_registry_log(struct far_store *store, const char *message_id, const char *operation, const char *officer,
                     const char *procedure, const char *number, const char *outcome, struct truc_fault *fault);

#endif
