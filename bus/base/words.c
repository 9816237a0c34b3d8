/* words.c - see words.h. The format is "The Format of GNU MO Files" of gettext's manual: two sorted tables of (length, place).
 * The data comes from our own build and is believed; a test reads all of it.
 * Pure: no locale, no file, no environment. */
#include "words.h"

#include "bytes.h"

#include <string.h>

enum { MO_COUNT = 8, MO_ENGLISH = 12, MO_TRANSLATED = 16, MO_ENTRY_BYTES = 8, MO_ENTRY_PLACE = 4 };

static const char *text_at(const struct words_catalogue *catalogue, size_t table, uint32_t at)
{
    const uint8_t *entry = catalogue->data + load_le32(catalogue->data + table) + (size_t)at * MO_ENTRY_BYTES;
    return (const char *)catalogue->data + load_le32(entry + MO_ENTRY_PLACE);
}

const char *words_find(const struct words_catalogue *catalogue, const char *english)
{
    uint32_t from = 0, until = load_le32(catalogue->data + MO_COUNT);
    if (*english == '\0') /* the empty text is the file's own header */
        return english;
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        int order = strcmp(english, text_at(catalogue, MO_ENGLISH, middle));
        if (order == 0)
            return text_at(catalogue, MO_TRANSLATED, middle);
        if (order < 0)
            until = middle;
        else
            from = middle + 1;
    }
    return english;
}

int words_each(const struct words_catalogue *catalogue,
               int (*visit)(void *context, const char *english, const char *translated), void *context)
{
    uint32_t count = load_le32(catalogue->data + MO_COUNT);
    for (uint32_t i = 0; i < count; i++) {
        const char *english = text_at(catalogue, MO_ENGLISH, i);
        int code = *english ? visit(context, english, text_at(catalogue, MO_TRANSLATED, i)) : 0;
        if (code != 0)
            return code;
    }
    return 0;
}
