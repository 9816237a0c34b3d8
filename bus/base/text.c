/* text.c - UTF-8 checks, NFC, the folded key under which Vietnamese words compare equal, likeness of words.
 * Not a locale: nothing here depends on the environment; Unicode tables come from utf8proc.
 * Policy uses the likeness for its hints, schema the checks, systems the folding of names. */
#include "text.h"

#include <sodium.h>
#include <stdlib.h>
#include <truc/error.h>
#include <utf8proc.h>

enum {
    TEXT_WORD_CHARS_MAX = 128,      /* longer words are not compared for likeness */
    TEXT_DECOMPOSED_CHARS_MAX = 24, /* the longest compatibility decomposition of one character is 18 */
};

static utf8proc_ssize_t text_next(struct bytes text, size_t at, utf8proc_int32_t *ret_char)
{
    size_t left = text.size - at < 4 ? text.size - at : 4;
    return utf8proc_iterate(text.data + at, (utf8proc_ssize_t)left, ret_char);
}

/* How many of the next bytes are ASCII, eight looked at together: most of what passes is. */
static size_t text_ascii_bytes(struct bytes text, size_t at)
{
    size_t from = at;
    while (text.size - at >= 8 && (load_le64(text.data + at) & 0x8080808080808080u) == 0)
        at += 8;
    while (at < text.size && text.data[at] < 0x80)
        at++;
    return at - from;
}

bool text_is_utf8(struct bytes text)
{
    for (size_t at = 0; at < text.size;) {
        at += text_ascii_bytes(text, at);
        if (at == text.size)
            break;
        utf8proc_int32_t character;
        utf8proc_ssize_t size = text_next(text, at, &character);
        if (size <= 0)
            return false;
        at += (size_t)size;
    }
    return true;
}

int text_to_nfc(struct bytes text, struct buffer *out)
{
    if (text.size == 0)
        return buffer_failed(out);
    if (!text_is_utf8(text) || text.size > SSIZE_MAX)
        return TRUC_E_ARGUMENT;
    utf8proc_uint8_t *composed = NULL;
    utf8proc_ssize_t size = utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &composed,
                                         (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (size < 0)
        return size == UTF8PROC_ERROR_NOMEM ? TRUC_E_MEMORY : TRUC_E_ARGUMENT;
    buffer_append(out, composed, (size_t)size);
    sodium_memzero(composed, (size_t)size);
    free(composed);
    return buffer_failed(out);
}

/* What separates words: spaces, controls, punctuation ("K'Brơi", "Y-Blô") and symbols. */
static bool text_is_separator(utf8proc_int32_t character)
{
    utf8proc_category_t category = utf8proc_category(character);
    return (category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO) ||
           (category >= UTF8PROC_CATEGORY_SM && category <= UTF8PROC_CATEGORY_SO) ||
           (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP) || category == UTF8PROC_CATEGORY_CC;
}

/* đ has no decomposition in Unicode, nor has ð, whose capital Ð looks the same and is often typed for Đ. */
static utf8proc_int32_t text_undash(utf8proc_int32_t character)
{
    return character == 0x0111 || character == 0x00f0 ? 'd' : character;
}

int text_to_upper(struct bytes text, struct buffer *out)
{
    if (!text_is_utf8(text))
        return TRUC_E_ARGUMENT;
    for (size_t at = 0; at < text.size;) {
        utf8proc_int32_t character;
        uint8_t encoded[4];
        at += (size_t)text_next(text, at, &character);
        buffer_append(out, encoded, (size_t)utf8proc_encode_char(utf8proc_toupper(character), encoded));
    }
    return buffer_failed(out);
}

/* Appends one character decomposed, without marks, in lower case; a separator waits until a word follows it. */
static int text_fold_character(utf8proc_int32_t character, size_t start, bool *space_waits, struct buffer *out)
{
    static const int folding = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK;
    utf8proc_int32_t parts[TEXT_DECOMPOSED_CHARS_MAX];
    int boundary = 0;
    utf8proc_ssize_t count =
        utf8proc_decompose_char(character, parts, TEXT_DECOMPOSED_CHARS_MAX, (utf8proc_option_t)folding, &boundary);
    if (count < 0 || count > TEXT_DECOMPOSED_CHARS_MAX)
        return TRUC_E_ARGUMENT;
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        if (text_is_separator(parts[i])) {
            *space_waits = true;
            continue;
        }
        if (utf8proc_category(parts[i]) == UTF8PROC_CATEGORY_CF)
            continue; /* zero-width joiners and the like are invisible */
        if (*space_waits && out->size > start)
            buffer_append_byte(out, ' ');
        *space_waits = false;
        uint8_t encoded[4];
        buffer_append(out, encoded, (size_t)utf8proc_encode_char(text_undash(parts[i]), encoded));
    }
    return 0;
}

int text_fold_vietnamese(struct bytes text, struct buffer *out)
{
    if (!text_is_utf8(text))
        return TRUC_E_ARGUMENT;
    size_t start = out->size;
    bool space_waits = false;
    for (size_t at = 0; at < text.size;) {
        utf8proc_int32_t character;
        at += (size_t)text_next(text, at, &character);
        int result = text_fold_character(character, start, &space_waits, out);
        if (result < 0)
            return result;
    }
    return buffer_failed(out);
}

/* Characters of a word; bytes that are no UTF-8 count as one character each. TEXT_WORD_CHARS_MAX + 1 when longer. */
static size_t text_characters(struct bytes text, utf8proc_int32_t characters[TEXT_WORD_CHARS_MAX])
{
    size_t count = 0;
    for (size_t at = 0; at < text.size; count++) {
        if (count == TEXT_WORD_CHARS_MAX)
            return TEXT_WORD_CHARS_MAX + 1;
        utf8proc_ssize_t size = text_next(text, at, &characters[count]);
        if (size <= 0) {
            characters[count] = text.data[at];
            size = 1;
        }
        at += (size_t)size;
    }
    return count;
}

static size_t smallest(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, swap neighbours. Three rows of the table are enough. */
size_t text_distance(struct bytes a, struct bytes b, size_t most)
{
    utf8proc_int32_t left[TEXT_WORD_CHARS_MAX], right[TEXT_WORD_CHARS_MAX];
    size_t left_count = text_characters(a, left), right_count = text_characters(b, right);
    if (left_count > TEXT_WORD_CHARS_MAX || right_count > TEXT_WORD_CHARS_MAX)
        return bytes_equal(a, b) ? 0 : most + 1;
    size_t rows[3][TEXT_WORD_CHARS_MAX + 1];
    for (size_t j = 0; j <= right_count; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= left_count; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= right_count; j++) {
            row[j] = smallest(smallest(above[j], row[j - 1]) + 1, above[j - 1] + (left[i - 1] != right[j - 1]));
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                row[j] = smallest(row[j], above_that[j - 2] + 1);
        }
    }
    return smallest(rows[left_count % 3][right_count], most + 1);
}

const char *text_nearest(struct bytes word, const char *const *candidates, size_t count)
{
    size_t most = word.size / 3 > 0 ? word.size / 3 : 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(word, bytes_string(candidates[i]), most);
        if (distance > most || (nearest != NULL && distance == most))
            continue;
        nearest = candidates[i];
        most = distance;
    }
    return nearest;
}

size_t text_cut_utf8(const char *text, size_t size, size_t size_max)
{
    if (size <= size_max)
        size_max = size;
    size_t cut = size_max;
    /* A character has at most three continuation bytes; text that is no UTF-8 is cut where asked. */
    while (cut > 0 && size_max - cut < 3 && ((uint8_t)text[cut - 1] & 0xc0) == 0x80)
        cut--;
    if (cut == 0)
        return size_max;
    uint8_t lead = (uint8_t)text[cut - 1];
    size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return cut - 1 + wanted > size_max ? cut - 1 : size_max;
}

bool text_has_control(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return true;
        /* C1, U+0080 to U+009F, is C2 80 to C2 9F in UTF-8. */
        if (text.data[i] == 0xc2 && i + 1 < text.size && text.data[i + 1] >= 0x80 && text.data[i + 1] <= 0x9f)
            return true;
    }
    return false;
}

void text_copy(char *to, size_t size, struct bytes from)
{
    size_t length = text_cut_utf8((const char *)from.data, from.size, size - 1);
    if (length)
        memcpy(to, from.data, length);
    to[length] = 0;
}

const char *text_put(char **at, struct bytes text)
{
    char *start = *at;
    if (text.size)
        memcpy(start, text.data, text.size);
    start[text.size] = 0;
    *at += text.size + 1;
    return start;
}
