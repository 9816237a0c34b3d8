/* exec_suspects.c - see exec_suspects.h.
 * Small and searched: a program that ends is rare.
 * In the flow: pure. */
#include "exec_suspects.h"

static size_t find(const struct exec_suspects *suspects, const struct sha256_digest *message)
{
    size_t i = 0;
    while (i < suspects->count &&
           memcmp(suspects->entries[i].message.bytes, message->bytes, sizeof(message->bytes)) != 0)
        i++;
    return i;
}

struct sha256_digest exec_suspects_name(const char *source, const char *id)
{
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, bytes_of(source, strlen(source) + 1)); /* with its end, so that no two pairs are one text */
    sha256_add(&hash, bytes_string(id));
    return sha256_end(&hash);
}

bool exec_suspects_has(const struct exec_suspects *suspects, const struct sha256_digest *message)
{
    return find(suspects, message) < suspects->count;
}

unsigned exec_suspects_blame(struct exec_suspects *suspects, const struct sha256_digest *message, bool is_alone)
{
    size_t at = find(suspects, message);
    if (at == suspects->count && suspects->count < EXEC_SUSPECTS_MAX) {
        suspects->count++;
    } else if (at == suspects->count) {
        at = suspects->next;
        suspects->next = (suspects->next + 1) % EXEC_SUSPECTS_MAX;
        suspects->entries[at].deaths = 0;
    }
    suspects->entries[at].message = *message;
    suspects->entries[at].deaths += is_alone;
    return suspects->entries[at].deaths;
}

void exec_suspects_clear(struct exec_suspects *suspects, const struct sha256_digest *message)
{
    size_t at = find(suspects, message);
    if (at == suspects->count)
        return;
    suspects->count--;
    suspects->entries[at] = suspects->entries[suspects->count];
    suspects->entries[suspects->count].deaths = 0;
    suspects->next = 0;
}
