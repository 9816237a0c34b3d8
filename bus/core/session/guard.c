/* guard.c - one bucket for each system and purpose.
 * A failed allocation is no reason to refuse anybody: it ends the broker, as every one in the core does.
 * See guard.h. */
#include "guard.h"

#include <stdio.h>

bool guard_take(struct core *core, const char *what, const char *system, uint32_t count, uint64_t span_ns)
{
    char name[PROTOCOL_NAME_BYTES_MAX + 16];
    (void)snprintf(name, sizeof name, "%s!%s", what, system);
    int code = rates_take(&core->guards, bytes_string(name), count, span_ns, core->up_ns);
    if (code == TRUC_E_MEMORY)
        core->out_of_memory = true;
    return code != TRUC_E_RATE;
}
