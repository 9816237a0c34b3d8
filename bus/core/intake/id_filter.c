/* id_filter.c - the block comes from the key mixed with the run's salt, ten bits in it from the check and the lower half of the key.
 * Keys and checks are halves of a SHA-256 of what senders choose.
 * See id_filter.h. */
#include "id_filter.h"

enum { PROBES_OF_CHECK = 7, PROBES_OF_KEY = 3, BIT_BITS = 9 /* of a number below the bits of a block */ };
#define BIT_MASK 511u

size_t id_filter_bytes(uint64_t count)
{
    uint64_t bits = count * ID_FILTER_BITS, block = ID_FILTER_BLOCK_BYTES * 8ull;
    return (size_t)((bits + block - 1) / block * ID_FILTER_BLOCK_BYTES);
}

/* The last steps of MurmurHash3. */
static uint64_t mix(uint64_t number)
{
    number = (number ^ number >> 33) * 0xff51afd7ed558ccdull;
    number = (number ^ number >> 33) * 0xc4ceb9fe1a85ec53ull;
    return number ^ number >> 33;
}

uint64_t id_filter_salt(const struct id_run_facts *facts)
{
    return mix(facts->first_time_ns ^ mix(facts->last_time_ns ^ mix(facts->last_sequence)));
}

static size_t block_of(size_t bytes, uint64_t salt, uint64_t key)
{
    return (size_t)((mix(key ^ salt) >> 32) * (bytes / ID_FILTER_BLOCK_BYTES) >> 32) * ID_FILTER_BLOCK_BYTES;
}

void id_filter_fill(uint8_t *filter, size_t bytes, uint64_t salt, const struct id_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *block = filter + block_of(bytes, salt, entries[i].key);
        uint64_t check = entries[i].check, key = entries[i].key;
        for (unsigned probe = 0; probe < PROBES_OF_CHECK; probe++, check >>= BIT_BITS)
            block[(check & BIT_MASK) / 8] |= (uint8_t)(1u << (check & 7));
        for (unsigned probe = 0; probe < PROBES_OF_KEY; probe++, key >>= BIT_BITS)
            block[(key & BIT_MASK) / 8] |= (uint8_t)(1u << (key & 7));
    }
}

bool id_filter_may_have(struct bytes filter, uint64_t salt, uint64_t key, uint64_t check)
{
    const uint8_t *block = filter.data + block_of(filter.size, salt, key);
    for (unsigned probe = 0; probe < PROBES_OF_CHECK; probe++, check >>= BIT_BITS)
        if (!(block[(check & BIT_MASK) / 8] & 1u << (check & 7)))
            return false;
    for (unsigned probe = 0; probe < PROBES_OF_KEY; probe++, key >>= BIT_BITS)
        if (!(block[(key & BIT_MASK) / 8] & 1u << (key & 7)))
            return false;
    return true;
}
