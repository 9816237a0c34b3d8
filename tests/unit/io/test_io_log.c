/* test_io_log.c - what a log line promises: its form for people and for the journal, one line whatever the text holds.
 * Lines are written to a pipe.
 * See bus/io/io_log.h. */
#include "cmocka_start.h"

#include <stdlib.h>
#include <unistd.h>

#include "io_log.h"

static char line[2 * IO_LOG_LINE_BYTES_MAX];

static const char *written(struct io_log log, int level, const char *text)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    log.fd = ends[1];
    io_log_write(&log, level, text);
    close(ends[1]);
    ssize_t size = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    assert_true(size >= 0);
    line[size] = 0;
    return line;
}

static void the_journal_gets_a_level(void **state)
{
    (void)state;
    struct io_log log = {.level = LOG_INFO, .is_for_journal = true};
    assert_string_equal(written(log, LOG_WARNING, "đĩa đầy"), "<4>đĩa đầy\n");
}

static void people_get_a_time_and_a_word(void **state)
{
    (void)state;
    struct io_log log = {.level = LOG_INFO};
    const char *text = written(log, LOG_ERR, "it failed");
    assert_non_null(strstr(text, " +07:00 error   it failed\n"));
    assert_true(text[0] == '2' && text[4] == '-');
}

static void lines_above_the_level_are_left_out(void **state)
{
    (void)state;
    struct io_log log = {.level = LOG_INFO, .is_for_journal = true};
    assert_string_equal(written(log, LOG_DEBUG, "detail"), "");
    log.level = LOG_DEBUG;
    assert_string_equal(written(log, LOG_DEBUG, "detail"), "<7>detail\n");
}

static void a_text_can_not_forge_a_line(void **state)
{
    (void)state;
    struct io_log log = {.level = LOG_INFO, .is_for_journal = true};
    assert_string_equal(written(log, LOG_INFO,
                                "a\nb\x1b[31m\x7f\xc2\x85"
                                "c"),
                        "<6>a b [31m  c\n");
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    struct io_log log = {.level = LOG_INFO, .is_for_journal = true};
    enum { MARKS = 2000 };
    char *text = calloc(1, 2 * MARKS + 2);
    for (size_t i = 0; i < MARKS; i++)
        memcpy(text + 2 * i, "đ", 2);
    const char *cut = written(log, LOG_INFO, text);
    size_t size = strlen(cut);
    assert_true(size <= IO_LOG_LINE_BYTES_MAX && size > IO_LOG_LINE_BYTES_MAX - 4);
    assert_memory_equal(cut + size - 3, "đ\n", 3);
    free(text);
}

static void the_journal_is_known_by_its_stream(void **state)
{
    (void)state;
    assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
    assert_false(io_log_open(LOG_INFO).is_for_journal);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    assert_false(io_log_open(LOG_INFO).is_for_journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_journal_gets_a_level),
        cmocka_unit_test(people_get_a_time_and_a_word),
        cmocka_unit_test(lines_above_the_level_are_left_out),
        cmocka_unit_test(a_text_can_not_forge_a_line),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(the_journal_is_known_by_its_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
