/* words.h - a catalogue of translated texts: the compiled form that GNU gettext's msgfmt writes, held in the program itself.
 * Not: the choice of a language (bus/cli/cli_words.h), and no state. docs/adr/0013-one-catalogue-of-words.md says why not gettext(3).
 * In the flow: bus/po/vi.po → msgfmt → cmake/TrucWords.cmake → a catalogue in the library → words_find. */
#ifndef TRUC_WORDS_H
#define TRUC_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct words_catalogue {
    const uint8_t *data; /* a .mo file, little-endian, as msgfmt writes it */
    size_t size;
};

/* Marks an English text for the catalogue where no call can stand; whoever shows it looks it up. */
#define N_(english) english

/* The translation of an English text, which lives as long as the program; the text itself when there is none. */
const char *words_find(const struct words_catalogue *catalogue, const char *english) __attribute__((format_arg(2)));

/* How a library that knows no language is given one: a translation of its own texts. NULL: none. */
typedef const char *words_translate(const char *english);
static inline __attribute__((format_arg(2))) const char *words_by(words_translate *translate, const char *english)
{
    return translate ? translate(english) : english;
}

/* Calls `visit` with every text and its translation, in the order of the English; non-zero ends the walk. */
int words_each(const struct words_catalogue *catalogue,
               int (*visit)(void *context, const char *english, const char *translated), void *context);

#endif
