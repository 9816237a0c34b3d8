/* command_table.h - every command of `truc`, once: name, explanation, usage, options, handler.
 * Not: the handlers (cmd_*.c). `truc`, `truc help` and the manual page's synopsis come from this table.
 * In the flow: cli_main finds a command here and runs it. */
#ifndef TRUC_COMMAND_TABLE_H
#define TRUC_COMMAND_TABLE_H

#include "bytes.h"
#include "cli.h"
#include "cli_arguments.h"

struct cli_command {
    const char *path;                 /* "journal show" */
    const char *explanation;          /* one line, begins with a small letter, no full stop */
    const char *usage;                /* what follows the path: "[DIR] [--bus ID]"; "" for nothing */
    const char *text;                 /* a few lines more, for `truc help COMMAND`; may be "" */
    const struct cli_option *options; /* ended by a name of NULL */
    size_t operands_min, operands_max;
    int (*run)(struct cli *cli, const struct cli_arguments *arguments);
};

enum { CLI_COMMAND_WORDS_MAX = 2 };

extern const struct cli_command cli_commands[];
extern const size_t cli_commands_count;

/* The command that argv[at] begins, and how many words it took; NULL when there is none. */
const struct cli_command *command_find(int argc, char *const *argv, int at, int *ret_words);
/* The path most like these words, for "did you mean"; NULL when none is. */
const char *command_nearest(int argc, char *const *argv, int at);
/* Whether commands begin with this word and a space: "journal". */
bool command_is_group(const char *word);

/* `truc help`: all commands, one line each. `truc help COMMAND`: that one. */
void command_print_all(FILE *out);
void command_print(const struct cli_command *command, FILE *out);
/* Either, in the form asked for; NULL: all of them. Returns an exit code. */
int command_help(const struct cli *cli, const struct cli_command *command);

int cmd_bundle(struct cli *cli, const struct cli_arguments *arguments);
int cmd_check(struct cli *cli, const struct cli_arguments *arguments);
int cmd_completion(struct cli *cli, const struct cli_arguments *arguments);
int cmd_config_diff(struct cli *cli, const struct cli_arguments *arguments);
int cmd_context_add(struct cli *cli, const struct cli_arguments *arguments);
int cmd_context_list(struct cli *cli, const struct cli_arguments *arguments);
int cmd_context_remove(struct cli *cli, const struct cli_arguments *arguments);
int cmd_context_use(struct cli *cli, const struct cli_arguments *arguments);
int cmd_dead_list(struct cli *cli, const struct cli_arguments *arguments);
int cmd_dead_discard(struct cli *cli, const struct cli_arguments *arguments);
int cmd_dead_retry(struct cli *cli, const struct cli_arguments *arguments);
int cmd_dead_show(struct cli *cli, const struct cli_arguments *arguments);
int cmd_doctor(struct cli *cli, const struct cli_arguments *arguments);
int cmd_explain(struct cli *cli, const struct cli_arguments *arguments);
int cmd_help(struct cli *cli, const struct cli_arguments *arguments);
int cmd_init(struct cli *cli, const struct cli_arguments *arguments);
int cmd_issue(struct cli *cli, const struct cli_arguments *arguments);
int cmd_journal_find(struct cli *cli, const struct cli_arguments *arguments);
int cmd_journal_person(struct cli *cli, const struct cli_arguments *arguments);
int cmd_journal_proof(struct cli *cli, const struct cli_arguments *arguments);
int cmd_journal_replay(struct cli *cli, const struct cli_arguments *arguments);
int cmd_journal_show(struct cli *cli, const struct cli_arguments *arguments);
int cmd_journal_stats(struct cli *cli, const struct cli_arguments *arguments);
int cmd_journal_verify(struct cli *cli, const struct cli_arguments *arguments);
int cmd_key_rotate(struct cli *cli, const struct cli_arguments *arguments);
int cmd_queue_list(struct cli *cli, const struct cli_arguments *arguments);
int cmd_queue_pause(struct cli *cli, const struct cli_arguments *arguments);
int cmd_queue_resume(struct cli *cli, const struct cli_arguments *arguments);
int cmd_queue_show(struct cli *cli, const struct cli_arguments *arguments);
int cmd_reload(struct cli *cli, const struct cli_arguments *arguments);
int cmd_request(struct cli *cli, const struct cli_arguments *arguments);
int cmd_route_explain(struct cli *cli, const struct cli_arguments *arguments);
int cmd_route_list(struct cli *cli, const struct cli_arguments *arguments);
int cmd_schema_show(struct cli *cli, const struct cli_arguments *arguments);
int cmd_blob_get(struct cli *cli, const struct cli_arguments *arguments);
int cmd_blob_put(struct cli *cli, const struct cli_arguments *arguments);
int cmd_send(struct cli *cli, const struct cli_arguments *arguments);
int cmd_status(struct cli *cli, const struct cli_arguments *arguments);
int cmd_system_add(struct cli *cli, const struct cli_arguments *arguments);
int cmd_system_rotate_key(struct cli *cli, const struct cli_arguments *arguments);
int cmd_system_suspend(struct cli *cli, const struct cli_arguments *arguments);
int cmd_system_end_key(struct cli *cli, const struct cli_arguments *arguments);
int cmd_system_remove(struct cli *cli, const struct cli_arguments *arguments);
int cmd_system_resume(struct cli *cli, const struct cli_arguments *arguments);
int cmd_system_list(struct cli *cli, const struct cli_arguments *arguments);
int cmd_system_show(struct cli *cli, const struct cli_arguments *arguments);
int cmd_tail(struct cli *cli, const struct cli_arguments *arguments);
int cmd_top(struct cli *cli, const struct cli_arguments *arguments);
int cmd_version(struct cli *cli, const struct cli_arguments *arguments);

extern const struct cli_option cmd_broker_options[]; /* status, queue list, queue show */
extern const struct cli_option cmd_config_diff_options[];
extern const struct cli_option cmd_context_add_options[];
extern const struct cli_option cmd_dead_list_options[];
extern const struct cli_option cmd_dead_show_options[];
extern const struct cli_option cmd_dead_discard_options[];
extern const struct cli_option cmd_dead_retry_options[];
extern const struct cli_option cmd_bundle_options[];
extern const struct cli_option cmd_doctor_options[];
extern const struct cli_option cmd_issue_options[]; /* issue, system rotate-key */
extern const struct cli_option cmd_journal_find_options[];
extern const struct cli_option cmd_journal_person_options[];
extern const struct cli_option cmd_journal_proof_options[];
extern const struct cli_option cmd_journal_replay_options[];
extern const struct cli_option cmd_journal_show_options[];
extern const struct cli_option cmd_journal_stats_options[];
extern const struct cli_option cmd_journal_verify_options[];
extern const struct cli_option cmd_key_rotate_options[];
extern const struct cli_option cmd_queue_change_options[]; /* pause, resume */
extern const struct cli_option cmd_reload_options[];
extern const struct cli_option cmd_request_options[];
extern const struct cli_option cmd_route_explain_options[];
extern const struct cli_option cmd_route_list_options[];
extern const struct cli_option cmd_schema_show_options[];
extern const struct cli_option cmd_blob_get_options[];
extern const struct cli_option cmd_blob_put_options[];
extern const struct cli_option cmd_send_options[];
extern const struct cli_option cmd_system_add_options[];
extern const struct cli_option cmd_system_change_options[];
extern const struct cli_option cmd_system_end_key_options[];
extern const struct cli_option cmd_system_remove_options[]; /* suspend, resume */
extern const struct cli_option cmd_system_list_options[];
extern const struct cli_option cmd_system_show_options[];
extern const struct cli_option cmd_tail_options[];
extern const struct cli_option cmd_top_options[];
extern const struct cli_option cmd_check_options[];
extern const struct cli_option cmd_init_options[];
extern const struct cli_option cli_no_options[];

#endif
