/* cli_bench.c - see cli_bench.h.
 * Streams are memory, so that a test sees exactly what a person would.
 * TRUC_STATE and its like are cleared: a developer's environment must not reach the tests. */
#include "cli_bench.h"

#include "cli_file.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cli_bench *cli_bench_new(void)
{
    struct cli_bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    unsetenv("TRUC_STATE");
    unsetenv("TRUC_CONTEXT");
    unsetenv("TRUC_SETTINGS");
    setenv("TRUC_LANG", "en", 1);
    snprintf(bench->directory, sizeof bench->directory, "/tmp/truc-cli-XXXXXX");
    assert_non_null(mkdtemp(bench->directory));
    setenv("XDG_CONFIG_HOME", bench->directory, 1); /* a person's contexts likewise */
    bench->now_ns = BENCH_NOW_NS;
    return bench;
}

void cli_bench_free(struct cli_bench *bench)
{
    cli_tree_remove(bench->directory);
    free(bench->out);
    free(bench->err);
    free(bench);
}

int cli_bench_setup(void **state)
{
    *state = cli_bench_new();
    return 0;
}

int cli_bench_teardown(void **state)
{
    cli_bench_free(*state);
    return 0;
}

const char *cli_bench_path(struct cli_bench *bench, const char *name)
{
    static char paths[8][2 * BENCH_PATH_BYTES];
    static unsigned next;
    char *path = paths[next++ % COUNT_OF(paths)];
    snprintf(path, sizeof paths[0], "%s/%s", bench->directory, name);
    return path;
}

int cli_bench_run(struct cli_bench *bench, ...)
{
    char *argv[BENCH_ARGUMENTS_MAX + 1] = {strdup("truc")};
    int argc = 1;
    size_t out_size, err_size;
    va_list arguments;
    va_start(arguments, bench);
    for (const char *argument; (argument = va_arg(arguments, const char *)) != NULL;) {
        assert_true(argc < BENCH_ARGUMENTS_MAX);
        argv[argc++] = strdup(argument);
    }
    va_end(arguments);
    free(bench->out);
    free(bench->err);
    bench->out = bench->err = NULL;
    struct cli cli = {.out = open_memstream(&bench->out, &out_size),
                      .err = open_memstream(&bench->err, &err_size),
                      .now_ns = bench->now_ns};
    assert_non_null(cli.out);
    assert_non_null(cli.err);
    bench->code = cli_main(&cli, argc, argv);
    fclose(cli.out);
    fclose(cli.err);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return bench->code;
}

json_t *cli_bench_json(struct cli_bench *bench)
{
    json_error_t error;
    json_t *value = json_loads(bench->out, 0, &error);
    if (value == NULL)
        fail_msg("not JSON (%s): %s", error.text, bench->out);
    return value;
}

void cli_bench_init(struct cli_bench *bench, const char *state)
{
    if (RUN(bench, "init", cli_bench_path(bench, state), "--from", TRUC_EXAMPLE_CONFIG, "--schemas",
            TRUC_DESCRIPTORS) != CLI_OK)
        fail_msg("init: %s", bench->err);
}

char *cli_bench_read(const char *path, size_t *ret_size)
{
    struct buffer content = {0};
    struct truc_fault fault = {0};
    if (cli_file_read(path, &content, &fault) < 0)
        fail_msg("%s", fault.text);
    char *copy = malloc(content.size + 1);
    assert_non_null(copy);
    memcpy(copy, content.data, content.size);
    copy[content.size] = '\0';
    if (ret_size)
        *ret_size = content.size;
    buffer_free(&content);
    return copy;
}

void cli_bench_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void cli_bench_expect(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, text);
}

/* nftw has no context of its own. */
static struct {
    size_t from_size;
    char to[BENCH_PATH_BYTES];
} copying;

static int copy_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    char to[2 * BENCH_PATH_BYTES];
    size_t size;
    (void)status;
    (void)place;
    snprintf(to, sizeof to, "%s%s", copying.to, path + copying.from_size);
    if (kind == FTW_D)
        return mkdir(to, 0755);
    char *content = cli_bench_read(path, &size);
    cli_bench_write(to, content, size);
    free(content);
    return 0;
}

void cli_bench_copy(struct cli_bench *bench, const char *from, const char *to)
{
    const char *path = cli_bench_path(bench, from);
    copying.from_size = strlen(path);
    snprintf(copying.to, sizeof copying.to, "%s", cli_bench_path(bench, to));
    assert_int_equal(nftw(path, copy_one, 16, FTW_PHYS), 0);
}

void cli_bench_replace(struct cli_bench *bench, const char *name, const char *what, const char *by)
{
    struct buffer changed = {0};
    const char *path = cli_bench_path(bench, name);
    char *content = cli_bench_read(path, NULL), *at = strstr(content, what);
    if (at == NULL)
        fail_msg("%s holds no '%s'", name, what);
    buffer_append(&changed, content, (size_t)(at - content));
    buffer_append_string(&changed, by);
    buffer_append_string(&changed, at + strlen(what));
    cli_bench_write(path, changed.data, changed.size);
    buffer_free(&changed);
    free(content);
}
