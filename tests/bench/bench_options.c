/* bench_options.c - numbers in arguments, the directory that is meant without one, and the median of rounds.
 * See bench_options.h.
 * The middle of an even number of rounds is the mean of two. */
#include "bench_options.h"

#include <errno.h>
#include <stdlib.h>

bool bench_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret_number)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || text[0] == '-' || number < min || number > max)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

const char *bench_directory(void)
{
    const char *directory = getenv("TMPDIR");
    return directory ? directory : "/tmp";
}

static int by_value(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

double bench_median(double *values, uint32_t count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, by_value);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}
