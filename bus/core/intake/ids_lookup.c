/* ids_lookup.c - asks the disk for those ids of a bundle that a filter does not know to be new.
 * Usually none: a filter is wrong for one id in thousands, and repeats are rare and young.
 * See ids_lookup.h. */
#include "ids_lookup.h"

#include <stdlib.h>

#include "core_emit.h"

/* Of the bundle that its client published first and that was not taken yet. */
struct looked {
    bool is_answered;
    size_t count;
    struct dedupe_found messages[];
};

const struct dedupe_found *ids_found(const struct client *session, uint32_t index)
{
    return session->looked ? &session->looked->messages[index] : NULL;
}

void ids_lookup_free(struct client *session)
{
    free(session->looked);
    session->looked = NULL;
}

static bool was_asked(const struct client *session, size_t index)
{
    return session->looked && session->looked->messages[index].is_asked;
}

/* All ids of the bundle, and whether the disk has to be asked for one of them. What can't be read is refused later. */
static bool take_ids(struct core *core, const struct client *session)
{
    bool asks = false;
    for (size_t i = 0; i < core->bundle.count; i++) {
        struct header header;
        size_t at = 0;
        core->ids[i] = (struct dedupe_id){0};
        if (header_decode(core->bundle.messages[i].header, &header, NULL) < 0)
            continue;
        core->ids[i] = dedupe_id_of(bytes_string(session->system), header.id);
        asks |= !was_asked(session, i) && dedupe_suspect(&core->dedupe, core->ids[i], &at);
    }
    return asks;
}

static int append_questions(const struct core *core, struct looked *looked, struct buffer *out)
{
    for (uint32_t i = 0; i < looked->count; i++) {
        const struct dedupe_run *run;
        size_t at = 0;
        while ((run = dedupe_suspect(&core->dedupe, core->ids[i], &at))) {
            struct core_id_question question = {
                .index = i, .run = run->facts.first_sequence, .key = core->ids[i].key, .check = core->ids[i].check};
            looked->messages[i].is_asked = true;
            buffer_append(out, &question, sizeof question);
        }
    }
    return buffer_failed(out);
}

static int ask(struct core *core, struct client *session)
{
    struct buffer questions = {0};
    ids_lookup_free(session);
    session->looked = calloc(1, sizeof *session->looked + core->bundle.count * sizeof session->looked->messages[0]);
    if (session->looked == NULL)
        return TRUC_E_MEMORY;
    session->looked->count = core->bundle.count;
    int code = append_questions(core, session->looked, &questions);
    if (code == 0) {
        struct bytes kept = core_keep(core, buffer_view(&questions));
        struct effect *effect = core_effect(core, EFFECT_IDS_FIND);
        effect->ids_find.peer = session->peer;
        effect->ids_find.questions = (const struct core_id_question *)(const void *)kept.data;
        effect->ids_find.count = kept.size / sizeof(struct core_id_question);
    }
    buffer_free(&questions);
    return code < 0 ? code : 1;
}

int ids_lookup(struct core *core, struct client *session)
{
    core->ids_count = 0;
    if (session->looked && !session->looked->is_answered)
        return 1;
    if (core->dedupe.runs_count == 0)
        return 0; /* all that is known is in memory */
    if (take_ids(core, session))
        return ask(core, session); /* all of it: what was asked before may lie in another run by now */
    core->ids_count = core->bundle.count;
    return 0;
}

bool ids_answered(struct client *session, const struct core_id_found *answers, size_t count)
{
    if (session->looked == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct dedupe_found *found = &session->looked->messages[answers[i].index];
        if (!answers[i].is_there || (found->is_there && found->entry.sequence > answers[i].entry.sequence))
            continue; /* it was used again after its window: the last use counts */
        found->is_there = true;
        found->entry = answers[i].entry;
    }
    session->looked->is_answered = true;
    return true;
}
