/* calendar_file.c - see calendar_file.h: one table per kind of object, with the line that explains each key.
 * No code: reading them is yaml_typed_read's work.
 * In the flow: read by calendar_load.c. */
#include "calendar_file.h"

#define COUNT(array)        ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define AT(struct_, member) offsetof(struct struct_, member)

static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday",    NULL};

static const struct yaml_key valid_keys[] = {
    {.name = "from",
     .type = TYPED_DATE,
     .required = true,
     .offset = AT(calendar_file_valid, from),
     .explanation = "first day"},
    {.name = "until",
     .type = TYPED_DATE,
     .required = true,
     .offset = AT(calendar_file_valid, until),
     .explanation = "last day"},
};
static const struct yaml_object valid_object = {"validity", valid_keys, COUNT(valid_keys),
                                                sizeof(struct calendar_file_valid), false};

static const struct yaml_key holiday_keys[] = {
    {.name = "from",
     .type = TYPED_DATE,
     .required = true,
     .offset = AT(calendar_file_holiday, from),
     .explanation = "the day, or the first of several"},
    {.name = "until",
     .type = TYPED_DATE,
     .offset = AT(calendar_file_holiday, until),
     .explanation = "the last of several"},
    {.name = "title",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(calendar_file_holiday, title),
     .explanation = "what is celebrated"},
    {.name = "provisional",
     .type = TYPED_BOOL,
     .offset = AT(calendar_file_holiday, provisional),
     .explanation = "true: by the rule, the year's notice is not out yet"},
};
static const struct yaml_object holiday_object = {"holiday", holiday_keys, COUNT(holiday_keys),
                                                  sizeof(struct calendar_file_holiday), false};

static const struct yaml_key swap_keys[] = {
    {.name = "off",
     .type = TYPED_DATE,
     .required = true,
     .offset = AT(calendar_file_swap, off),
     .explanation = "the working day that is free"},
    {.name = "worked",
     .type = TYPED_DATE,
     .required = true,
     .offset = AT(calendar_file_swap, worked),
     .explanation = "the weekend day that is worked instead"},
    {.name = "basis",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(calendar_file_swap, basis),
     .explanation = "who decided it, and where"},
};
static const struct yaml_object swap_object = {"swap", swap_keys, COUNT(swap_keys), sizeof(struct calendar_file_swap),
                                               false};

static const struct yaml_key make_up_keys[] = {
    {.name = "date",
     .type = TYPED_DATE,
     .required = true,
     .offset = AT(calendar_file_make_up, date),
     .explanation = "the weekend day that is worked"},
    {.name = "basis",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(calendar_file_make_up, basis),
     .explanation = "who decided it, and where"},
};
static const struct yaml_object make_up_object = {"make-up day", make_up_keys, COUNT(make_up_keys),
                                                  sizeof(struct calendar_file_make_up), false};

static const struct yaml_key file_keys[] = {
    {.name = "calendar",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(calendar_file, calendar),
     .explanation = "title"},
    {.name = "basis",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(calendar_file, basis),
     .explanation = "the documents it follows"},
    {.name = "valid",
     .type = TYPED_OBJECT,
     .required = true,
     .offset = AT(calendar_file, valid),
     .object = &valid_object,
     .explanation = "the days it speaks of, both included"},
    {.name = "hours",
     .type = TYPED_TEXTS,
     .required = true,
     .offset = AT(calendar_file, hours),
     .explanation = "working hours of a day as HH:MM-HH:MM; the lunch break lies between two"},
    {.name = "weekend",
     .type = TYPED_WORDS,
     .required = true,
     .offset = AT(calendar_file, weekend),
     .words = weekdays,
     .explanation = "weekdays that are free"},
    {.name = "holidays",
     .type = TYPED_OBJECTS,
     .offset = AT(calendar_file, holidays),
     .object = &holiday_object,
     .explanation = "one on a weekend moves to the next working day by itself"},
    {.name = "swaps",
     .type = TYPED_OBJECTS,
     .offset = AT(calendar_file, swaps),
     .object = &swap_object,
     .explanation = "a free working day for a worked weekend day"},
    {.name = "make-up",
     .type = TYPED_OBJECTS,
     .offset = AT(calendar_file, make_up),
     .object = &make_up_object,
     .explanation = "weekend days that are worked, without a day off in exchange"},
};
const struct yaml_object calendar_file_object = {"calendar", file_keys, COUNT(file_keys), sizeof(struct calendar_file),
                                                 false};
