/* journal_index_postings.c - sorting postings, and blocks: each posting as the difference from the one before it, in as few bytes
 * as it needs, and a CRC-32C at the end. Knows no database.
 * See journal_index_postings.h. */
#include "journal_index_postings.h"

#include <stdlib.h>
#include <truc/error.h>

#include "encode.h"

enum { CRC_BYTES = 4, VARINT_BYTES_MAX = 10 };

/* ---- lists ---- */

int postings_add(struct postings *postings, uint64_t key, uint64_t value)
{
    if (postings->count == postings->capacity) {
        size_t capacity = postings->capacity ? 2 * postings->capacity : 1024;
        struct posting *grown = realloc(postings->items, capacity * sizeof(*grown));
        if (grown == NULL)
            return TRUC_E_MEMORY;
        postings->items = grown;
        postings->capacity = capacity;
    }
    postings->items[postings->count++] = (struct posting){key, value};
    return 0;
}

static int order(const void *a, const void *b)
{
    const struct posting *left = a, *right = b;
    return posting_is_before(*left, *right) ? -1 : posting_is_before(*right, *left);
}

void postings_sort(struct postings *postings)
{
    size_t kept = 0;
    if (postings->count > 1)
        qsort(postings->items, postings->count, sizeof(postings->items[0]), order);
    for (size_t i = 0; i < postings->count; i++)
        if (kept == 0 || posting_is_before(postings->items[kept - 1], postings->items[i]))
            postings->items[kept++] = postings->items[i];
    postings->count = kept;
}

void postings_free(struct postings *postings)
{
    free(postings->items);
    *postings = (struct postings){0};
}

/* ---- blocks ---- */

static void put_number(struct buffer *out, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        buffer_append_byte(out, (uint8_t)(value | 0x80));
    buffer_append_byte(out, (uint8_t)value);
}

static bool take_number(struct bytes *content, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < content->size && i < VARINT_BYTES_MAX; i++) {
        value |= (uint64_t)(content->data[i] & 0x7f) << (7 * i);
        if (content->data[i] & 0x80)
            continue;
        *content = bytes_of(content->data + i + 1, content->size - i - 1);
        *ret_value = value;
        return true;
    }
    return false;
}

/* Differences of either sign: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
static uint64_t fold(uint64_t value, uint64_t base)
{
    return value >= base ? (value - base) << 1 : ((base - value - 1) << 1) | 1;
}

static uint64_t unfold(uint64_t folded, uint64_t base)
{
    return folded & 1 ? base - (folded >> 1) - 1 : base + (folded >> 1);
}

static uint64_t base_of(uint64_t key, uint64_t base)
{
    return key < POSTING_HASHED ? key : base;
}

void block_begin(struct block_writer *writer, uint64_t base)
{
    buffer_clear(&writer->content);
    writer->base = base;
    writer->count = 0;
}

void block_put(struct block_writer *writer, struct posting posting)
{
    if (writer->count++ == 0) {
        writer->first = posting;
    } else {
        put_number(&writer->content, posting.key - writer->last.key);
        put_number(&writer->content, posting.key == writer->last.key
                                         ? posting.value - writer->last.value
                                         : fold(posting.value, base_of(posting.key, writer->base)));
    }
    writer->last = posting;
}

static uint32_t checksum(struct bytes content, struct posting first)
{
    uint8_t place[16];
    store_le64(place, first.key);
    store_le64(place + 8, first.value);
    return crc32c(crc32c(0, bytes_of(place, sizeof(place))), content);
}

struct bytes block_end(struct block_writer *writer)
{
    buffer_append_le32(&writer->content, checksum(buffer_view(&writer->content), writer->first));
    return buffer_view(&writer->content);
}

bool block_read(struct bytes content, struct posting first, uint64_t base, struct postings *out, int *ret_code)
{
    if (content.size < CRC_BYTES)
        return false;
    uint32_t crc = load_le32(content.data + content.size - CRC_BYTES);
    content.size -= CRC_BYTES;
    if (checksum(content, first) != crc)
        return false;
    struct posting posting = first;
    while ((*ret_code = postings_add(out, posting.key, posting.value)) == 0 && content.size > 0) {
        uint64_t key, value;
        if (!take_number(&content, &key) || !take_number(&content, &value))
            return false;
        posting.key += key;
        posting.value = key == 0 ? posting.value + value : unfold(value, base_of(posting.key, base));
    }
    return true;
}
