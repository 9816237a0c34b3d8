/* cmd_doctor.c - `truc doctor`: what is good, what will not stay so, what is bad, and what to do about each.
 * Not: the looking (doctor.h). Works with a running broker and without one.
 * Exit code 1 when something is bad. */
#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "doctor.h"

#include <stdlib.h>

enum { STATE_COLUMN = 4 };

const struct cli_option cmd_doctor_options[] = {DOCTOR_OPTIONS, {.name = NULL}};

static void append_finding(const struct doctor_finding *finding, struct buffer *out)
{
    cli_append_padded(out, bytes_string(cli_words(doctor_state_name(finding->state))), STATE_COLUMN);
    buffer_printf(out, "  %s\n", finding->fact);
    if (*finding->advice)
        buffer_printf(out, "      → %s\n", finding->advice);
}

/* What is bad comes first. */
static int print_text(const struct cli *cli, const struct doctor *doctor)
{
    BUFFER_CLEANUP struct buffer out = {0};
    for (int state = DOCTOR_BAD; state >= DOCTOR_GOOD; state--)
        for (size_t i = 0; i < doctor->count; i++)
            if ((int)doctor->findings[i].state == state)
                append_finding(&doctor->findings[i], &out);
    if (doctor->left_out)
        buffer_printf(&out, _("… and %zu findings more\n"), doctor->left_out);
    buffer_printf(&out, _("\n%zu bad, %zu to watch, %zu good\n"), doctor->states[DOCTOR_BAD],
                  doctor->states[DOCTOR_WARN], doctor->states[DOCTOR_GOOD]);
    const char *text = buffer_string(&out);
    if (text == NULL)
        return TRUC_E_MEMORY;
    fputs(text, cli->out);
    return 0;
}

static int print_json(const struct cli *cli, const struct doctor *doctor)
{
    json_t *document = json_object(), *findings = json_array();
    for (size_t i = 0; i < doctor->count; i++) {
        json_t *finding = json_object();
        cli_json_set(finding, "state", json_string(doctor_state_name(doctor->findings[i].state)));
        cli_json_set(finding, "check", json_string(doctor->findings[i].check));
        cli_json_set(finding, "fact", cli_json_text(bytes_string(doctor->findings[i].fact)));
        cli_json_set(finding, "do", cli_json_text(bytes_string(doctor->findings[i].advice)));
        json_array_append_new(findings, finding);
    }
    cli_json_set(document, "time", cli_json_time(cli->now_ns));
    cli_json_set(document, "bad", cli_json_count(doctor->states[DOCTOR_BAD]));
    cli_json_set(document, "warn", cli_json_count(doctor->states[DOCTOR_WARN]));
    cli_json_set(document, "good", cli_json_count(doctor->states[DOCTOR_GOOD]));
    cli_json_set(document, "left_out", cli_json_count(doctor->left_out));
    cli_json_set(document, "findings", findings);
    return cli_json_print(document, cli->out);
}

int cmd_doctor(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct doctor *doctor = calloc(1, sizeof *doctor);
    if (doctor == NULL)
        return cli_fail_code(cli, TRUC_E_MEMORY);
    int code = doctor_open(cli, arguments, doctor, &fault);
    if (code == 0) {
        doctor_examine(doctor);
        code = cli->json ? print_json(cli, doctor) : print_text(cli, doctor);
        if (code < 0)
            fault_set(&fault, code, "%s", truc_error_meaning(code));
    }
    int exit_code = code < 0 ? cli_fail(cli, &fault) : doctor->states[DOCTOR_BAD] ? CLI_NOT_SO : CLI_OK;
    doctor_close(doctor);
    free(doctor);
    return exit_code;
}
