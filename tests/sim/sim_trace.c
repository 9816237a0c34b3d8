/* sim_trace.c - the trace of a run: what is noted is hashed, so that two runs can be compared, and printed with --verbose.
 * Also where a broken promise ends a run: the first one counts.
 * See sim_world.h. */
#include <stdarg.h>
#include <stdio.h>

#include "sim_world.h"

static double seconds(const struct world *world)
{
    return (double)world->now_ns / 1e9;
}

void world_note(struct world *world, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    uint8_t time[8];
    store_le64(time, world->now_ns);
    sha256_add(&world->trace, bytes_of(time, sizeof time));
    sha256_add(&world->trace, bytes_of(line, size < 0 ? 0 : strlen(line)));
    if (world->verbose)
        printf("%12.6f %s\n", seconds(world), line);
}

void world_tell(const struct world *world, const char *format, ...)
{
    va_list arguments;
    if (!world->verbose)
        return;
    printf("%12.6f   ", seconds(world));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void world_broken(struct world *world, enum oracle oracle, const char *format, ...)
{
    char text[sizeof world->failure - 32];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (world->oracle == ORACLE_NONE) {
        world->oracle = oracle;
        (void)snprintf(world->failure, sizeof world->failure, "at %.6f s: %s", seconds(world), text);
    }
    if (world->verbose)
        printf("%12.6f BROKEN %s: %s\n", seconds(world), oracle_name(oracle), text);
}
