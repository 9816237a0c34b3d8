/* crc32c.c - CRC-32C (Castagnoli, RFC 3720 appendix B.4) with the processor's instruction or by table.
 * Not a protection against people: it finds torn and rotten records; the Merkle tree finds the rest.
 * The journal's reader and writer call it once a record. */
#include "crc32c_table.h"
#include "encode.h"

uint32_t crc32c_portable(uint32_t before, struct bytes data)
{
    uint32_t crc = ~before;
    const uint8_t *at = data.data;
    size_t left = data.size;
    for (; left >= 4; at += 4, left -= 4) {
        crc ^= load_le32(at);
        crc = crc32c_table[3][crc & 0xff] ^ crc32c_table[2][crc >> 8 & 0xff] ^ crc32c_table[1][crc >> 16 & 0xff] ^
              crc32c_table[0][crc >> 24];
    }
    for (; left > 0; at++, left--)
        crc = crc >> 8 ^ crc32c_table[0][(crc ^ *at) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t before, struct bytes data)
{
    uint64_t crc = ~before;
    const uint8_t *at = data.data;
    size_t left = data.size;
    for (; left >= 8; at += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        crc = _mm_crc32_u64(crc, word);
    }
    for (; left > 0; at++, left--)
        crc = _mm_crc32_u8((uint32_t)crc, *at);
    return ~(uint32_t)crc;
}

uint32_t crc32c(uint32_t before, struct bytes data)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(before, data) : crc32c_portable(before, data);
}
#else
uint32_t crc32c(uint32_t before, struct bytes data)
{
    return crc32c_portable(before, data);
}
#endif
