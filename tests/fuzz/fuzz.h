/* fuzz.h - what the fuzz targets share: how a broken promise stops the run, and input that edits known bytes.
 * Not a fuzzer: libFuzzer (./dev fuzz) or fuzz_replay.c (every test run) calls LLVMFuzzerTestOneInput.
 * One target a parser, fuzz_NAME.c, with its inputs in corpus/NAME. docs/reliability.md, "Fuzzing". */
#ifndef TRUC_FUZZ_H
#define TRUC_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_REQUIRE(holds)                                                                                            \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #holds);                                  \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Applies edits {u16 LE offset, u8 count - 1, count bytes} to `content`; what lies outside is left out. */
static inline void fuzz_edit(struct bytes edits, uint8_t *content, size_t size)
{
    while (edits.size >= 4) {
        size_t offset = load_le16(edits.data), count = (size_t)edits.data[2] + 1;
        edits = bytes_of(edits.data + 3, edits.size - 3);
        if (count > edits.size)
            count = edits.size;
        for (size_t i = 0; i < count && offset + i < size; i++)
            content[offset + i] = edits.data[i];
        edits = bytes_of(edits.data + count, edits.size - count);
    }
}

#endif
