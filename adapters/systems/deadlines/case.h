/* case.h - a dossier's life as a file: facts, and the reminders, dates and verdicts that must come of them.
 * No bus, no store, no clock: time jumps from one due instant to the next, so that a case of years takes no time.
 * For `truc-deadlines cases`, where whoever changes rules or a calendar sees what that does. */
#ifndef DEADLINES_CASE_H
#define DEADLINES_CASE_H

#include "buffer.h"
#include "deadlines_load.h"
#include "reminder.h"

/* Calls `said` for every reminder of the time from the first fact to `until_ns`, each id once, at the instant it comes due. */
void case_simulate(const struct dossier *dossier, bool is_task, const struct reminder_world *world, uint64_t until_ns,
                   void (*said)(void *context, uint64_t now_ns, const struct reminder *reminder), void *context);

/* Runs all *.yaml of a directory; appends a line each, and what differs. How many failed; or TRUC_E_CONFIG, TRUC_E_IO, TRUC_E_MEMORY. */
int cases_run(const struct deadlines_book *book, const char *directory, struct buffer *out, struct truc_fault *fault);

#endif
