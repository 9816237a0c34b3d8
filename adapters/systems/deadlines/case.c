/* case.c - see case.h.
 * A case's facts are all there from the beginning; the clock only looks at those that have happened, so nothing is given away.
 * Called by deadlines_main.c and by tests. */
#include "case.h"

#include "case_file.h"
#include "heard.h"
#include "rate.h"
#include "text_files.h"
#include "vietnamese.h"

#include <stdio.h>
#include <string.h>

enum { CASES_MAX = 500, ARENA_BYTES_MAX = 16 * 1024 * 1024, SIMULATED_MAX = 256, LINE_BYTES = 256 };

/* ---- time that jumps ---- */

void case_simulate(const struct dossier *dossier, bool is_task, const struct reminder_world *world, uint64_t until_ns,
                   void (*said)(void *context, uint64_t now_ns, const struct reminder *reminder), void *context)
{
    char ids[SIMULATED_MAX][REMINDER_ID_BYTES];
    struct dossier living = *dossier;
    struct reminder_plan plan;
    size_t count = 0;
    uint64_t now_ns = dossier->count ? dossier->facts[0].at_ns : until_ns;
    while (now_ns <= until_ns && count + REMINDERS_MAX <= SIMULATED_MAX) {
        uint64_t promised_ns = living.promised_ns;
        reminder_plan(&living, is_task, world, now_ns, &plan);
        for (uint32_t i = 0; i < plan.count; i++) {
            size_t known = 0;
            reminder_id(&plan.reminders[i], dossier->code, ids[count]);
            while (strcmp(ids[known], ids[count]) != 0)
                known++;
            if (known < count)
                continue;
            count++;
            said(context, now_ns, &plan.reminders[i]);
            if (plan.reminders[i].new_due_ns)
                living.promised_ns = plan.reminders[i].new_due_ns;
        }
        if (living.promised_ns == promised_ns) /* else once more, for the new date */
            now_ns = plan.next_ns;
    }
}

/* ---- one file ---- */

struct checking {
    const struct case_file_expect *expect;
    struct buffer *differences;
    uint32_t said;
};

static void describe(uint64_t now_ns, const struct reminder *reminder, char out[LINE_BYTES])
{
    static const char *const kinds[] = {"due-soon", "overdue", "escalated", "apology"};
    static const char *const scopes[] = {"dossier", "step", "promise", "task"};
    char time[VIETNAMESE_BYTES], date[VIETNAMESE_BYTES];
    vietnamese_time(now_ns, time);
    vietnamese_time(reminder->new_due_ns, date);
    const char *to = reminder->kind == REMINDER_ESCALATED ? reminder->leader_above : reminder->leader;
    if (reminder->kind == REMINDER_APOLOGY)
        (void)snprintf(out, LINE_BYTES, "%.16s apology %.16s", time, date);
    else
        (void)snprintf(out, LINE_BYTES, "%.16s %s %s %s > %s", time, kinds[reminder->kind], scopes[reminder->scope],
                       reminder->officer ? reminder->officer : "nobody", to ? to : "nobody");
}

static void compare(void *context, uint64_t now_ns, const struct reminder *reminder)
{
    struct checking *checking = context;
    const struct typed_value *expected = &checking->expect->reminders;
    char line[LINE_BYTES];
    describe(now_ns, reminder, line);
    if (checking->said >= expected->count)
        buffer_printf(checking->differences, "  not expected: %s\n", line);
    else if (!bytes_equal_string(expected->items[checking->said]->text, line))
        buffer_printf(checking->differences, "  expected: %.*s\n       got: %s\n",
                      BYTES_PRINTF(expected->items[checking->said]->text), line);
    checking->said++;
}

static void compare_verdict(const struct typed_value *expected, const char *rule, enum rate_verdict verdict,
                            struct buffer *differences)
{
    if (expected->node && expected->number != (uint64_t)verdict)
        buffer_printf(differences, "  %s: expected %s, got %s\n", rule, case_file_verdicts[expected->number],
                      case_file_verdicts[verdict]);
}

static void compare_end(const struct deadlines_book *book, const struct dossier *dossier, uint64_t until_ns,
                        const struct case_file_expect *expect, struct buffer *differences)
{
    struct dossier_clock clock;
    char expected[VIETNAMESE_BYTES], got[VIETNAMESE_BYTES];
    dossier_clock_run(dossier, book->calendar, &book->rules, until_ns, NULL, &clock);
    vietnamese_time(expect->due.number, expected);
    vietnamese_time(clock.due_ns, got);
    if (expect->due.node && expect->due.number != clock.due_ns)
        buffer_printf(differences, "  due: expected %s, got %s\n", expected, got);
    compare_verdict(&expect->national, "national",
                    rate_national(&clock, rules_at(&book->rules, clock.received_ns)).verdict, differences);
    compare_verdict(&expect->province, "province", rate_province(&clock).verdict, differences);
}

static void take_fact(const struct case_file_fact *raw, struct fact *fact, struct policy_report *report)
{
    *fact = (struct fact){.kind = raw->what.text ? heard_kind(raw->what.text) : 0,
                          .status = (uint32_t)raw->status.number,
                          .at_ns = raw->at.number,
                          .due_ns = raw->due.number,
                          .step_name = raw->step.text,
                          .step_due_ns = raw->step_due.number,
                          .officer = raw->officer.text,
                          .supplement_id = raw->supplement.text,
                          .is_historical = raw->historical.number != 0,
                          .type = raw->what.text};
    if (raw->what.node && fact->kind == 0)
        policy_report_error(report, policy_spot_node(raw->what.node), "%s is not listened to", raw->what.text);
}

static int check_case(const struct deadlines_book *book, const struct case_file *file, struct arena *arena,
                      struct policy_report *report, struct buffer *differences)
{
    const struct case_file_dossier *raw = file->dossier.objects;
    const struct case_file_fact *raw_facts = file->facts.objects;
    struct fact *facts = arena_alloc_array(arena, file->facts.count + 1, sizeof *facts);
    if (facts == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < file->facts.count; i++)
        take_fact(&raw_facts[i], &facts[i], report);
    if (report->errors > 0 || file->facts.count == 0)
        return TRUC_E_CONFIG;
    facts_sort(facts, file->facts.count);
    bool is_task = facts[0].kind >= FACT_TASK_GIVEN;
    struct dossier dossier = {.code = raw->code.text,
                              .procedure_code = raw->procedure.text,
                              .unit_code = raw->unit.text,
                              .facts = facts,
                              .count = file->facts.count};
    struct reminder_world world = {book->calendar, &book->rules, &book->organisation};
    struct checking checking = {.expect = file->expect.objects, .differences = differences};
    case_simulate(&dossier, is_task, &world, file->until.number, compare, &checking);
    for (uint32_t i = checking.said; i < checking.expect->reminders.count; i++)
        buffer_printf(differences, "  never came: %.*s\n", BYTES_PRINTF(checking.expect->reminders.items[i]->text));
    compare_end(book, &dossier, file->until.number, checking.expect, differences);
    return 0;
}

/* Whether it holds: 0 or 1 failed, or an error that ends all. */
static int run_file(const struct deadlines_book *book, const struct text_file *text, struct buffer *out)
{
    ARENA_CLEANUP struct arena arena = {.used_bytes_max = ARENA_BYTES_MAX};
    BUFFER_CLEANUP struct buffer differences = {0};
    struct policy_report report = {0};
    struct yaml_node *root = NULL;
    struct case_file file = {0};
    policy_report_add_source(&report, text->path, text->content);
    int code = yaml_document_read(&arena, text->path, text->content, &report, &root);
    if (code == 0)
        code = yaml_typed_read(&arena, &case_file_object, root, &report, &file);
    if (code == 0)
        code = report.errors > 0 ? TRUC_E_CONFIG : check_case(book, &file, &arena, &report, &differences);
    if (code == TRUC_E_CONFIG)
        policy_report_print(&report, "", &differences);
    policy_report_free(&report);
    if (code < 0 && code != TRUC_E_CONFIG)
        return code;
    bool is_wrong = code < 0 || differences.size > 0;
    buffer_printf(out, "%s %s  %s\n", is_wrong ? "FAILED" : "ok    ", text->path,
                  file.title.text ? file.title.text : "");
    buffer_append_bytes(out, buffer_view(&differences));
    return is_wrong;
}

int cases_run(const struct deadlines_book *book, const char *directory, struct buffer *out, struct truc_fault *fault)
{
    ARENA_CLEANUP struct arena arena = {.used_bytes_max = ARENA_BYTES_MAX};
    struct text_file files[CASES_MAX];
    uint32_t count = 0;
    int failed = 0;
    int code = text_files_read_folder(&arena, directory, files, CASES_MAX, &count, fault);
    for (uint32_t i = 0; code >= 0 && i < count; i++) {
        code = run_file(book, &files[i], out);
        failed += code > 0;
    }
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "no memory for the cases");
    return code < 0 ? code : failed;
}
