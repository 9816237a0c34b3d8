/* failing_memory.c - the n-th allocation of a test's program fails (failing_memory.h).
 * Each wrapped function counts, and either fails as it may or is the real one.
 * Test support only. */
#include "failing_memory.h"

#include <errno.h>
#include <stddef.h>

static unsigned next, fails;
static bool armed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);

void failing_memory_begin(unsigned n)
{
    next = 0;
    fails = n;
    armed = false;
}

bool failing_memory_arm(bool is_armed)
{
    bool was_armed = armed;
    armed = is_armed;
    return was_armed;
}

bool failing_memory_is_over(void)
{
    return next <= fails;
}

bool failing_memory_fails_now(void)
{
    if (!armed || next++ != fails)
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return failing_memory_fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return failing_memory_fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return failing_memory_fails_now() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return failing_memory_fails_now() ? NULL : __real_aligned_alloc(alignment, size);
}

char *__wrap_strdup(const char *text)
{
    return failing_memory_fails_now() ? NULL : __real_strdup(text);
}
