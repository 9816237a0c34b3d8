/* effects.c - the list of what the core wants done, in an arena of its own.
 * Cleared by whoever carried the effects out.
 * Between core_step and bus/io/engine.c. */
#include "core.h"

void core_effects_clear(struct effects *effects)
{
    effects->first = effects->last = NULL;
    arena_reset(&effects->arena);
}

void core_effects_free(struct effects *effects)
{
    effects->first = effects->last = NULL;
    arena_free(&effects->arena);
}
