/* vectors.h - the test vectors of docs/protocol.md as text.
 * Deterministic: the same text on every machine.
 * Between the protocol's code and its page. */
#ifndef TRUC_TEST_VECTORS_H
#define TRUC_TEST_VECTORS_H

#include "buffer.h"

/* A P-256 key made once for this page, and a signature it made. */
#define VECTORS_P256_KEY                                                                                               \
    "3059301306072a8648ce3d020106082a8648ce3d0301070342000424e21c6673"                                                 \
    "388b6af839e3827a5896c1e85b720dad74c917801c3cc475b236067088dfbc6b"                                                 \
    "db46cd56db22f33f2c50e39e2e89e07924b8ac87b90d9771102ea8"
#define VECTORS_P256_SIGNATURE                                                                                         \
    "304402200a42dfe17b9533697997f785814e3fcf60f7b12a970ae77242efda07"                                                 \
    "593fb15302206d782463310a3b7fcc61a9d389fa07564b19b1dbf323cb373b1c"                                                 \
    "62c5a7cd919b"

void vectors_write(struct buffer *out);

#endif
