/* deadlines_file.c - see deadlines_file.h: one table per kind of object, with the line that explains each key.
 * No code: reading them is yaml_typed_read's work. Spans are counts of working hours: a working day has 8, not 24.
 * In the flow: read by deadlines_load.c. */
#include "deadlines_file.h"

#define COUNT(array)        ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define AT(struct_, member) offsetof(struct struct_, member)

enum { HOURS_MAX = 8 * 260, DAYS_MAX = 3650, SUPPLEMENTS_MAX = 100 };

static const struct yaml_key valid_keys[] = {
    {.name = "from",
     .type = TYPED_DATE,
     .required = true,
     .offset = AT(deadlines_file_valid, from),
     .explanation = "first day; until the next rules begin"},
};
static const struct yaml_object valid_object = {"validity", valid_keys, COUNT(valid_keys),
                                                sizeof(struct deadlines_file_valid), false};

static const struct yaml_key apology_keys[] = {
    {.name = "earliest-hours",
     .type = TYPED_COUNT,
     .required = true,
     .offset = AT(deadlines_file_apology, earliest),
     .least = 1,
     .most = HOURS_MAX,
     .explanation = "working hours before the end from which one may go out"},
    {.name = "latest-hours",
     .type = TYPED_COUNT,
     .required = true,
     .offset = AT(deadlines_file_apology, latest),
     .least = 8,
     .most = HOURS_MAX,
     .explanation = "working hours before the end after which none goes out; a day at least"},
    {.name = "extension-hours",
     .type = TYPED_COUNT,
     .required = true,
     .offset = AT(deadlines_file_apology, extension),
     .least = 1,
     .most = HOURS_MAX,
     .explanation = "working hours that the new date lies behind the old one, at least"},
};
static const struct yaml_object apology_object = {"apology", apology_keys, COUNT(apology_keys),
                                                  sizeof(struct deadlines_file_apology), false};

static const struct yaml_key rules_keys[] = {
    {.name = "id",
     .type = TYPED_ID,
     .required = true,
     .offset = AT(deadlines_file_rules, id),
     .explanation = "stands in every reminder"},
    {.name = "title",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(deadlines_file_rules, title),
     .explanation = "the document"},
    {.name = "valid",
     .type = TYPED_OBJECT,
     .required = true,
     .offset = AT(deadlines_file_rules, valid),
     .object = &valid_object,
     .explanation = "for dossiers received from that day on"},
    {.name = "due-soon-hours",
     .type = TYPED_COUNT,
     .required = true,
     .offset = AT(deadlines_file_rules, due_soon),
     .least = 1,
     .most = HOURS_MAX,
     .explanation = "working hours before the end: SapHetHan"},
    {.name = "escalate-after-hours",
     .type = TYPED_COUNT,
     .required = true,
     .offset = AT(deadlines_file_rules, escalate_after),
     .least = 1,
     .most = HOURS_MAX,
     .explanation = "working hours after the end: the leader is late too, the one above is told"},
    {.name = "apology",
     .type = TYPED_OBJECT,
     .required = true,
     .offset = AT(deadlines_file_rules, apology),
     .object = &apology_object,
     .explanation = "when the citizen is told a new date"},
    {.name = "supplements",
     .type = TYPED_COUNT,
     .required = true,
     .offset = AT(deadlines_file_rules, supplements),
     .least = 1,
     .most = SUPPLEMENTS_MAX,
     .explanation = "requests for a supplement that are allowed; one more is late"},
};
static const struct yaml_object rules_object = {"set of rules", rules_keys, COUNT(rules_keys),
                                                sizeof(struct deadlines_file_rules), false};

static const struct yaml_key term_keys[] = {
    {.name = "procedure",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(deadlines_file_term, procedure),
     .explanation = "code of the procedure"},
    {.name = "days",
     .type = TYPED_COUNT,
     .required = true,
     .offset = AT(deadlines_file_term, days),
     .least = 1,
     .most = DAYS_MAX,
     .explanation = "working days, for dossiers that come without a due date"},
};
static const struct yaml_object term_object = {"term", term_keys, COUNT(term_keys), sizeof(struct deadlines_file_term),
                                               false};

static const struct yaml_key file_keys[] = {
    {.name = "adapter",
     .type = TYPED_ID,
     .required = true,
     .offset = AT(deadlines_file, adapter),
     .explanation = "id of the system"},
    {.name = "title",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(deadlines_file, title),
     .explanation = "Vietnamese title"},
    {.name = "calendar",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(deadlines_file, calendar),
     .explanation = "folder with the calendars, as seen from this file"},
    {.name = "organisation",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(deadlines_file, organisation),
     .explanation = "file that says who leads whom, as seen from this file"},
    {.name = "rules",
     .type = TYPED_OBJECTS,
     .required = true,
     .offset = AT(deadlines_file, rules),
     .object = &rules_object,
     .explanation = "sets of rules, oldest first"},
    {.name = "terms",
     .type = TYPED_OBJECTS,
     .offset = AT(deadlines_file, terms),
     .object = &term_object,
     .explanation = "legal terms of procedures"},
};
const struct yaml_object deadlines_file_object = {"adapter file", file_keys, COUNT(file_keys),
                                                  sizeof(struct deadlines_file), false};

static const struct yaml_key person_keys[] = {
    {.name = "account",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(organisation_file_person, account),
     .explanation = "the account in the system that sends the officer's name"},
    {.name = "leader",
     .type = TYPED_TEXT,
     .offset = AT(organisation_file_person, leader),
     .explanation = "account of the leader; nobody: nobody is above"},
    {.name = "position",
     .type = TYPED_TEXT,
     .offset = AT(organisation_file_person, position),
     .explanation = "position, for readers"},
};
static const struct yaml_object person_object = {"person", person_keys, COUNT(person_keys),
                                                 sizeof(struct organisation_file_person), false};

static const struct yaml_key unit_keys[] = {
    {.name = "code",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(organisation_file_unit, code),
     .explanation = "agency code, old or new form"},
    {.name = "leader",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(organisation_file_unit, leader),
     .explanation = "leader of those who are not listed themselves"},
    {.name = "title", .type = TYPED_TEXT, .offset = AT(organisation_file_unit, title), .explanation = "for readers"},
};
static const struct yaml_object unit_object = {"unit", unit_keys, COUNT(unit_keys),
                                               sizeof(struct organisation_file_unit), false};

static const struct yaml_key organisation_keys[] = {
    {.name = "people",
     .type = TYPED_OBJECTS,
     .required = true,
     .offset = AT(organisation_file, people),
     .object = &person_object,
     .explanation = "officers and leaders"},
    {.name = "units",
     .type = TYPED_OBJECTS,
     .offset = AT(organisation_file, units),
     .object = &unit_object,
     .explanation = "units and their leaders"},
};
const struct yaml_object organisation_file_object = {"organisation file", organisation_keys, COUNT(organisation_keys),
                                                     sizeof(struct organisation_file), false};
