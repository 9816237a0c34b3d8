/* locked.h - memory for keys: kept out of swap and core files, fenced by pages that can't be touched, wiped when freed.
 * Not for payloads: each piece costs four pages. Where RLIMIT_MEMLOCK allows no more, the rest of it still holds.
 * Whoever keeps a key for as long as a program runs keeps it here. */
#ifndef TRUC_LOCKED_H
#define TRUC_LOCKED_H

#include <stddef.h>

/* Zeros; NULL when there is no memory. A `size` that is a multiple of 8 is aligned to 8. */
void *locked_new(size_t size);
void locked_free(void *memory); /* NULL is fine */

#endif
