/* test_cli_words.c - the Vietnamese catalogue, text by text, and the choice of a language.
 * Not: whether every marked text is translated (bus/po/complete.sh) and what screens look like (test_cli_screens.c).
 * Reads the compiled catalogue, as the program does. */
#include "cli_bench.h"

#include "cli_words.h"
#include "policy_language.h"
#include "policy_keys.h"
#include "text.h"
#include "words_errors.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- every translation ---- */

enum { FORM_BYTES = 128 };

/* "%s has %zu of %%" → "%s%zu%%": what an argument list must fit. */
static void form_of(const char *text, char form[FORM_BYTES])
{
    size_t used = 0;
    for (const char *at = strchr(text, '%'); at; at = strchr(at, '%')) {
        size_t size = 1 + strspn(at + 1, "-+ #0123456789.*lzhj");
        assert_true(used + size + 2 < FORM_BYTES);
        memcpy(form + used, at, size + 1);
        used += size + 1;
        at += size + 1;
    }
    form[used] = '\0';
}

/* Where a percent sign is only that: texts that no printf sees ("91 % > 90 %") are none of ours. */
static int check_translation(void *context, const char *english, const char *translated)
{
    char wanted[FORM_BYTES], found[FORM_BYTES];
    size_t *count = context, size = strlen(english), translated_size = strlen(translated);
    BUFFER_CLEANUP struct buffer composed = {0};
    form_of(english, wanted);
    form_of(translated, found);
    if (strcmp(wanted, found) != 0)
        fail_msg("'%s' has the format %s, its translation %s: '%s'", english, wanted, found, translated);
    if (translated_size == 0 || isspace((unsigned char)*english) != isspace((unsigned char)*translated) ||
        isspace((unsigned char)english[size - 1]) != isspace((unsigned char)translated[translated_size - 1]) ||
        (english[size - 1] == '\n') != (translated[translated_size - 1] == '\n'))
        fail_msg("'%s' and '%s' begin or end differently", english, translated);
    assert_true(text_is_utf8(bytes_string(translated)));
    assert_int_equal(text_to_nfc(bytes_string(translated), &composed), 0);
    if (!bytes_equal_string(buffer_view(&composed), translated))
        fail_msg("'%s' is not NFC", translated);
    assert_string_equal(words_find(&cli_words_vi, english), translated); /* and it is found */
    ++*count;
    return 0;
}

static void test_translations_fit_their_texts(void **state)
{
    size_t count = 0;
    (void)state;
    assert_int_equal(words_each(&cli_words_vi, check_translation, &count), 0);
    assert_true(count > 1000);
}

static void test_what_has_no_translation_stays(void **state)
{
    (void)state;
    assert_string_equal(words_find(&cli_words_vi, ""), ""); /* not the catalogue's header */
    assert_string_equal(words_find(&cli_words_vi, "a text that nobody wrote"), "a text that nobody wrote");
    assert_string_equal(words_find(&cli_words_vi, "\xff"), "\xff");
}

/* ---- what must have both languages ---- */

static void is_translated(const char *english)
{
    if (strcmp(words_find(&cli_words_vi, english), english) == 0)
        fail_msg("no Vietnamese for '%s'", english);
}

static void test_every_error_has_both_languages(void **state)
{
    static const int numbers[] = {
#define TRUC_ERROR(name, number, meaning, hint) number,
#include <truc/error.def>
#undef TRUC_ERROR
    };
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int code = -numbers[i];
        is_translated(truc_error_meaning(code));
        assert_string_equal(truc_error_meaning_in(code, "vi"), words_find(&cli_words_vi, truc_error_meaning(code)));
        assert_string_equal(truc_error_meaning_in(code, "en"), truc_error_meaning(code));
        assert_string_equal(truc_error_meaning_in(code, NULL), truc_error_meaning(code));
        assert_string_equal(truc_error_hint_in(code, "fr"), truc_error_hint(code));
        if (code != TRUC_E_DIGEST) /* a formula */
            is_translated(truc_error_hint(code));
        assert_string_equal(truc_error_hint_in(code, "vi"), words_find(&cli_words_vi, truc_error_hint(code)));
    }
}

static int check_key(void *context, const struct policy_language_key *found)
{
    (void)context;
    is_translated(found->key->explanation);
    return 0;
}

static void test_every_key_has_both_languages(void **state)
{
    (void)state;
    assert_int_equal(policy_language_each(check_key, NULL), 0);
    for (size_t i = 0; i < POLICY_OPERATORS_COUNT; i++)
        is_translated(policy_operators[i].explanation);
}

/* ---- the choice ---- */

static void set(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void test_the_environment_chooses_a_language(void **state)
{
    static const struct {
        const char *option, *truc_lang, *all, *messages, *lang;
        bool vietnamese;
    } rows[] = {
        {NULL, NULL, NULL, NULL, NULL, false},      {NULL, NULL, NULL, NULL, "vi_VN.UTF-8", true},
        {NULL, NULL, NULL, NULL, "vi", true},       {NULL, NULL, NULL, NULL, "vi.UTF-8", true},
        {NULL, NULL, NULL, NULL, "vie", false},     {NULL, NULL, NULL, "vi_VN", "en_US.UTF-8", true},
        {NULL, NULL, "C", "vi_VN", "vi_VN", false}, {NULL, NULL, "", "", "vi_VN", true}, /* empty is not set */
        {NULL, "en", "vi_VN", NULL, NULL, false},   {NULL, "vi", "C.UTF-8", NULL, NULL, true},
        {NULL, "", "vi_VN", NULL, NULL, true},      {"en", "vi", "vi_VN", NULL, NULL, false},
        {"vi", "en", "C", NULL, NULL, true},        {"vi", "xx", "C", NULL, NULL, true}, /* not asked */
    };
    struct cli_bench *bench = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set("TRUC_LANG", rows[i].truc_lang);
        set("LC_ALL", rows[i].all);
        set("LC_MESSAGES", rows[i].messages);
        set("LANG", rows[i].lang);
        if (rows[i].option)
            assert_int_equal(RUN(bench, "explain", "NO_ROUTE", "--lang", rows[i].option), CLI_OK);
        else
            assert_int_equal(RUN(bench, "explain", "NO_ROUTE"), CLI_OK);
        cli_bench_expect(bench->out, rows[i].vietnamese ? "không tuyến nào" : "no route takes");
    }
    set("LC_ALL", NULL);
    set("LANG", NULL);
    set("TRUC_LANG", "en");
}

static void test_an_unknown_language_is_refused(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "version", "--lang", "xx"), CLI_WRONG_USE);
    assert_string_equal(bench->out, "");
    cli_bench_expect(bench->err, "--lang xx: there is no such language [ARGUMENT]\n  vi for Vietnamese, or en");
    setenv("TRUC_LANG", "vi_VN", 1);
    setenv("LANG", "vi_VN.UTF-8", 1); /* so it is said in Vietnamese */
    assert_int_equal(RUN(bench, "version"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "TRUC_LANG vi_VN: không có ngôn ngữ này [ARGUMENT");
    assert_int_equal(RUN(bench, "version", "--output", "json"), CLI_WRONG_USE);
    cli_bench_expect(bench->out, "TRUC_LANG vi_VN: there is no such language");
    setenv("TRUC_LANG", "en", 1);
    unsetenv("LANG");
}

static void test_a_mistake_is_told_in_the_language_asked_for(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "staus", "--lang", "vi"), CLI_WRONG_USE); /* wherever the option stands */
    cli_bench_expect(bench->err, "truc: lỗi: không có lệnh 'staus' [ARGUMENT: ");
    cli_bench_expect(bench->err, "có phải ý là 'truc status'?");
    assert_int_equal(RUN(bench, "--lang=vi", "status", "--nonsense"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "không có tùy chọn --nonsense");
    assert_int_equal(RUN(bench, "status", "--", "--lang", "vi"), CLI_WRONG_USE); /* behind --, it is no option */
    cli_bench_expect(bench->err, "is one word too many");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_translations_fit_their_texts),
        cmocka_unit_test(test_what_has_no_translation_stays),
        cmocka_unit_test(test_every_error_has_both_languages),
        cmocka_unit_test(test_every_key_has_both_languages),
        cmocka_unit_test_setup_teardown(test_the_environment_chooses_a_language, cli_bench_setup, cli_bench_teardown),
        cmocka_unit_test_setup_teardown(test_an_unknown_language_is_refused, cli_bench_setup, cli_bench_teardown),
        cmocka_unit_test_setup_teardown(test_a_mistake_is_told_in_the_language_asked_for, cli_bench_setup,
                                        cli_bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
