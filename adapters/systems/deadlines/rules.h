/* rules.h - what law and province say about terms, as data: sets of rules with the day each begins, and the terms of procedures.
 * Not the calendar, and not who is told (organisation.h).
 * In the flow: adapter.yaml -> deadlines_load -> these -> dossier_clock, reminder, rate. */
#ifndef DEADLINES_RULES_H
#define DEADLINES_RULES_H

#include <stdint.h>

/* Spans are working time. */
struct rules {
    const char *id, *title;
    uint64_t valid_from_ns;
    uint64_t due_soon_ns;      /* before the end */
    uint64_t escalate_ns;      /* after the end */
    uint64_t apology_from_ns;  /* before the end: from then on an apology may go out */
    uint64_t apology_until_ns; /* before the end: after that none may */
    uint64_t extension_ns;     /* the new date behind the old one */
    uint32_t supplements_allowed;
};

struct term {
    const char *procedure;
    uint32_t days; /* working days */
};

struct rules_book {
    struct rules *rules; /* oldest first, at least one */
    uint32_t rules_count;
    struct term *terms; /* sorted by procedure */
    uint32_t terms_count;
};

/* The rules a matter that began then is under; what began before the first set is under the first. */
const struct rules *rules_at(const struct rules_book *book, uint64_t at_ns);
/* Working days of a procedure; 0: not known. */
uint32_t rules_term_days(const struct rules_book *book, const char *procedure);

#endif
