/* refusals.c - a bucket for each sender, and a count of what is beyond it.
 * A message that is refused is smaller than the record that says so: without a bound a sender could fill the disk with them, and a
 * full disk holds up everybody.
 * See refusals.h. */
#include "refusals.h"

#include "core_emit.h"
#include "guard.h"
#include "time_text.h"

enum {
    REFUSALS_RECORDED_MAX = 6000, /* at once; so many come back in REFUSALS_SPAN_S */
    REFUSALS_SPAN_S = 600,
    REFUSALS_TOGETHER_S = 10, /* the rest, in one record */
};

bool refusals_are_few(struct core *core, struct destination *sender, int code, uint32_t count)
{
    if (guard_take(core, "refused", sender->system, REFUSALS_RECORDED_MAX, REFUSALS_SPAN_S * TIME_NS_PER_S))
        return true;
    if (sender->refused_count == 0)
        sender->refused_since_up_ns = core->up_ns;
    sender->refused_count += sender->refused_count < UINT32_MAX - count ? count : 0;
    sender->refused_code = code;
    return false;
}

static int record(struct core *core, struct destination *sender)
{
    struct record_refused value = {
        .sender = bytes_string(sender->system),
        .code = (uint32_t)-sender->refused_code,
        .text = bytes_string("refused faster than each is recorded; the last of them for this reason"),
        .count = sender->refused_count};
    buffer_clear(&core->scratch);
    record_refused_encode(&value, &core->scratch);
    if (buffer_failed(&core->scratch))
        return TRUC_E_MEMORY;
    core_append(core, RECORD_REFUSED, buffer_view(&core->scratch), true);
    core_log(core, 4, "%s: %u messages were refused faster than each is recorded, the last for %s", sender->system,
             sender->refused_count, truc_error_name(sender->refused_code));
    sender->refused_count = 0;
    return 0;
}

int refusals_record(struct core *core, bool all)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < core->destination_count; i++) {
        struct destination *sender = core->destination_table[i];
        if (sender->refused_count &&
            (all || core->up_ns - sender->refused_since_up_ns >= REFUSALS_TOGETHER_S * TIME_NS_PER_S))
            code = record(core, sender);
    }
    return code;
}
