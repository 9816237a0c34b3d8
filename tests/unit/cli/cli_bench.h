/* cli_bench.h - runs commands of `truc` inside a test: the same code as the program, with its output caught.
 * Not a shell: arguments are given one by one. Each bench has its own directory, removed at the end.
 * Used by every suite of tests/unit/cli. */
#ifndef TRUC_TEST_CLI_BENCH_H
#define TRUC_TEST_CLI_BENCH_H

#include "cmocka_start.h"

#include "cli.h"

#include <jansson.h>
#include <stdbool.h>

enum { BENCH_PATH_BYTES = 512, BENCH_ARGUMENTS_MAX = 32 };

/* 23/11/2026 14:03:07.118 in Thanh Hóa. */
#define BENCH_NOW_NS 1795417387118000000ull

struct cli_bench {
    char directory[BENCH_PATH_BYTES];
    uint64_t now_ns;
    int code;        /* exit code of the last command */
    char *out, *err; /* what it wrote */
};

struct cli_bench *cli_bench_new(void);
void cli_bench_free(struct cli_bench *bench);
/* cmocka's set-up and tear-down. */
int cli_bench_setup(void **state);
int cli_bench_teardown(void **state);

/* A path below the bench's directory; lives until the call after the next seven. */
const char *cli_bench_path(struct cli_bench *bench, const char *name);
/* Runs `truc` with these arguments, ended by NULL, and returns the exit code. */
int cli_bench_run(struct cli_bench *bench, ...) __attribute__((sentinel));
#define RUN(bench, ...) cli_bench_run(bench, __VA_ARGS__, (char *)NULL)
/* The output as JSON; the test fails when it isn't. The caller releases it. */
json_t *cli_bench_json(struct cli_bench *bench);
/* Runs init on the example configuration with further arguments, ended by NULL, and fails the test when that fails. */
void cli_bench_init(struct cli_bench *bench, const char *state);

/* Whole files, for looking at and damaging. The text is the caller's. */
char *cli_bench_read(const char *path, size_t *ret_size);
void cli_bench_write(const char *path, const void *data, size_t size);

/* Copies a folder with what is in it; both are names below the bench's directory. */
void cli_bench_copy(struct cli_bench *bench, const char *from, const char *to);
/* Puts @by in the place of the first @what of a file below the bench's directory; fails when it isn't there. */
void cli_bench_replace(struct cli_bench *bench, const char *name, const char *what, const char *by);

void cli_bench_expect(const char *text, const char *part); /* fails unless the part is in the text; prints the text */

#endif
