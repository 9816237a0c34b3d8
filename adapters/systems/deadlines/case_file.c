/* case_file.c - see case_file.h: one table per kind of object, with the line that explains each key.
 * No code.
 * In the flow: read by case.c. */
#include "case_file.h"

#define COUNT(array)        ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define AT(struct_, member) offsetof(struct struct_, member)

enum { TASK_STATUS_MAX = 16 };

const char *const case_file_verdicts[] = {"left-out", "on-time", "late", NULL};

static const struct yaml_key dossier_keys[] = {
    {.name = "code",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(case_file_dossier, code),
     .explanation = "dossier code, or document/unit"},
    {.name = "procedure",
     .type = TYPED_TEXT,
     .offset = AT(case_file_dossier, procedure),
     .explanation = "code of the procedure"},
    {.name = "unit", .type = TYPED_TEXT, .offset = AT(case_file_dossier, unit), .explanation = "agency code"},
};
static const struct yaml_object dossier_object = {"dossier", dossier_keys, COUNT(dossier_keys),
                                                  sizeof(struct case_file_dossier), false};

static const struct yaml_key fact_keys[] = {
    {.name = "at",
     .type = TYPED_INSTANT,
     .required = true,
     .offset = AT(case_file_fact, at),
     .explanation = "when it happened"},
    {.name = "type",
     .type = TYPED_TYPE,
     .required = true,
     .offset = AT(case_file_fact, what),
     .explanation = "message type"},
    {.name = "status",
     .type = TYPED_COUNT,
     .offset = AT(case_file_fact, status),
     .least = 0,
     .most = TASK_STATUS_MAX,
     .explanation = "TrangThaiHoSo, or a document's status code"},
    {.name = "due", .type = TYPED_INSTANT, .offset = AT(case_file_fact, due), .explanation = "date of the whole"},
    {.name = "step", .type = TYPED_TEXT, .offset = AT(case_file_fact, step), .explanation = "name of the step"},
    {.name = "step-due",
     .type = TYPED_INSTANT,
     .offset = AT(case_file_fact, step_due),
     .explanation = "date of the step"},
    {.name = "officer", .type = TYPED_TEXT, .offset = AT(case_file_fact, officer), .explanation = "account"},
    {.name = "supplement",
     .type = TYPED_TEXT,
     .offset = AT(case_file_fact, supplement),
     .explanation = "id of the request for a supplement"},
    {.name = "historical", .type = TYPED_BOOL, .offset = AT(case_file_fact, historical), .explanation = "backfill"},
};
static const struct yaml_object fact_object = {"fact", fact_keys, COUNT(fact_keys), sizeof(struct case_file_fact),
                                               false};

static const struct yaml_key expect_keys[] = {
    {.name = "due",
     .type = TYPED_INSTANT,
     .offset = AT(case_file_expect, due),
     .explanation = "the date at the end of the case"},
    {.name = "national",
     .type = TYPED_WORD,
     .offset = AT(case_file_expect, national),
     .words = case_file_verdicts,
     .explanation = "by Decision 766"},
    {.name = "province",
     .type = TYPED_WORD,
     .offset = AT(case_file_expect, province),
     .words = case_file_verdicts,
     .explanation = "by the province's rule"},
    {.name = "reminders",
     .type = TYPED_TEXTS,
     .offset = AT(case_file_expect, reminders),
     .explanation = "all of them, in order; none: nobody is reminded"},
};
static const struct yaml_object expect_object = {"expectation", expect_keys, COUNT(expect_keys),
                                                 sizeof(struct case_file_expect), false};

static const struct yaml_key file_keys[] = {
    {.name = "title",
     .type = TYPED_TEXT,
     .required = true,
     .offset = AT(case_file, title),
     .explanation = "what it shows"},
    {.name = "dossier",
     .type = TYPED_OBJECT,
     .required = true,
     .offset = AT(case_file, dossier),
     .object = &dossier_object,
     .explanation = "what it is about"},
    {.name = "facts",
     .type = TYPED_OBJECTS,
     .required = true,
     .offset = AT(case_file, facts),
     .object = &fact_object,
     .explanation = "what happened, in any order"},
    {.name = "until",
     .type = TYPED_INSTANT,
     .required = true,
     .offset = AT(case_file, until),
     .explanation = "end of the case; verdicts are as of then"},
    {.name = "expect",
     .type = TYPED_OBJECT,
     .required = true,
     .offset = AT(case_file, expect),
     .object = &expect_object,
     .explanation = "what must come of it"},
};
const struct yaml_object case_file_object = {"case", file_keys, COUNT(file_keys), sizeof(struct case_file), false};
