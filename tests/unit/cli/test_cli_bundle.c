/* test_cli_bundle.c - a support bundle holds what helps, and nothing secret or personal: looked for byte by byte.
 * The state directory is a real one, its journal has a message, a refusal and a citizen's number in it, and the
 * configuration has been sown with names and numbers where people write them. */
#include "cli_bench.h"

#include "cli_journal_maker.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_LINE_BYTES_MIN = 16 };

static int setup(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    maker_write(bench, "bus", MAKER_RIGHT);
    *state = bench;
    return 0;
}

static char *make(struct cli_bench *bench, size_t *ret_size)
{
    const char *path = cli_bench_path(bench, "bundle.tar");
    if (RUN(bench, "bundle", path, "--state", cli_bench_path(bench, "bus")) != CLI_OK)
        fail_msg("%s", bench->err);
    return cli_bench_read(path, ret_size);
}

static bool holds(const char *archive, size_t size, const char *text)
{
    return memmem(archive, size, text, strlen(text)) != NULL;
}

static void append(const char *path, const char *text)
{
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* ---- what is in it ---- */

static void test_a_bundle_holds_what_helps(void **state)
{
    static const char *const names[] = {"README.txt",    "doctor.txt",         "doctor.json",
                                        "status.json",   "check.json",         "journal-stats.json",
                                        "refusals.json", "configuration.json", "versions.json"};
    struct cli_bench *bench = *state;
    size_t size;
    char *archive = make(bench, &size), name[64];
    cli_bench_expect(bench->out, ": 9 files, ");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(name, sizeof name, "truc-bundle/%s", names[i]);
        assert_true(holds(archive, size, name));
    }
    assert_true(holds(archive, size, "\"code\": \"NO_ROUTE\""));         /* the refusal */
    assert_true(holds(archive, size, "\"type\": \"dossier.withdraw\"")); /* and of which type */
    assert_true(holds(archive, size, "online-dossier-to-onestop"));      /* the rules */
    assert_true(holds(archive, size, "good  the configuration loads"));  /* what doctor says */
    assert_true(holds(archive, size, "nobody listens at"));              /* why there is no status */
    free(archive);
}

static void test_a_bundle_is_for_its_maker_alone_and_overwrites_nothing(void **state)
{
    struct cli_bench *bench = *state;
    struct stat status;
    free(make(bench, NULL));
    const char *path = cli_bench_path(bench, "bundle.tar"), *bus = cli_bench_path(bench, "bus");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(RUN(bench, "bundle", path, "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "[EXISTS]");
    assert_int_equal(RUN(bench, "bundle", cli_bench_path(bench, "bundle.zip"), "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "end the name in .tar, .tar.gz or .tar.zst");
    assert_int_equal(access(cli_bench_path(bench, "bundle.zip"), F_OK), -1);
}

static void test_the_name_says_how_it_is_packed(void **state)
{
    struct cli_bench *bench = *state;
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "bundle", cli_bench_path(bench, "b.tar.gz"), "--state", bus), CLI_OK);
    assert_int_equal(RUN(bench, "bundle", cli_bench_path(bench, "b.tar.zst"), "--state", bus), CLI_OK);
    char *gzip = cli_bench_read(cli_bench_path(bench, "b.tar.gz"), NULL);
    char *zstd = cli_bench_read(cli_bench_path(bench, "b.tar.zst"), NULL);
    assert_memory_equal(gzip, "\x1f\x8b", 2);
    assert_memory_equal(zstd, "\x28\xb5\x2f\xfd", 4);
    free(gzip);
    free(zstd);
}

/* ---- what is not in it ---- */

/* nftw gives its visitor no context. */
static const char *archive_seen;
static size_t archive_size, secrets_seen;

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static int look_for_secret(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status, (void)at;
    if (kind != FTW_F || !(ends_with(path, ".key") || ends_with(path, ".curve")))
        return 0;
    char *content = cli_bench_read(path, NULL), *left = NULL;
    for (char *line = strtok_r(content, "\n", &left); line; line = strtok_r(NULL, "\n", &left)) {
        if (strlen(line) < SECRET_LINE_BYTES_MIN || strncmp(line, "-----", 5) == 0)
            continue;
        secrets_seen++;
        if (holds(archive_seen, archive_size, line))
            fail_msg("a secret of %s is in the bundle", path);
    }
    free(content);
    return 0;
}

static void test_no_secret_of_the_state_directory_is_in_it(void **state)
{
    struct cli_bench *bench = *state;
    char *archive = make(bench, &archive_size);
    archive_seen = archive;
    secrets_seen = 0;
    assert_int_equal(nftw(cli_bench_path(bench, "bus"), look_for_secret, 16, FTW_PHYS), 0);
    assert_true(secrets_seen >= 20); /* five of the broker's, three of each system's */
    free(archive);
}

static void expect_no_person(struct cli_bench *bench)
{
    static const char *const personal[] = {MAKER_IDENTITY, MAKER_NAME,      MAKER_DOSSIER,       "Nguyễn",
                                           "0912345678",   "H56.14-261123", "0192f0c1-0000-7000"};
    size_t size;
    char *archive = make(bench, &size);
    for (size_t i = 0; i < COUNT_OF(personal); i++)
        if (holds(archive, size, personal[i]))
            fail_msg("'%s' is in the bundle", personal[i]);
    free(archive);
}

static void test_no_person_and_no_dossier_is_in_it(void **state)
{
    struct cli_bench *bench = *state;
    append(cli_bench_path(bench, "bus/config/systems/portal.yaml"), "# Nguyễn Văn A, 0912345678, " MAKER_IDENTITY "\n");
    char *text = cli_bench_read(cli_bench_path(bench, "bus/config/systems/onestop.yaml"), NULL);
    char *contact = strstr(text, "contact: ");
    assert_non_null(contact);
    FILE *file = fopen(cli_bench_path(bench, "bus/config/systems/onestop.yaml"), "w");
    fprintf(file, "%.*scontact: >\n  " MAKER_NAME ",\n  0912345678, số " MAKER_IDENTITY "%s", (int)(contact - text),
            text, strchr(contact, '\n'));
    assert_int_equal(fclose(file), 0);
    free(text);
    expect_no_person(bench);
}

static void test_mistakes_of_the_configuration_give_no_person_away(void **state)
{
    struct cli_bench *bench = *state;
    append(cli_bench_path(bench, "bus/config/systems/portal.yaml"), MAKER_IDENTITY ": {contact: 0912345678}\n");
    append(cli_bench_path(bench, "bus/config/systems/onestop.yaml"), "[ " MAKER_NAME "\n");
    expect_no_person(bench);
    cli_bench_expect(bench->out, ": 9 files, ");
}

static void test_a_broken_journal_still_gives_a_bundle(void **state)
{
    struct cli_bench *bench = *state;
    size_t size;
    cli_bench_write(cli_bench_path(bench, "bus/journal/format"), "rubbish", 7);
    char *archive = make(bench, &size);
    assert_true(holds(archive, size, "JOURNAL_"));
    assert_false(holds(archive, size, "truc-bundle/refusals.json"));
    free(archive);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_bundle_holds_what_helps),
        TEST(test_a_bundle_is_for_its_maker_alone_and_overwrites_nothing),
        TEST(test_the_name_says_how_it_is_packed),
        TEST(test_no_secret_of_the_state_directory_is_in_it),
        TEST(test_no_person_and_no_dossier_is_in_it),
        TEST(test_mistakes_of_the_configuration_give_no_person_away),
        TEST(test_a_broken_journal_still_gives_a_bundle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
