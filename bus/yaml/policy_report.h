/* policy_report.h - what is wrong with a configuration: every mistake with its place, for people and for programs.
 * Not: deciding what is wrong. Collects up to a named number of problems and counts the rest.
 * In the flow: filled by the loader, printed by `truc check`, sent back by a refused reload. */
#ifndef TRUC_POLICY_REPORT_H
#define TRUC_POLICY_REPORT_H

#include "arena.h"
#include "buffer.h"
#include "bytes.h"
#include "fault.h"
#include "words.h"

struct yaml_node;

enum {
    POLICY_REPORT_PROBLEMS_MAX = 100, /* kept; more are counted */
    POLICY_REPORT_DETAILS_MAX = 6,    /* lines below one problem */
    POLICY_REPORT_BYTES_MAX = 4 * 1024 * 1024,
};

enum policy_severity { POLICY_ERROR, POLICY_WARNING };

struct policy_problem {
    enum policy_severity severity;
    const char *file;
    uint32_t line, column; /* from 1; column 0: the whole line; line 0: the whole file */
    uint32_t width;        /* characters underlined */
    const char *text;
    const char *source; /* the line as it stands in the file, or NULL: not shown */
    const char *details[POLICY_REPORT_DETAILS_MAX];
    uint32_t details_count;
    int code; /* of the failure it tells of (policy_report_fault); 0: a mistake in what is written */
};

/* Start with {0}, or with a translation: the texts noted are then in its language. Not thread-safe. */
struct policy_report {
    words_translate *translate; /* of every text noted, and of what is printed; NULL: English */
    struct arena arena;
    struct policy_problem *problems[POLICY_REPORT_PROBLEMS_MAX];
    uint32_t problems_count;
    uint32_t errors, warnings; /* all, kept or only counted */
    int failed;                /* TRUC_E_MEMORY: something could not be noted; then the report is not complete */
    struct policy_report_source *sources;
};

void policy_report_free(struct policy_report *report); /* leaves an empty report of the same language; NULL is fine */

/* Makes the lines of a file known, so that problems can show them. Copies. */
void policy_report_add_source(struct policy_report *report, const char *file, struct bytes content);

/* Where a problem is. */
struct policy_spot {
    const char *file;
    uint32_t line, column, width;
    bool show; /* print the source line with a caret */
};

/* A node, underlined; part of a node's text, `skip` characters in; a node's line only; a whole file. */
struct policy_spot policy_spot_node(const struct yaml_node *node);
struct policy_spot policy_spot_part(const struct yaml_node *node, uint32_t skip, uint32_t width);
struct policy_spot policy_spot_line(const struct yaml_node *node);
struct policy_spot policy_spot_file(const char *file);

/* Notes a problem and returns it, for details to be added; NULL when it was only counted (details accept NULL).
 * Formats are whole sentences: the catalogue takes them from these calls (bus/po/extract.sh). What stands in N_() or comes
 * from another table is translated with words_by and the report's translation before it becomes an argument. */
struct policy_problem *policy_report_error(struct policy_report *report, struct policy_spot spot, const char *format,
                                           ...) FAULT_PRINTF(3, 4);
struct policy_problem *policy_report_warning(struct policy_report *report, struct policy_spot spot, const char *format,
                                             ...) FAULT_PRINTF(3, 4);
void policy_report_detail(struct policy_report *report, struct policy_problem *problem, const char *format, ...)
    FAULT_PRINTF(3, 4);
/* The same with a text without values, from a table (in N_()) or from a library; what the catalogue lacks stays as it is. */
struct policy_problem *policy_report_error_text(struct policy_report *report, struct policy_spot spot,
                                                const char *text);
void policy_report_detail_text(struct policy_report *report, struct policy_problem *problem, const char *text);
/* A failure as a problem; its text is in the report's language already. */
struct policy_problem *policy_report_fault(struct policy_report *report, struct policy_spot spot,
                                           const struct truc_fault *fault);
/* A failure that a library below tells of, which knows no language. In English @before and its own text; in another language @what, the
 * code with its meaning, and that text as a detail: translated when it is one without values, else as it is. */
struct policy_problem *policy_report_library(struct policy_report *report, struct policy_spot spot, const char *what,
                                             const char *before, const struct truc_fault *fault);
/* "did you mean 'x'?" when @nearest is not NULL. */
/* A text that was put together for a problem. Without memory for it "", and the report has failed. */
const char *policy_report_text(struct policy_report *report, struct buffer *text);
void policy_report_did_you_mean(struct policy_report *report, struct policy_problem *problem, const char *nearest);

/* Puts the problems into the order of files and lines; errors and warnings stay where they belong. */
void policy_report_sort(struct policy_report *report);

/* Appends text, one problem after the other: `prefix` + file:line:column: severity: text, the source line with its
 * caret, details indented by two. `prefix` is the configuration's directory as the user named it, with its slash. */
void policy_report_print(const struct policy_report *report, const char *prefix, struct buffer *out);
/* Appends "2 errors, 1 warning" (no newline); "no mistakes" when there is nothing. */
void policy_report_summary(const struct policy_report *report, struct buffer *out);
/* Appends a JSON object: errors, warnings, problems: [{file, line, column, width, severity, text, details}]. */
int policy_report_json(const struct policy_report *report, const char *prefix, struct buffer *out);

#endif
