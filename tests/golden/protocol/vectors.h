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

/* The same for RSA, 2048 bits. */
#define VECTORS_RSA_KEY                                                                                                \
    "30820122300d06092a864886f70d01010105000382010f003082010a02820101"                                                 \
    "00d05d36b9ba9921ed90ed30077508a1ca670e0491a3e83434ec9a39151a0411"                                                 \
    "81f455e97d379ca985530d79fe2802980edb9d670223a1de041fd99f2f7a8a33"                                                 \
    "4e0f37cae5c862d0e8f3e1eb5eb15b27812b3b3a42044753ce97df561659108e"                                                 \
    "d1f911f968a1b9e11ee1edd0c1602981eccd1737cec1b77c4cc7b2eb1f400cd8"                                                 \
    "6aadf839e678aaa45cee0b6a7feb7d38422788b7c416f6005759132ef346c140"                                                 \
    "9d6c789bdea7bbc64e2aa7b1f8d103d957117b95cd5cee3a919703bb1ea144be"                                                 \
    "048e0ccd430d7ae5e9d2a79ab115a6a8787a73b414e5a8c2a707d5f48e792ffd"                                                 \
    "507afd783dcf04c89d8cd3a28959dc54e562b2c83046765415e32d2b880748b1"                                                 \
    "bd0203010001"
#define VECTORS_RSA_SIGNATURE                                                                                          \
    "57ef5d00a42f483dc00bbc6ed0647e46fa31cc2d456648c4d76871bd3ed4845f"                                                 \
    "b55bfe63c1301d0e85bc02f881c621a5a32a9b3e5cdfadea6da075cc28a2f156"                                                 \
    "2bbf1b1b7b43a5b67ea0836892501c102e8ccd5da7b6aa735955c29add101893"                                                 \
    "eb9f61d6549f4de8e01f8a3317d80693c7d460d8f4dc4003bd033ce4c8926bff"                                                 \
    "f111ff4d8e7468394fcfdaed084486f823f80bfd0c3f4309bacaa6082a5de1a3"                                                 \
    "d7afa2a033556f7c7965b2f8b7b58e1eb8eeece14f922d3f195a60ba4a772c8d"                                                 \
    "5cc112710b6baae7ea34d975da60e4328388b6f1ab37de36954e399bd818a1cb"                                                 \
    "3ddba3975b58375f72eb4a7f7d1c5b006132c7c370ded29cfec70b9d44184e88"

void vectors_write(struct buffer *out);

#endif
