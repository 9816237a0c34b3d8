/* test_cli_screens.c - whole screens in both languages, as files that people read: tests/golden/screens/en and vi.
 * Usage: test_cli_screens compares; with --write it makes the files anew. A scripted broker answers.
 * What differs from run to run (a span measured, an address) is not compared. */
#include "cli_bench.h"

#include "cli_stub_broker.h"
#include "cli_format.h"
#include "curve_key.h"

#include <stdlib.h>
#include <string.h>

struct screen {
    const char *name, *context;
    const char *words[8];
};

static const struct screen screens[] = {
    {"help", "near", {"help"}},
    {"help-dead-retry", "near", {"help", "dead", "retry"}},
    {"explain-error", "near", {"explain", "NO_AGREEMENT"}},
    {"explain-key", "near", {"explain", "route.retry"}},
    {"explain-unknown", "near", {"explain", "rout.zzzzz"}},
    {"wrong-command", "near", {"staus"}},
    {"status", "near", {"status"}},
    {"queue-list", "near", {"queue", "list"}},
    {"dead-list", "near", {"dead", "list"}},
    {"top", "near", {"top", "--count", "1"}},
    {"check", "wrong", {"check"}},
    {"route-explain-no-route",
     "near",
     {"route", "explain", "--from", "portal", "--type", "dossier.submitted", "--field", "procedure.service=none"}},
    {"route-explain-no-purpose", "near", {"route", "explain", "--from", "onestop", "--type", "citizen.verify"}},
    {"doctor", "far", {"doctor"}}, /* what it finds on this machine differs; of a far bus it sees the broker alone */
};
enum { SCREENS = sizeof screens / sizeof *screens, STATUS_SCREEN = 6 };

static bool writes;

struct fixture {
    struct cli_bench *bench;
    struct stub_broker *broker;
};

/* The example's configuration with mistakes of many kinds added to it. */
static void put_mistakes(struct cli_bench *bench)
{
    static const char *const files[] = {"routes/wrong.yaml",  "agreements/wrong.yaml", "systems/clerk.yaml",
                                        "systems/empty.yaml", "systems/open.yaml",     "systems/tabs.yaml",
                                        "systems/twice.yaml"};
    char path[BENCH_PATH_BYTES];
    size_t size;
    cli_bench_copy(bench, "bus", "wrong");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/wrong/%s", TRUC_SCREENS, files[i]);
        char *content = cli_bench_read(path, &size);
        (void)snprintf(path, sizeof path, "wrong/config/%s", files[i]);
        cli_bench_write(cli_bench_path(bench, path), content, size);
        free(content);
    }
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    struct cli_bench *bench = fixture->bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    char *secret = cli_bench_read(cli_bench_path(bench, "bus/keys/broker.curve"), NULL);
    secret[CURVE_KEY_TEXT_BYTES - 1] = '\0';
    fixture->broker = stub_broker_start(secret, STUB_ANSWERS);
    free(secret);
    put_mistakes(bench);
    const char *endpoint = stub_broker_endpoint(fixture->broker);
    RUN(bench, "context", "add", "near", "--state", cli_bench_path(bench, "bus"), "--broker", endpoint);
    assert_int_equal(bench->code, CLI_OK);
    RUN(bench, "context", "add", "wrong", "--state", cli_bench_path(bench, "wrong"), "--broker", endpoint);
    assert_int_equal(bench->code, CLI_OK);
    RUN(bench, "context", "add", "far", "--settings", cli_bench_path(bench, "bus/systems/operator/settings.yaml"),
        "--broker", endpoint);
    assert_int_equal(bench->code, CLI_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    stub_broker_stop(fixture->broker, NULL);
    cli_bench_free(fixture->bench);
    free(fixture);
    return 0;
}

static void run(struct fixture *fixture, const struct screen *screen, const char *language, const char *form)
{
    const char *const *word = screen->words;
    RUN(fixture->bench, "--context", screen->context, "--lang", language, "--output", form, word[0], word[1], word[2],
        word[3], word[4], word[5], word[6], word[7]);
}

/* What differs from run to run: the test's own directory, told as "DIR"; of "12,3 ms" the number; of "key 4a12…" the id. */
static void append_known(const struct cli_bench *bench, const char *from, struct buffer *text)
{
    static const struct {
        const char *mark, *before, *by; /* what stands before the mark is left out */
    } marks[] = {{" ms", "0123456789,", "… ms"}, {"…)", "0123456789abcdef", "…)"}};
    const char *at = from;
    while (*at != '\0') {
        size_t mark = 0;
        while (mark < 2 && strncmp(at, marks[mark].mark, strlen(marks[mark].mark)) != 0)
            mark++;
        if (mark < 2) {
            while (text->size > 0 && strchr(marks[mark].before, text->data[text->size - 1]))
                text->size--;
            buffer_append_string(text, marks[mark].by);
            at += strlen(marks[mark].mark);
        } else if (strncmp(at, bench->directory, strlen(bench->directory)) == 0) {
            buffer_append_string(text, "DIR");
            at += strlen(bench->directory);
        } else {
            buffer_append_byte(text, (uint8_t)*at++);
        }
    }
}

/* Output and errors. */
static void screen_text(const struct cli_bench *bench, struct buffer *text)
{
    append_known(bench, bench->out, text);
    append_known(bench, bench->err, text);
    assert_non_null(buffer_string(text));
}

static void test_screens_are_as_people_know_them(void **state)
{
    static const char *const languages[] = {"en", "vi"};
    char path[BENCH_PATH_BYTES];
    for (size_t i = 0; i < SCREENS; i++)
        for (size_t j = 0; j < 2; j++) {
            BUFFER_CLEANUP struct buffer text = {0};
            run(*state, &screens[i], languages[j], "text");
            screen_text(((struct fixture *)*state)->bench, &text);
            (void)snprintf(path, sizeof path, "%s/%s/%s.txt", TRUC_SCREENS, languages[j], screens[i].name);
            if (writes) {
                cli_bench_write(path, text.data, text.size);
                continue;
            }
            char *known = cli_bench_read(path, NULL);
            if (strcmp(known, buffer_string(&text)) != 0)
                fail_msg("%s (test_cli_screens --write makes it anew) says\n%s\nnot\n%s", path, known,
                         buffer_string(&text));
            free(known);
        }
}

static void test_programs_get_the_same_in_every_language(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < SCREENS; i++) {
        BUFFER_CLEANUP struct buffer english = {0}, vietnamese = {0};
        run(fixture, &screens[i], "en", "json");
        screen_text(fixture->bench, &english);
        run(fixture, &screens[i], "vi", "json");
        screen_text(fixture->bench, &vietnamese);
        assert_true(english.size > 0);
        assert_string_equal(buffer_string(&english), buffer_string(&vietnamese));
    }
}

/* How many characters stand before a part of a line. */
static size_t column_of(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    assert_non_null(at);
    const char *line = at;
    while (line > text && line[-1] != '\n')
        line--;
    return cli_text_width(bytes_of(line, (size_t)(at - line)));
}

/* Of characters, not bytes: Vietnamese letters have two or three. */
static void test_columns_stand_under_their_titles(void **state)
{
    struct fixture *fixture = *state;
    run(fixture, &screens[STATUS_SCREEN], "vi", "text");
    const char *out = fixture->bench->out;
    assert_int_equal(column_of(out, "TRẠNG THÁI"), column_of(out, "vắng 8 giây"));
    assert_int_equal(column_of(out, "TRẠNG THÁI"), column_of(out, "có kết nối"));
    assert_int_equal(column_of(out, "CHỜ ") + 3, column_of(out, "212") + 3);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screens_are_as_people_know_them),
        cmocka_unit_test(test_programs_get_the_same_in_every_language),
        cmocka_unit_test(test_columns_stand_under_their_titles),
    };
    writes = argc == 2 && strcmp(argv[1], "--write") == 0;
    return cmocka_run_group_tests(tests, setup, teardown);
}
