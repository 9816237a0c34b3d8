/* replay_report.c - see replay_report.h. With --output json each message is a line and the last line holds the counts.
 * CONFLICT means that an earlier replay brought this message: its id is made of the original's, and nobody else makes such ids.
 * An error of a provider (REJECTED, DEADLINE …) is an answer to a question that was taken. */
#include "replay_report.h"

#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"

enum { REFUSALS_FIRST = 40, REFUSALS_LAST = 69 };

static void count_reason(struct replay_report *report, const char *name, uint64_t count)
{
    size_t i = 0;
    while (i < report->reasons_count && strcmp(report->reasons[i].name, name) != 0)
        i++;
    if (i == REPLAY_REASONS_MAX)
        return; /* there are fewer names of errors */
    report->reasons_count += i == report->reasons_count;
    report->reasons[i].name = name;
    report->reasons[i].count += count;
}

static bool is_refusal(int code)
{
    return (code <= -REFUSALS_FIRST && code >= -REFUSALS_LAST) || code == TRUC_E_NOT_SENDER ||
           code == TRUC_E_SUSPENDED || code == TRUC_E_TOO_LARGE || code == TRUC_E_LIMIT || code == TRUC_E_ARGUMENT;
}

/* ---- one message ---- */

static void print_json(const struct replay_report *report, uint64_t position, const char *outcome, uint64_t sequence,
                       const char *reason, const char *text)
{
    json_t *object = json_object();
    cli_json_set(object, "position", cli_json_count(position));
    cli_json_set(object, "outcome", json_string(outcome));
    cli_json_set(object, "sandbox_position", sequence ? cli_json_count(sequence) : json_null());
    cli_json_set(object, "reason", cli_json_text(bytes_string(reason)));
    cli_json_set(object, "text", cli_json_text(bytes_string(text)));
    (void)cli_json_print_line(object, report->cli->out); /* a closed pipe ends the program by its signal */
}

static void print_left_out(const struct replay_report *report, uint64_t position, const char *word, const char *reason,
                           const char *text)
{
    BUFFER_CLEANUP struct buffer line = {0};
    char number[CLI_NUMBER_BYTES];
    buffer_printf(&line, "%9s  %s %s: ", cli_format_count(position, number), word, reason);
    cli_append_safe(&line, bytes_string(text));
    buffer_append_byte(&line, '\n');
    (void)cli_text_print(&line, report->cli->out);
}

void replay_report_left_out(struct replay_report *report, uint64_t position, const char *reason, const char *text,
                            uint64_t count)
{
    report->left_out += count;
    count_reason(report, reason, count);
    if (report->cli->json)
        print_json(report, position, "NOT_REPLAYED", 0, reason, text);
    else
        print_left_out(report, position, _("not replayed"), reason, text);
}

static void refused(struct replay_report *report, const struct replay_fate *fate)
{
    const char *reason = truc_error_name(fate->code);
    report->left_out++;
    count_reason(report, reason, 1);
    if (report->cli->json)
        print_json(report, fate->position, "REFUSED", 0, reason, fate->text);
    else
        print_left_out(report, fate->position, _("refused by the sandbox"), reason, fate->text);
}

void replay_report_fate(void *context, const struct replay_fate *fate)
{
    struct replay_report *report = context;
    const char *reason = fate->code == 0 ? "" : *fate->reason ? fate->reason : truc_error_name(fate->code);
    if (fate->code == TRUC_E_CONFLICT) {
        report->repeated++;
        if (report->cli->json)
            print_json(report, fate->position, "REPEATED", 0, "", _("an earlier replay brought it"));
    } else if (fate->code && (!fate->is_question || is_refusal(fate->code))) {
        refused(report, fate);
    } else {
        report->taken++;
        report->answered += fate->is_question && fate->code == 0;
        report->unanswered += fate->is_question && fate->code != 0;
        if (report->cli->json)
            print_json(report, fate->position,
                       fate->is_question ? (fate->code ? "UNANSWERED" : "ANSWERED") : "ACCEPTED", fate->sequence,
                       reason, fate->text ? fate->text : "");
    }
}

/* ---- the end ---- */

static json_t *reasons_json(const struct replay_report *report)
{
    json_t *object = json_object();
    for (size_t i = 0; i < report->reasons_count; i++)
        cli_json_set(object, report->reasons[i].name, cli_json_count(report->reasons[i].count));
    return object;
}

static int end_json(const struct replay_report *report, uint64_t stopped_before, uint64_t last)
{
    json_t *object = json_object();
    cli_json_set(object, "replayed", cli_json_count(report->taken));
    cli_json_set(object, "repeated", cli_json_count(report->repeated));
    cli_json_set(object, "questions_answered", cli_json_count(report->answered));
    cli_json_set(object, "questions_unanswered", cli_json_count(report->unanswered));
    cli_json_set(object, "replies", cli_json_count(report->replies));
    cli_json_set(object, "not_replayed", cli_json_count(report->left_out));
    cli_json_set(object, "reasons", reasons_json(report));
    cli_json_set(object, "stopped_before", stopped_before == UINT64_MAX ? json_null() : cli_json_count(stopped_before));
    cli_json_set(object, "last", cli_json_count(last));
    return cli_json_print_line(object, report->cli->out);
}

static int end_text(const struct replay_report *report, uint64_t stopped_before, uint64_t last)
{
    BUFFER_CLEANUP struct buffer text = {0};
    char numbers[4][CLI_NUMBER_BYTES];
    buffer_printf(&text, _("%s replayed, %s had been before, %s not replayed"),
                  cli_format_count(report->taken, numbers[0]), cli_format_count(report->repeated, numbers[1]),
                  cli_format_count(report->left_out, numbers[2]));
    if (report->replies)
        buffer_printf(&text, _("; %s replies are left to the sandbox's receivers"),
                      cli_format_count(report->replies, numbers[3]));
    buffer_append_byte(&text, '\n');
    if (report->answered + report->unanswered)
        buffer_printf(&text, _("questions: %s answered, %s not\n"), cli_format_count(report->answered, numbers[0]),
                      cli_format_count(report->unanswered, numbers[1]));
    for (size_t i = 0; i < report->reasons_count; i++)
        buffer_printf(&text, "%9s  %s\n", cli_format_count(report->reasons[i].count, numbers[0]),
                      report->reasons[i].name);
    if (stopped_before != UINT64_MAX)
        buffer_printf(
            &text, _("stopped before position %llu; to go on: truc journal replay %llu..%llu and the same options\n"),
            (unsigned long long)stopped_before, (unsigned long long)stopped_before, (unsigned long long)last);
    return cli_text_print(&text, report->cli->out);
}

int replay_report_end(struct replay_report *report, uint64_t stopped_before, uint64_t last)
{
    return report->cli->json ? end_json(report, stopped_before, last) : end_text(report, stopped_before, last);
}

enum cli_exit replay_report_exit(const struct replay_report *report, bool is_whole)
{
    return is_whole && report->left_out == 0 && report->taken + report->repeated > 0 ? CLI_OK : CLI_NOT_SO;
}
