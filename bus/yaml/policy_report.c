/* policy_report.c - collecting and printing the mistakes of a configuration.
 * Not: finding them. Texts are copied into the report's arena, so a report outlives the files it speaks of.
 * In the flow: see policy_report.h. */
#include "policy_report.h"

#include "text.h"
#include "yaml_document.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { REPORT_TEXT_BYTES_MAX = 1024 };

struct policy_report_source {
    struct policy_report_source *next;
    const char *file;
    struct bytes content;
};

void policy_report_free(struct policy_report *report)
{
    if (report == NULL)
        return;
    arena_free(&report->arena);
    *report = (struct policy_report){.translate = report->translate};
}

static const char *report_copy(struct policy_report *report, const char *text)
{
    report->arena.used_bytes_max = POLICY_REPORT_BYTES_MAX;
    const char *copy = arena_string(&report->arena, bytes_string(text));
    if (copy == NULL)
        report->failed = TRUC_E_MEMORY;
    return copy;
}

void policy_report_add_source(struct policy_report *report, const char *file, struct bytes content)
{
    report->arena.used_bytes_max = POLICY_REPORT_BYTES_MAX;
    struct policy_report_source *source = arena_alloc(&report->arena, sizeof *source);
    if (source == NULL)
        return; /* the problems are still named, only without their lines */
    source->file = report_copy(report, file);
    source->content = arena_copy(&report->arena, content);
    if (source->file == NULL || (source->content.data == NULL && content.size > 0))
        return;
    source->next = report->sources;
    report->sources = source;
}

/* The line as text, or NULL when the file is not known, too short, or the line has characters a terminal obeys. */
static const char *report_line(struct policy_report *report, const char *file, uint32_t line)
{
    const struct policy_report_source *source = report->sources;
    while (source != NULL && strcmp(source->file, file) != 0)
        source = source->next;
    if (source == NULL)
        return NULL;
    const uint8_t *at = source->content.data, *end = at + source->content.size;
    for (uint32_t i = 1; i < line && at < end; i++) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline == NULL ? end : newline + 1;
    }
    if (at >= end)
        return NULL;
    const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
    struct bytes text = bytes_of(at, (size_t)((newline == NULL ? end : newline) - at));
    if (text.size > 0 && text.data[text.size - 1] == '\r')
        text.size--;
    char copy[REPORT_TEXT_BYTES_MAX + 1];
    if (text.size > REPORT_TEXT_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < text.size; i++) /* a tab counts as one column, so it is shown as one */
        copy[i] = text.data[i] == '\t' ? ' ' : (char)text.data[i];
    text.data = (const uint8_t *)copy;
    return text_is_utf8(text) && !text_has_control(text) ? arena_string(&report->arena, text) : NULL;
}

struct policy_spot policy_spot_node(const struct yaml_node *node)
{
    return (struct policy_spot){node->file, node->line, node->column, node->width, true};
}

struct policy_spot policy_spot_part(const struct yaml_node *node, uint32_t skip, uint32_t width)
{
    if (node->quoted) /* the opening quote; escapes would shift it further, so the whole text is underlined */
        return policy_spot_node(node);
    return (struct policy_spot){node->file, node->line, node->column + skip, width, true};
}

struct policy_spot policy_spot_line(const struct yaml_node *node)
{
    return (struct policy_spot){node->file, node->line, 0, 0, false};
}

struct policy_spot policy_spot_file(const char *file)
{
    return (struct policy_spot){file, 0, 0, 0, false};
}

/* Formats into the fixed space, in the report's language; what is too long is cut at a character's end. */
static void report_format(const struct policy_report *report, char text[REPORT_TEXT_BYTES_MAX], const char *format,
                          va_list arguments)
{
    int size = vsnprintf(text, REPORT_TEXT_BYTES_MAX, words_by(report->translate, format), arguments);
    if (size < 0)
        text[0] = 0;
    else if (size >= REPORT_TEXT_BYTES_MAX)
        text[text_cut_utf8(text, REPORT_TEXT_BYTES_MAX - 1, REPORT_TEXT_BYTES_MAX - 2)] = 0;
}

static struct policy_problem *report_note(struct policy_report *report, enum policy_severity severity,
                                          struct policy_spot spot, const char *text)
{
    if (severity == POLICY_ERROR)
        report->errors++;
    else
        report->warnings++;
    if (report->problems_count == POLICY_REPORT_PROBLEMS_MAX)
        return NULL;
    report->arena.used_bytes_max = POLICY_REPORT_BYTES_MAX;
    struct policy_problem *problem = arena_alloc(&report->arena, sizeof *problem);
    if (problem == NULL) {
        report->failed = TRUC_E_MEMORY;
        return NULL;
    }
    *problem =
        (struct policy_problem){.severity = severity, .line = spot.line, .column = spot.column, .width = spot.width};
    problem->file = report_copy(report, spot.file);
    problem->text = report_copy(report, text);
    if (problem->file == NULL || problem->text == NULL)
        return NULL;
    if (spot.show)
        problem->source = report_line(report, spot.file, spot.line);
    report->problems[report->problems_count++] = problem;
    return problem;
}

static void report_add_detail(struct policy_report *report, struct policy_problem *problem, const char *text)
{
    if (problem == NULL || problem->details_count == POLICY_REPORT_DETAILS_MAX)
        return;
    const char *copy = report_copy(report, text);
    if (copy != NULL)
        problem->details[problem->details_count++] = copy;
}

struct policy_problem *policy_report_error(struct policy_report *report, struct policy_spot spot, const char *format,
                                           ...)
{
    char text[REPORT_TEXT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    report_format(report, text, format, arguments);
    va_end(arguments);
    return report_note(report, POLICY_ERROR, spot, text);
}

struct policy_problem *policy_report_warning(struct policy_report *report, struct policy_spot spot, const char *format,
                                             ...)
{
    char text[REPORT_TEXT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    report_format(report, text, format, arguments);
    va_end(arguments);
    return report_note(report, POLICY_WARNING, spot, text);
}

void policy_report_detail(struct policy_report *report, struct policy_problem *problem, const char *format, ...)
{
    char text[REPORT_TEXT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    report_format(report, text, format, arguments);
    va_end(arguments);
    report_add_detail(report, problem, text);
}

struct policy_problem *policy_report_error_text(struct policy_report *report, struct policy_spot spot, const char *text)
{
    return report_note(report, POLICY_ERROR, spot, words_by(report->translate, text));
}

struct policy_problem *policy_report_fault(struct policy_report *report, struct policy_spot spot,
                                           const struct truc_fault *fault)
{
    struct policy_problem *problem = report_note(report, POLICY_ERROR, spot, fault->text);
    if (fault->code == TRUC_E_MEMORY)
        report->failed = TRUC_E_MEMORY; /* says nothing about the file */
    if (problem != NULL)
        problem->code = fault->code;
    return problem;
}

struct policy_problem *policy_report_library(struct policy_report *report, struct policy_spot spot, const char *what,
                                             const char *before, const struct truc_fault *fault)
{
    const char *translated = words_by(report->translate, what);
    struct truc_fault told = {.code = fault->code};
    if (translated == what) {
        fault_text(&told, "%s%s", before, fault->text);
        return policy_report_fault(report, spot, &told);
    }
    fault_text(&told, "%s [%s: %s]", translated, truc_error_name(fault->code),
               words_by(report->translate, truc_error_meaning(fault->code)));
    struct policy_problem *problem = policy_report_fault(report, spot, &told);
    const char *in_words = words_by(report->translate, fault->text);
    if (in_words == fault->text)
        policy_report_detail(report, problem, "in the library's words: %s", fault->text);
    else
        report_add_detail(report, problem, in_words);
    return problem;
}

void policy_report_detail_text(struct policy_report *report, struct policy_problem *problem, const char *text)
{
    report_add_detail(report, problem, words_by(report->translate, text));
}

const char *policy_report_text(struct policy_report *report, struct buffer *text)
{
    const char *whole = buffer_string(text);
    if (whole == NULL)
        report->failed = TRUC_E_MEMORY;
    return whole == NULL ? "" : whole;
}

void policy_report_did_you_mean(struct policy_report *report, struct policy_problem *problem, const char *nearest)
{
    if (nearest != NULL)
        policy_report_detail(report, problem, "did you mean '%s'?", nearest);
}

static int problem_order(const void *a, const void *b)
{
    const struct policy_problem *x = *(struct policy_problem *const *)a, *y = *(struct policy_problem *const *)b;
    int order = strcmp(x->file, y->file);
    if (order == 0)
        order = (x->line > y->line) - (x->line < y->line);
    if (order == 0)
        order = (x->column > y->column) - (x->column < y->column);
    return order != 0 ? order : strcmp(x->text, y->text);
}

void policy_report_sort(struct policy_report *report)
{
    if (report->problems_count > 1)
        qsort(report->problems, report->problems_count, sizeof report->problems[0], problem_order);
}

static void print_caret(const struct policy_problem *problem, struct buffer *out)
{
    buffer_printf(out, "%s\n", problem->source);
    if (problem->column == 0)
        return;
    buffer_printf(out, "%*s^", (int)(problem->column - 1), "");
    for (uint32_t i = 1; i < problem->width; i++)
        buffer_append_byte(out, '~');
    buffer_append_byte(out, '\n');
}

void policy_report_print(const struct policy_report *report, const char *prefix, struct buffer *out)
{
    words_translate *translate = report->translate;
    for (uint32_t i = 0; i < report->problems_count; i++) {
        const struct policy_problem *problem = report->problems[i];
        buffer_printf(out, "%s%s:", prefix, problem->file);
        if (problem->line > 0)
            buffer_printf(out, "%u:", problem->line);
        if (problem->column > 0)
            buffer_printf(out, "%u:", problem->column);
        buffer_printf(out, " %s: %s\n",
                      words_by(translate, problem->severity == POLICY_ERROR ? N_("error") : N_("warning")),
                      problem->text);
        if (problem->source != NULL)
            print_caret(problem, out);
        for (uint32_t j = 0; j < problem->details_count; j++)
            buffer_printf(out, "  %s\n", problem->details[j]);
    }
    if (report->errors + report->warnings > report->problems_count)
        buffer_printf(out, words_by(translate, N_("and %u more\n")),
                      report->errors + report->warnings - report->problems_count);
}

void policy_report_summary(const struct policy_report *report, struct buffer *out)
{
    words_translate *translate = report->translate;
    if (report->errors > 0)
        buffer_printf(out, words_by(translate, report->errors == 1 ? N_("%u error") : N_("%u errors")), report->errors);
    if (report->errors > 0 && report->warnings > 0)
        buffer_append_string(out, ", ");
    if (report->warnings > 0)
        buffer_printf(out, words_by(translate, report->warnings == 1 ? N_("%u warning") : N_("%u warnings")),
                      report->warnings);
    if (report->errors + report->warnings == 0)
        buffer_append_string(out, words_by(translate, N_("no mistakes")));
}

static json_t *problem_json(const struct policy_problem *problem, const char *prefix)
{
    json_t *details = json_array();
    for (uint32_t i = 0; i < problem->details_count; i++)
        json_array_append_new(details, json_string(problem->details[i]));
    return json_pack("{s:s+, s:i, s:i, s:i, s:s, s:s, s:o}", "file", prefix, problem->file, "line", (int)problem->line,
                     "column", (int)problem->column, "width", (int)problem->width, "severity",
                     problem->severity == POLICY_ERROR ? "error" : "warning", "text", problem->text, "details",
                     details);
}

int policy_report_json(const struct policy_report *report, const char *prefix, struct buffer *out)
{
    json_t *problems = json_array();
    for (uint32_t i = 0; i < report->problems_count; i++)
        json_array_append_new(problems, problem_json(report->problems[i], prefix)); /* refuses NULL: counted below */
    bool whole = json_array_size(problems) == report->problems_count;
    json_t *root = json_pack("{s:i, s:i, s:o}", "errors", (int)report->errors, "warnings", (int)report->warnings,
                             "problems", problems);
    char *text = root == NULL || !whole ? NULL : json_dumps(root, JSON_INDENT(2));
    if (text != NULL)
        buffer_printf(out, "%s\n", text);
    free(text);
    json_decref(root);
    return text == NULL ? TRUC_E_MEMORY : buffer_failed(out);
}
