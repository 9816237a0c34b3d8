/* ids_spill.c - asks for a run to be written when the young ids are too many, for its file to be removed when it is forgotten.
 * Until the run is on disk its ids are asked in memory: nothing is unknown in between.
 * See ids_spill.h; carried out by bus/io/engine_ids.c. */
#include "ids_spill.h"

#include "core_emit.h"

static void drop(struct core *core)
{
    uint64_t first_sequence;
    while (dedupe_drop(&core->dedupe, &first_sequence))
        core_effect(core, EFFECT_IDS_DROP)->ids_drop.first_sequence = first_sequence;
}

static int spill(struct core *core)
{
    int code = dedupe_spill(&core->dedupe);
    if (code <= 0)
        return code;
    const struct dedupe *dedupe = &core->dedupe;
    core_effect(core, EFFECT_IDS_KEEP)->ids_keep =
        (struct id_run_content){.facts = dedupe->spill.facts,
                                .entries = dedupe->spilling,
                                .filter = bytes_of(dedupe->spill.filter, dedupe->spill.filter_bytes)};
    return 0;
}

int ids_add(struct core *core, const struct id_entry *entry)
{
    int code = dedupe_add(&core->dedupe, entry);
    return code < 0 ? code : spill(core);
}

int ids_kept(struct core *core, uint64_t first_sequence)
{
    if (core->dedupe.spilling == NULL || core->dedupe.spill.facts.first_sequence != first_sequence)
        return TRUC_E_INTERNAL;
    int code = dedupe_spilled(&core->dedupe);
    if (code < 0)
        return code;
    drop(core);
    return spill(core); /* while it was written, others may have become too many */
}

void ids_forget(struct core *core, uint64_t now_ns)
{
    uint64_t window_ns = core->policy->limits.dedupe_window_ns;
    dedupe_forget(&core->dedupe, now_ns > window_ns ? now_ns - window_ns : 0);
    drop(core);
}
