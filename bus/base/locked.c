/* locked.c - libsodium's guarded heap, whose failure to lock is no failure.
 * sodium_malloc fills with 0xdb and needs sodium_init; here neither is the caller's affair.
 * See locked.h. */
#include "locked.h"

#include <sodium.h>
#include <string.h>

void *locked_new(size_t size)
{
    void *memory = sodium_init() < 0 ? NULL : sodium_malloc(size);
    return memory ? memset(memory, 0, size) : NULL;
}

void locked_free(void *memory)
{
    sodium_free(memory);
}
