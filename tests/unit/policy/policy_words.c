/* policy_words.c - see policy_words.h. What is left of a report after this translation are its arguments: names, keys,
 * values. A fragment of a sentence that reached the report as an argument shows by having several words.
 * Used by test_policy_mistakes and test_policy_route. */
#include "policy_words.h"

#include "bytes.h"
#include "cli_words.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TEXTS_KEPT = 24, TEXT_BYTES = 1024 };

/* Characters of a conversion, "%.*s"; 0 where there is none. */
static size_t conversion_size(const char *at)
{
    return *at != '%' || at[1] == '\0' ? 0 : 2 + strspn(at + 1, "-+ #0123456789.*lzhj");
}

static bool has_letters(const char *text)
{
    for (; *text != '\0'; text++) {
        size_t size = conversion_size(text);
        if (size > 0)
            text += size - 1;
        else if (isalpha((unsigned char)*text))
            return true;
    }
    return false;
}

const char *made_up_words(const char *english)
{
    static char texts[TEXTS_KEPT][TEXT_BYTES];
    static size_t next;
    if (has_letters(english) && strcmp(words_find(&cli_words_vi, english), english) == 0)
        return english; /* which assert_made_up will find, unless it is what a library says */
    char *text = texts[next++ % TEXTS_KEPT];
    size_t used = 0;
    for (const char *at = english; *at != '\0';) {
        size_t size = conversion_size(at);
        assert_true(used + size + sizeof "«»" < TEXT_BYTES);
        if (size > 0) {
            memcpy(text + used, "«", strlen("«"));
            memcpy(text + used + strlen("«"), at, size);
            memcpy(text + used + strlen("«") + size, "»", strlen("»"));
            used += strlen("«»") + size;
        } else if (!isalpha((unsigned char)*at)) {
            text[used++] = *at;
        }
        at += size > 0 ? size : 1;
    }
    text[used] = '\0';
    return text;
}

/* Names, keys and values of the tests' configurations are single words, or have a comma, a colon or an arrow between them. */
static bool is_phrase(const char *word, size_t size, const char *letters)
{
    return word[size] == ' ' && strspn(word + size + 1, letters) > 0 && isalpha((unsigned char)word[size + 1]);
}

static bool is_article(const char *word, size_t size)
{
    return bytes_equal_string(bytes_of(word, size), "a") || bytes_equal_string(bytes_of(word, size), "an");
}

static int mark_at(const char *text)
{
    return strncmp(text, "«", strlen("«")) == 0 ? 1 : strncmp(text, "»", strlen("»")) == 0 ? -1 : 0;
}

void assert_made_up(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    int depth = 0;           /* a translated fragment is an argument of a translated sentence */
    bool vietnamese = false; /* in a word that began with a letter beyond ASCII: the title of a field */
    for (const char *at = text; *at != '\0';) {
        if (mark_at(at) != 0) {
            depth += mark_at(at);
            at += strlen("«");
            vietnamese = false;
            continue;
        }
        size_t size = strspn(at, letters);
        bool ends_in_ascii = (at[size] & 0x80) == 0 || mark_at(at + size) != 0;
        if (size > 0 && isalpha((unsigned char)*at) && !vietnamese && ends_in_ascii &&
            (depth == 0 || is_article(at, size) || is_phrase(at, size, letters)))
            fail_msg("English is left, '%.*s': %s", (int)size, at, text);
        at += size;
        vietnamese = (*at & 0x80) != 0 && mark_at(at) == 0;
        at += size == 0;
    }
    assert_int_equal(depth, 0);
}
