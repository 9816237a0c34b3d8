/* deadlines_load.c - see deadlines_load.h. Rules must follow each other in time, leaders must be listed and must not go in a circle.
 * Mistakes are collected, not counted: all of them are shown at once.
 * Called by the program's commands. */
#include "deadlines_load.h"

#include "calendar_load.h"
#include "deadlines_file.h"
#include "text.h"
#include "text_files.h"

#include <stdlib.h>
#include <string.h>

static const char *copy(struct deadlines_book *book, struct policy_report *report, const char *text)
{
    const char *copied = arena_string(&book->arena, bytes_string(text ? text : ""));
    if (copied == NULL)
        report->failed = TRUC_E_MEMORY;
    return copied;
}

static uint64_t hours_of(const struct typed_value *value)
{
    return value->number * CALENDAR_HOUR_NS;
}

/* ---- rules ---- */

static void take_rules(struct deadlines_book *book, struct policy_report *report,
                       const struct deadlines_file_rules *raw, struct rules *rules)
{
    const struct deadlines_file_apology *apology = raw->apology.objects;
    const struct deadlines_file_valid *valid = raw->valid.objects;
    if (!apology || !valid)
        return; /* the report has it */
    *rules = (struct rules){.id = copy(book, report, raw->id.text),
                            .title = copy(book, report, raw->title.text),
                            .valid_from_ns = valid->from.number,
                            .due_soon_ns = hours_of(&raw->due_soon),
                            .escalate_ns = hours_of(&raw->escalate_after),
                            .apology_from_ns = hours_of(&apology->earliest),
                            .apology_until_ns = hours_of(&apology->latest),
                            .extension_ns = hours_of(&apology->extension),
                            .supplements_allowed = (uint32_t)raw->supplements.number};
    if (rules->apology_from_ns <= rules->apology_until_ns && apology->earliest.node && apology->latest.node)
        policy_report_error(report, policy_spot_node(apology->earliest.node),
                            "the apology may not go out: 'earliest-hours' must be more than 'latest-hours'");
    if (rules > book->rules.rules && rules->valid_from_ns <= rules[-1].valid_from_ns && valid->from.node)
        policy_report_error(report, policy_spot_node(valid->from.node),
                            "these rules begin no later than those before them: write the oldest first");
}

static int order_of_terms(const void *left, const void *right)
{
    return strcmp(((const struct term *)left)->procedure, ((const struct term *)right)->procedure);
}

static void take_terms(struct deadlines_book *book, struct policy_report *report, const struct typed_value *value)
{
    const struct deadlines_file_term *raw = value->objects;
    struct term *terms = book->rules.terms;
    for (uint32_t i = 0; i < value->count; i++)
        terms[i] = (struct term){copy(book, report, raw[i].procedure.text), (uint32_t)raw[i].days.number};
    if (report->failed || value->count == 0)
        return;
    qsort(terms, value->count, sizeof *terms, order_of_terms);
    for (uint32_t i = 1; i < value->count; i++)
        if (strcmp(terms[i].procedure, terms[i - 1].procedure) == 0)
            policy_report_error(report, policy_spot_node(value->node), "the procedure %s has two terms",
                                terms[i].procedure);
}

int deadlines_load_rules(struct deadlines_book *book, const char *file, struct bytes content,
                         struct policy_report *report, const char **ret_calendar, const char **ret_organisation)
{
    struct yaml_node *root = NULL;
    struct deadlines_file raw = {0};
    policy_report_add_source(report, file, content);
    int code = yaml_document_read(&book->arena, file, content, report, &root);
    if (code == 0)
        code = yaml_typed_read(&book->arena, &deadlines_file_object, root, report, &raw);
    if (code < 0 || report->errors > 0)
        return code < 0 ? code : TRUC_E_CONFIG;
    book->title = copy(book, report, raw.title.text);
    book->system = copy(book, report, raw.adapter.text);
    book->rules.rules = arena_alloc_array(&book->arena, raw.rules.count, sizeof *book->rules.rules);
    book->rules.terms = arena_alloc_array(&book->arena, raw.terms.count + 1, sizeof *book->rules.terms);
    if (!book->rules.rules || !book->rules.terms)
        return TRUC_E_MEMORY;
    book->rules.rules_count = raw.rules.count;
    book->rules.terms_count = raw.terms.count;
    const struct deadlines_file_rules *sets = raw.rules.objects;
    for (uint32_t i = 0; i < raw.rules.count; i++)
        take_rules(book, report, &sets[i], &book->rules.rules[i]);
    take_terms(book, report, &raw.terms);
    *ret_calendar = text_file_beside(&book->arena, file, raw.calendar.text);
    *ret_organisation = text_file_beside(&book->arena, file, raw.organisation.text);
    if (report->failed || !*ret_calendar || !*ret_organisation)
        return TRUC_E_MEMORY;
    return report->errors > 0 ? TRUC_E_CONFIG : 0;
}

/* ---- organisation ---- */

static void check_leader(const struct deadlines_book *book, struct policy_report *report,
                         const struct typed_value *leader)
{
    enum { CANDIDATES_MAX = 1000 };
    const char *candidates[CANDIDATES_MAX];
    uint32_t count = 0;
    if (!leader->node || organisation_find(&book->organisation, leader->text))
        return;
    for (; count < book->organisation.people_count && count < CANDIDATES_MAX; count++)
        candidates[count] = book->organisation.people[count].account;
    struct policy_problem *problem = policy_report_error(report, policy_spot_node(leader->node),
                                                         "the leader '%s' is not among the people", leader->text);
    policy_report_did_you_mean(report, problem, text_nearest(leader->node->text, candidates, count));
}

static void check_circle(const struct deadlines_book *book, struct policy_report *report,
                         const struct organisation_file_person *raw)
{
    const struct organisation_person *person = organisation_find(&book->organisation, raw->account.text);
    for (uint32_t level = 0; person && person->leader; level++) {
        if (level == ORGANISATION_LEVELS_MAX) {
            policy_report_error(report, policy_spot_node(raw->leader.node),
                                "above '%s' the leaders go in a circle, or there are more than %d of them",
                                raw->account.text, ORGANISATION_LEVELS_MAX);
            return;
        }
        person = organisation_find(&book->organisation, person->leader);
    }
}

static int check_organisation(const struct deadlines_book *book, struct policy_report *report,
                              const struct organisation_file *raw)
{
    const struct organisation_file_person *people = raw->people.objects;
    const struct organisation_file_unit *units = raw->units.objects;
    const struct organisation *organisation = &book->organisation;
    for (uint32_t i = 1; i < organisation->people_count; i++)
        if (strcmp(organisation->people[i].account, organisation->people[i - 1].account) == 0)
            policy_report_error(report, policy_spot_node(raw->people.node), "the account '%s' is listed twice",
                                organisation->people[i].account);
    for (uint32_t i = 0; i < raw->people.count; i++)
        check_leader(book, report, &people[i].leader);
    for (uint32_t i = 0; i < raw->units.count; i++)
        check_leader(book, report, &units[i].leader);
    for (uint32_t i = 0; report->errors == 0 && i < raw->people.count; i++)
        check_circle(book, report, &people[i]);
    return report->errors > 0 ? TRUC_E_CONFIG : 0;
}

int deadlines_load_organisation(struct deadlines_book *book, const char *file, struct bytes content,
                                struct policy_report *report)
{
    struct yaml_node *root = NULL;
    struct organisation_file raw = {0};
    struct organisation *organisation = &book->organisation;
    policy_report_add_source(report, file, content);
    int code = yaml_document_read(&book->arena, file, content, report, &root);
    if (code == 0)
        code = yaml_typed_read(&book->arena, &organisation_file_object, root, report, &raw);
    if (code < 0 || report->errors > 0)
        return code < 0 ? code : TRUC_E_CONFIG;
    organisation->people = arena_alloc_array(&book->arena, raw.people.count + 1, sizeof *organisation->people);
    organisation->units = arena_alloc_array(&book->arena, raw.units.count + 1, sizeof *organisation->units);
    if (!organisation->people || !organisation->units)
        return TRUC_E_MEMORY;
    const struct organisation_file_person *people = raw.people.objects;
    const struct organisation_file_unit *units = raw.units.objects;
    for (uint32_t i = 0; i < raw.people.count; i++)
        organisation->people[organisation->people_count++] =
            (struct organisation_person){copy(book, report, people[i].account.text),
                                         people[i].leader.node ? copy(book, report, people[i].leader.text) : NULL};
    for (uint32_t i = 0; i < raw.units.count; i++)
        organisation->units[organisation->units_count++] = (struct organisation_unit){
            copy(book, report, units[i].code.text), copy(book, report, units[i].leader.text)};
    if (report->failed)
        return report->failed;
    organisation_sort(organisation);
    return check_organisation(book, report, &raw);
}

/* ---- files ---- */

static int read_file(struct deadlines_book *book, const char *path, struct policy_report *report,
                     struct text_file *ret_file)
{
    struct truc_fault fault = {0};
    int code = text_file_read(&book->arena, path, ret_file, &fault);
    if (code < 0)
        policy_report_fault(report, policy_spot_file(path), &fault);
    return code < 0 && code != TRUC_E_MEMORY ? TRUC_E_CONFIG : code;
}

static int load(struct deadlines_book *book, const char *path, struct policy_report *report)
{
    struct text_file file, organisation;
    const char *calendar_path = NULL, *organisation_path = NULL;
    int code = read_file(book, path, report, &file);
    if (code == 0)
        code = deadlines_load_rules(book, path, file.content, report, &calendar_path, &organisation_path);
    if (code == 0)
        code = read_file(book, organisation_path, report, &organisation);
    if (code == 0)
        code = deadlines_load_organisation(book, organisation_path, organisation.content, report);
    return code < 0 ? code : calendar_load_folder(calendar_path, report, &book->calendar);
}

int deadlines_load(const char *path, struct policy_report *report, struct deadlines_book **ret_book)
{
    struct deadlines_book *book = calloc(1, sizeof *book);
    if (book == NULL)
        return TRUC_E_MEMORY;
    book->arena.used_bytes_max = DEADLINES_ARENA_BYTES_MAX;
    int code = load(book, path, report);
    if (code < 0) {
        deadlines_book_free(book);
        return code;
    }
    *ret_book = book;
    return 0;
}

void deadlines_book_free(struct deadlines_book *book)
{
    if (book == NULL)
        return;
    calendar_free(book->calendar);
    arena_free(&book->arena);
    free(book);
}
