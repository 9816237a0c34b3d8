/* held.c - publishes that came while the broker was blocked, or behind one whose ids the disk is asked for: kept, within the
 * credit given, and taken in order afterwards. Back-pressure: they are not answered, so their sender's credit does not come back.
 * See held.h. */
#include "held.h"

#include <stdlib.h>

#include "client.h"
#include "core_emit.h"
#include "publish.h"

static int hold(struct core *core, struct client *session, struct bytes frame)
{
    if (session->held_count == CORE_HELD_FRAMES_MAX ||
        (session->held_count &&
         session->held_bytes + frame.size > core->policy->limits.sender_credit_bytes + CORE_HELD_SPARE_BYTES)) {
        client_end(core, session, TRUC_E_CREDIT, "more publishes than are held back for one sender");
        return 0;
    }
    struct held_frame *held = malloc(sizeof *held + frame.size);
    if (held == NULL)
        return TRUC_E_MEMORY;
    *held = (struct held_frame){.size = frame.size};
    memcpy(held->data, frame.data, frame.size);
    list_append(&session->held, &held->link);
    session->held_count++;
    session->held_bytes += frame.size;
    return 0;
}

int held_publish(struct core *core, struct client *session, const struct command_publish *publish, struct bytes frame)
{
    if (core->blocked || list_first(&session->held))
        return hold(core, session, frame);
    int code = publish_take(core, session, publish);
    return code == 1 ? hold(core, session, frame) : code;
}

/* Takes what was held back for one client, up to a publish that waits for the disk. It may end meanwhile: 1; then nothing of
 * it may be touched any more. */
static int release_one(struct core *core, struct client *session)
{
    uint64_t peer = session->peer;
    struct list_link *link;
    while ((link = list_first(&session->held))) {
        struct held_frame *held = list_element(link, struct held_frame, link);
        struct bytes frame = core_keep(core, bytes_of(held->data, held->size));
        struct command command;
        int code = command_decode(frame, &command, NULL); /* it was decoded once: it fails only without memory */
        if (code == 0)
            code = publish_take(core, session, &command.publish);
        if (code < 0)
            return code;
        if (client_of(core, peer) != session)
            return 1;
        if (code == 1)
            return 0; /* it stays the first */
        list_remove(link);
        session->held_count--;
        session->held_bytes -= held->size;
        free(held);
    }
    return 0;
}

int held_release(struct core *core, struct client *session)
{
    core->releasing = true;
    int code = release_one(core, session);
    core->releasing = false;
    return code < 0 ? code : 0;
}

int held_release_all(struct core *core)
{
    size_t at = 0;
    struct client *session;
    int code = 0;
    core->releasing = true;
    while (code >= 0 && (session = map_next(&core->sessions, &at))) {
        code = release_one(core, session);
        if (code == 1)
            at = 0; /* the table has changed: begin again; those released before hold nothing any more */
    }
    core->releasing = false;
    return code < 0 ? code : 0;
}
