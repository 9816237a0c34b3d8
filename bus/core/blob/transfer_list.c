/* transfer_list.c - which uploads and downloads of a client are open, and how one or all of them end.
 * Tells nobody: that is transfer.c's, and those who end them.
 * See transfer.h. */
#include <stdlib.h>

#include "core_emit.h"
#include "transfer.h"

struct transfer *transfer_find(const struct client *session, uint64_t number)
{
    list_each(link, &session->transfers) {
        struct transfer *transfer = list_element(link, struct transfer, link);
        if (transfer->number == number)
            return transfer;
    }
    return NULL;
}

void transfer_end(struct client *session, struct transfer *transfer)
{
    list_remove(&transfer->link);
    session->transfers_count--;
    free(transfer);
}

void transfer_forget_all(struct core *core, struct client *session)
{
    if (list_first(&session->transfers) == NULL)
        return;
    if (core->effects) {
        struct effect *effect = core_effect(core, EFFECT_BLOB_CLOSE);
        effect->blob_close.peer = session->peer;
    }
    list_each(link, &session->transfers)
        transfer_end(session, list_element(link, struct transfer, link));
}

void transfer_close(struct core *core, struct client *session, struct transfer *transfer, enum transfer_close how)
{
    struct effect *effect = core_effect(core, EFFECT_BLOB_CLOSE);
    effect->blob_close.peer = session->peer;
    effect->blob_close.number = transfer->number;
    effect->blob_close.discard = how == TRANSFER_DISCARD;
    transfer_end(session, transfer);
}
