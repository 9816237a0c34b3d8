/* test_cli_memory.c - whichever allocation of our own fails in `truc check`, it never says that something is right or wrong which isn't.
 * It then says MEMORY, with its exit code, or all that it says with enough of it.
 * Leaks and wild accesses are the sanitizers' to find. */
#include "cli_bench.h"
#include "failing_memory.h"

#include <stdlib.h>
#include <string.h>

enum { ALLOCATIONS_MAX = 20000 };

static bool is_trying;

int __real_cli_main(struct cli *cli, int argc, char **argv);
int __wrap_cli_main(struct cli *cli, int argc, char **argv);

/* Allocations of the program alone: those of the bench around it don't fail. */
int __wrap_cli_main(struct cli *cli, int argc, char **argv)
{
    (void)failing_memory_arm(is_trying);
    int code = __real_cli_main(cli, argc, argv);
    (void)failing_memory_arm(false);
    return code;
}

static const char wrong_line[] =
    "tytle: "; /* of the file, shown with what underlines it when there is memory for both */

static bool is_shown_line(const char *line, size_t size)
{
    return strncmp(line, wrong_line, strlen(wrong_line)) == 0 || strspn(line, " ^~\n") >= size;
}

/* All lines of `expected`, but for the shown one. */
static bool is_all_told(const char *out, const char *expected)
{
    while (*expected != '\0') {
        size_t size = strcspn(expected, "\n");
        size += expected[size] == '\n';
        bool is_there = strncmp(out, expected, size) == 0;
        if (!is_there && !is_shown_line(expected, size))
            return false;
        out += is_there ? size : 0;
        expected += size;
    }
    return *out == '\0';
}

/* One run with that allocation failing. Whether it was over before. */
static bool run_failing(struct cli_bench *bench, unsigned n, int expected_code, const char *expected)
{
    failing_memory_begin(n);
    is_trying = true;
    int code = RUN(bench, "check", cli_bench_path(bench, "state/config"));
    is_trying = false;
    bool is_over = failing_memory_is_over();
    bool is_whole = code == expected_code && is_all_told(bench->out, expected);
    if (!is_whole && (is_over || bench->out[0] != '\0' || strstr(bench->err, "MEMORY") == NULL))
        fail_msg("allocation %u: exit code %d\n%s%s\nnot\n%s", n, code, bench->out, bench->err, expected);
    return is_over;
}

static void fail_each(struct cli_bench *bench, int expected_code)
{
    unsigned n = 0;
    assert_int_equal(RUN(bench, "check", cli_bench_path(bench, "state/config")), expected_code);
    char *expected = strdup(bench->out);
    assert_non_null(expected);
    while (n < ALLOCATIONS_MAX && !run_failing(bench, n, expected_code, expected))
        n++;
    assert_in_range(n, 20, ALLOCATIONS_MAX - 1);
    free(expected);
}

static void test_check_is_right_or_says_that_there_is_no_memory(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "state");
    fail_each(bench, CLI_OK);
    cli_bench_replace(bench, "state/config/bus.yaml", "title: ", wrong_line);
    fail_each(bench, CLI_NOT_SO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_check_is_right_or_says_that_there_is_no_memory, cli_bench_setup,
                                        cli_bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
