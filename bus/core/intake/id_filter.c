/* id_filter.c - the block comes from the upper half of the key, ten bits in it from the check and the lower half.
 * Keys and checks are halves of a SHA-256: no further hash is needed.
 * See id_filter.h. */
#include "id_filter.h"

enum { PROBES_OF_CHECK = 7, PROBES_OF_KEY = 3, BIT_BITS = 9 /* of a number below the bits of a block */ };
#define BIT_MASK 511u

size_t id_filter_bytes(uint64_t count)
{
    uint64_t bits = count * ID_FILTER_BITS, block = ID_FILTER_BLOCK_BYTES * 8ull;
    return (size_t)((bits + block - 1) / block * ID_FILTER_BLOCK_BYTES);
}

static size_t block_of(size_t bytes, uint64_t key)
{
    return (size_t)((key >> 32) * (bytes / ID_FILTER_BLOCK_BYTES) >> 32) * ID_FILTER_BLOCK_BYTES;
}

void id_filter_fill(uint8_t *filter, size_t bytes, const struct id_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *block = filter + block_of(bytes, entries[i].key);
        uint64_t check = entries[i].check, key = entries[i].key;
        for (unsigned probe = 0; probe < PROBES_OF_CHECK; probe++, check >>= BIT_BITS)
            block[(check & BIT_MASK) / 8] |= (uint8_t)(1u << (check & 7));
        for (unsigned probe = 0; probe < PROBES_OF_KEY; probe++, key >>= BIT_BITS)
            block[(key & BIT_MASK) / 8] |= (uint8_t)(1u << (key & 7));
    }
}

bool id_filter_may_have(struct bytes filter, uint64_t key, uint64_t check)
{
    const uint8_t *block = filter.data + block_of(filter.size, key);
    for (unsigned probe = 0; probe < PROBES_OF_CHECK; probe++, check >>= BIT_BITS)
        if (!(block[(check & BIT_MASK) / 8] & 1u << (check & 7)))
            return false;
    for (unsigned probe = 0; probe < PROBES_OF_KEY; probe++, key >>= BIT_BITS)
        if (!(block[(key & BIT_MASK) / 8] & 1u << (key & 7)))
            return false;
    return true;
}
