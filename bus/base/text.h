/* text.h - text helpers: UTF-8, Vietnamese folding and NFC (utf8proc), likeness of words for "did you mean".
 * Pure; results go into caller's buffers. */
#ifndef TRUC_TEXT_H
#define TRUC_TEXT_H

#include "buffer.h"

bool text_is_utf8(struct bytes text);                     /* strict: no surrogates, no overlong forms, <= U+10FFFF */
int text_to_nfc(struct bytes text, struct buffer *out);   /* appends; TRUC_E_ARGUMENT when not UTF-8 */
int text_to_upper(struct bytes text, struct buffer *out); /* appends, character by character; the same */
/* Comparison key: lower case, marks and punctuation spaces removed, đ/Đ → d, runs of space → one, trimmed. */
int text_fold_vietnamese(struct bytes text, struct buffer *out);
/* Damerau-Levenshtein distance, capped at `most` + 1. */
size_t text_distance(struct bytes a, struct bytes b, size_t most);
/* The candidate nearest to `word` within a third of its length (at least 1), or NULL. */
const char *text_nearest(struct bytes word, const char *const *candidates, size_t count);
size_t text_cut_utf8(const char *text, size_t size,
                     size_t size_max); /* largest length <= size_max at a character boundary */
/* Copies into a fixed array of `size` bytes, cut at a character boundary to fit, 0-terminated. */
void text_copy(char *to, size_t size, struct bytes from);
/* Copies to `*at`, 0-terminated, and moves it behind that. The caller made room for size + 1 bytes. The copy. */
const char *text_put(char **at, struct bytes text);
bool text_has_control(struct bytes text); /* any C0/C1 control character: keep out of terminals and logs */

#endif
