/* dossier.c - see dossier.h.
 * The order is total: whatever order messages came in, the same facts stand in the same order.
 * Called by the store and by tests. */
#include "dossier.h"

#include <stdlib.h>
#include <string.h>

static int order_of_texts(const char *left, const char *right)
{
    return strcmp(left ? left : "", right ? right : "");
}

static int order_of_facts(const void *left, const void *right)
{
    const struct fact *a = left, *b = right;
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = order_of_texts(a->source, b->source);
    return order ? order : order_of_texts(a->message_id, b->message_id);
}

void facts_sort(struct fact *facts, size_t count)
{
    if (count > 1)
        qsort(facts, count, sizeof *facts, order_of_facts);
}
