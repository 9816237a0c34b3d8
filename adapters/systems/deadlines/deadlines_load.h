/* deadlines_load.h - everything the adapter knows before the first message: adapter.yaml and the files it names.
 * Not the SDK's settings and not the store.
 * In the flow: files -> deadlines_book -> dossier_clock, reminder, rate. */
#ifndef DEADLINES_LOAD_H
#define DEADLINES_LOAD_H

#include "arena.h"
#include "calendar.h"
#include "organisation.h"
#include "policy_report.h"
#include "rules.h"

struct deadlines_book {
    struct arena arena;
    const char *title;
    const char *system; /* id of the system on the bus */
    struct calendar *calendar;
    struct organisation organisation;
    struct rules_book rules;
};

/* 0; TRUC_E_CONFIG with every mistake in `report`, at its file, line and column; TRUC_E_MEMORY. */
int deadlines_load(const char *path, struct policy_report *report, struct deadlines_book **ret_book);
void deadlines_book_free(struct deadlines_book *book); /* NULL is fine */

/* The parts, from texts: for tests. Both fill `book`, whose arena has its bound. */
int deadlines_load_rules(struct deadlines_book *book, const char *file, struct bytes content,
                         struct policy_report *report, const char **ret_calendar, const char **ret_organisation);
int deadlines_load_organisation(struct deadlines_book *book, const char *file, struct bytes content,
                                struct policy_report *report);

enum { DEADLINES_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

#endif
