/* calendar_load.h - calendars as YAML files: hours, weekends, holidays, swaps and make-up days, each file for some years or months.
 * Not the arithmetic (calendar.h). Every mistake is named with file, line and column; a gap or an overlap between files is one.
 * In the flow: config/calendar/NAME.yaml -> calendar. */
#ifndef DEADLINES_CALENDAR_LOAD_H
#define DEADLINES_CALENDAR_LOAD_H

#include "calendar.h"
#include "policy_report.h"

/* One file's text, named as mistakes shall name it. */
struct calendar_text {
    const char *file;
    struct bytes content;
};

/* Puts the files together, in any order. 0 and a calendar; TRUC_E_CONFIG with the mistakes in `report`; TRUC_E_MEMORY. */
int calendar_load(const struct calendar_text *texts, uint32_t count, struct policy_report *report,
                  struct calendar **ret_calendar);
/* All *.yaml of a folder; the same, and a folder that can't be read is a mistake in the report too. */
int calendar_load_folder(const char *path, struct policy_report *report, struct calendar **ret_calendar);
void calendar_free(struct calendar *calendar); /* NULL is fine */

#endif
