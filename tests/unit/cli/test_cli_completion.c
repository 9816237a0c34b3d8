/* test_cli_completion.c - the completion scripts, sourced by the shells they are for and asked as those ask.
 * Not a look at the scripts' text: what counts is the words offered. zsh is skipped where it is not installed.
 * The program is the real one, so that systems and types come from it. */
#include "cli_bench.h"

#include "command_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    *state = bench;
    return 0;
}

static void write_script(struct cli_bench *bench, const char *shell, const char *asking)
{
    char *text = NULL;
    size_t size = 0;
    FILE *script = open_memstream(&text, &size);
    assert_non_null(script);
    assert_int_equal(RUN(bench, "completion", shell), CLI_OK);
    fprintf(script, "compdef() { return 0; }\n%s\n%s\n", bench->out, asking); /* zsh's own, when a person types */
    fclose(script);
    cli_bench_write(cli_bench_path(bench, "script"), text, size);
    free(text);
}

/* What the shell prints; its exit code goes to bench->code, 127 when there is no such shell. The caller frees it. */
static char *run_shell(struct cli_bench *bench, const char *shell, const char *const words[])
{
    const char *argv[BENCH_ARGUMENTS_MAX] = {shell, cli_bench_path(bench, "script")};
    char *text = NULL;
    size_t size = 0, count = 2;
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    for (size_t i = 0; words[i]; i++)
        argv[count++] = words[i];
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execvp(shell, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    FILE *out = open_memstream(&text, &size);
    char chunk[4096];
    ssize_t got;
    while ((got = read(ends[0], chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR))
        fwrite(chunk, 1, got > 0 ? (size_t)got : 0, out);
    fclose(out);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    bench->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return text;
}

/* The words offered behind these, the last of which is being typed: "\nlist\nretry\n". */
static char *offered(struct cli_bench *bench, const char *shell, const char *const words[])
{
    char *text = run_shell(bench, shell, words);
    if (bench->code != 0)
        fail_msg("%s ended with %d: %s", shell, bench->code, text);
    return text;
}

#define OFFERED(bench, shell, ...) offered(bench, shell, (const char *const[]){TRUC_PROGRAM, __VA_ARGS__, NULL})

static void expect_words(char *text, const char *const there[], const char *absent)
{
    char line[128];
    for (size_t i = 0; there[i]; i++) {
        snprintf(line, sizeof line, "\n%s\n", there[i]);
        cli_bench_expect(text, line);
    }
    snprintf(line, sizeof line, "\n%s\n", absent ? absent : "");
    if (absent && strstr(text, line))
        fail_msg("'%s' is offered:\n%s", absent, text);
    free(text);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_offers(struct cli_bench *bench, const char *shell)
{
    const char *bus = cli_bench_path(bench, "bus");
    expect_words(OFFERED(bench, shell, ""), WORDS("init", "journal", "status", "completion"), "list");
    expect_words(OFFERED(bench, shell, "dead", ""), WORDS("list", "show", "retry", "discard"), "verify");
    expect_words(OFFERED(bench, shell, "--state", bus, "dead", ""), WORDS("list", "retry"), "init");
    expect_words(OFFERED(bench, shell, "dead", "retry", "--"), WORDS("--reason", "--state"), "--refused");
    expect_words(OFFERED(bench, shell, "queue", "pause", "--state", bus, ""), WORDS("portal", "onestop"), "list");
    expect_words(OFFERED(bench, shell, "route", "list", "--state", bus, "--from", ""), WORDS("portal", "onestop"),
                 "dossier.submitted");
    expect_words(OFFERED(bench, shell, "route", "list", "--state", bus, "--type", ""),
                 WORDS("dossier.submitted", "citizen.verify"), "portal");
    expect_words(OFFERED(bench, shell, "schema", "show", ""), WORDS("dossier.submitted"), "portal");
    expect_words(OFFERED(bench, shell, "explain", ""), WORDS("NO_ROUTE", "SECRET"), "portal");
    expect_words(OFFERED(bench, shell, "status", "--output", ""), WORDS("text", "json"), "--state");
    expect_words(OFFERED(bench, shell, "help", ""), WORDS("journal"), "list");
}

/* Asks the function as readline does, and prints a word a line. */
static const char bash_asking[] = "COMP_WORDS=(\"$@\")\n"
                                  "COMP_CWORD=$(($# - 1))\n"
                                  "_truc\n"
                                  "printf '\\n%s' \"${COMPREPLY[@]}\"; echo\n";

static void test_bash_offers_what_the_table_knows(void **state)
{
    struct cli_bench *bench = *state;
    write_script(bench, "bash", bash_asking);
    check_offers(bench, "bash");
    expect_words(OFFERED(bench, "bash", "explain", "NO_R"), WORDS("NO_ROUTE"), "SECRET");
    expect_words(OFFERED(bench, "bash", "status", "--output", "=", "j"), WORDS("json"), "text");
    expect_words(OFFERED(bench, "bash", "route", "list", "--state", "=", cli_bench_path(bench, "bus"), "--to", "on"),
                 WORDS("onestop"), "portal");
}

static void test_bash_completes_every_command_and_option(void **state)
{
    struct cli_bench *bench = *state;
    write_script(bench, "bash", bash_asking);
    for (size_t i = 0; i < cli_commands_count; i++) {
        char first[64];
        const char *second = strchr(cli_commands[i].path, ' ');
        snprintf(first, sizeof first, "%.*s", (int)strcspn(cli_commands[i].path, " "), cli_commands[i].path);
        char *text = second ? OFFERED(bench, "bash", first, second + 1, "--") : OFFERED(bench, "bash", first, "--");
        for (const struct cli_option *option = cli_commands[i].options; option->name; option++) {
            char line[64];
            snprintf(line, sizeof line, "\n--%s\n", option->name);
            cli_bench_expect(text, line);
        }
        free(text);
    }
}

/* zsh's own functions exist only while a person types: these stand for them and print what they are given. */
static const char zsh_asking[] =
    "_describe() { local -a items; items=(${(P)2}); print -r; print -rl -- ${items%%:*} }\n"
    "compadd() { print -r; if [[ $1 == -a ]]; then print -rl -- ${(P)2}; else shift; print -rl -- $@; fi }\n"
    "_files() { print -r files }\n"
    "words=(\"$@\")\n"
    "CURRENT=$#\n"
    "_truc\n";

static void test_zsh_offers_what_the_table_knows(void **state)
{
    struct cli_bench *bench = *state;
    write_script(bench, "zsh", zsh_asking);
    free(run_shell(bench, "zsh", WORDS(TRUC_PROGRAM, "")));
    if (bench->code == 127) {
        print_message("skipped: zsh is not installed\n");
        skip();
    }
    check_offers(bench, "zsh");
}

static void test_what_a_shell_asks_for_is_a_word_a_line(void **state)
{
    struct cli_bench *bench = *state;
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "completion", "systems", "--state", bus), CLI_OK);
    assert_string_equal(bench->out, "deadlines\nnational-portal\nonestop\noperator\npopulation\nportal\n");
    assert_int_equal(RUN(bench, "completion", "systems", "--state", cli_bench_path(bench, "nothing")), CLI_OK);
    assert_string_equal(bench->out, "");
    assert_string_equal(bench->err, "");
    assert_int_equal(RUN(bench, "completion", "fish"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "there is no completion for 'fish'");
}

/* The scripts tell an option's value from a word of the command by the option's name alone. */
static void test_an_option_is_a_flag_in_all_commands_or_in_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_commands_count; i++)
        for (const struct cli_option *option = cli_commands[i].options; option->name; option++)
            for (size_t j = 0; j < i; j++)
                for (const struct cli_option *other = cli_commands[j].options; other->name; other++)
                    if (strcmp(option->name, other->name) == 0 && (option->value == NULL) != (other->value == NULL))
                        fail_msg("--%s is a flag in '%s' or in '%s' only", option->name, cli_commands[i].path,
                                 cli_commands[j].path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bash_offers_what_the_table_knows),
        cmocka_unit_test(test_bash_completes_every_command_and_option),
        cmocka_unit_test(test_zsh_offers_what_the_table_knows),
        cmocka_unit_test(test_what_a_shell_asks_for_is_a_word_a_line),
        cmocka_unit_test(test_an_option_is_a_flag_in_all_commands_or_in_none),
    };
    return cmocka_run_group_tests(tests, setup, cli_bench_teardown);
}
